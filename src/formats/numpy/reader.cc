#include "formats/numpy/reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_set>

#include "base/checked.h"
#include "base/text.h"
#include "base/zip.h"
#include "formats/numpy/array.h"

namespace haoline::numpy {
namespace {

// Arrays whose first axis varies fastest are copied into order up to here; larger ones stay as they lie.
constexpr Int128 kMaxCopied = 1 << 16;

struct Reading {
  Bytes file;
  Model model;
  std::unordered_set<std::string_view> names;
  std::optional<Error> error;
};

Error located(ErrorKind kind, std::string_view place, std::uint64_t offset, std::string message) {
  Error error;
  error.kind = kind;
  error.path = std::string(place);
  error.offset = offset;
  error.has_offset = true;
  error.message = std::move(message);
  error.advice = "The file is damaged or cut short; save it again.";
  return error;
}

std::span<const std::byte> in_order(Arena& arena, const ArrayHeader& header, Bytes elements) {
  const std::size_t size = header.item_bytes;
  const std::span<std::byte> room = arena.allocate<std::byte>(elements.size());
  std::vector<std::int64_t> at(header.extents.size(), 0);
  for (std::size_t i = 0; size != 0 && i < elements.size() / size; ++i) {
    std::size_t from = 0;
    for (std::size_t axis = at.size(); axis-- > 0;) {
      from = from * static_cast<std::size_t>(header.extents[axis]) + static_cast<std::size_t>(at[axis]);
    }
    std::memcpy(room.data() + i * size, elements.data() + from * size, size);
    for (std::size_t axis = at.size(); axis-- > 0;) {
      if (++at[axis] < header.extents[axis]) break;
      at[axis] = 0;
    }
  }
  return room;
}

// `bytes` is a whole array file; a view into the model's file when `offset` is given.
void add_array(Reading& r, std::string_view name, std::string_view place, Bytes bytes,
               std::optional<std::uint64_t> offset) {
  Result<ArrayHeader> read = read_array_header(bytes, place, offset.value_or(0));
  if (!read) {
    r.error = std::move(read).error();
    return;
  }
  const ArrayHeader& header = *read;
  Int128 count = 1;
  for (const std::int64_t extent : header.extents) {
    const auto grown = checked_mul(count, extent);
    if (!grown || *grown > (Int128{1} << 62)) {
      r.error = located(ErrorKind::malformed, place, offset.value_or(0), "an array is larger than any file");
      return;
    }
    count = *grown;
  }
  TensorData data;
  data.dtype = header.dtype;
  data.extents = r.model.arena.copy(header.extents);
  data.stored_elements = static_cast<std::uint64_t>(count);
  const Bytes rest = bytes.subspan(static_cast<std::size_t>(header.data));
  const auto size = checked_mul(count, static_cast<Int128>(header.item_bytes));
  if (header.item_bytes != 0 && (!size || *size > static_cast<Int128>(rest.size()))) {
    r.error = located(
        ErrorKind::truncated, place, offset.value_or(0) + header.data,
        "an array needs " + to_decimal(size.value_or(0)) + " bytes, " + grouped(rest.size()) + " are left");
    return;
  }
  const Bytes elements = header.item_bytes != 0 ? rest.first(static_cast<std::size_t>(*size)) : rest;
  data.stored_bytes = elements.size();
  if (header.dtype == DType::unknown || header.dtype == DType::string) {
    data.encoding = TensorData::Encoding::absent;
    Finding finding;
    finding.kind = FindingKind::unknown_dtype;
    finding.message.add("array ").name(name).add(" has elements of type " + header.descr.substr(0, 200));
    r.model.findings.push_back(std::move(finding));
  } else if (header.fortran_order && header.extents.size() > 1 && count <= kMaxCopied) {
    data.bytes = in_order(r.model.arena, header, elements);
  } else {
    data.bytes = elements;
    if (offset) data.file = FileId{0};
    data.offset = offset.value_or(0) + header.data;
  }
  if (offset && !elements.empty()) {
    r.model.spans.push_back(
        {FileId{0}, ByteLabel::weights, header.dtype, *offset + header.data, elements.size()});
  }
  Graph& graph = r.model.graphs[Model::kMain];
  Tensor tensor;
  tensor.name = r.model.arena.text(name);
  if (name.empty() || !r.names.insert(tensor.name).second) {
    tensor.source_name = tensor.name;
    tensor.name = r.model.arena.text(std::string(name) + "#" + std::to_string(graph.tensors.size()));
    r.names.insert(tensor.name);
  }
  tensor.type.dtype = header.dtype;
  tensor.shape = Shape{};
  for (const std::int64_t extent : header.extents) tensor.shape.push_back(r.model.dims->number(extent));
  tensor.constant = r.model.arena.create(data);
  if (header.fortran_order && header.extents.size() > 1) {
    r.model.metadata.push_back({r.model.arena.text("order." + std::string(tensor.name)), "Fortran"});
  }
  graph.tensors.add(std::move(tensor));
}

void read_archive(Reading& r) {
  Result<Zip> zip = Zip::open(r.file);
  if (!zip) {
    r.error = std::move(zip).error();
    return;
  }
  for (const ZipMember& member : zip->members()) {
    if (r.error) return;
    if (member.is_folder()) continue;
    Result<Bytes> bytes = zip->read(member, r.model.arena);
    if (!bytes) {
      r.error = std::move(bytes).error();
      return;
    }
    std::string_view name = member.name;
    if (name.ends_with(".npy")) name.remove_suffix(4);
    const bool in_file = member.is_stored();
    add_array(
        r, name, member.name, *bytes,
        in_file ? std::optional(static_cast<std::uint64_t>(bytes->data() - r.file.data())) : std::nullopt);
  }
}

}  // namespace

bool sniff(const Probe& probe) {
  if (sniff_array(probe.head)) return true;
  if (!Zip::sniff(probe.head)) return false;
  const Result<Zip> zip = Zip::open(probe.all);
  if (!zip || zip->members().empty()) return false;
  return std::all_of(zip->members().begin(), zip->members().end(),
                     [](const ZipMember& m) { return m.is_folder() || m.name.ends_with(".npy"); });
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Reading reading;
  reading.file = file;
  reading.model.format = "numpy";
  reading.model.producer = "NumPy";
  reading.model.files.add({std::string(options.name), "model", file});
  reading.model.graphs.add({});
  if (sniff_array(file)) {
    reading.model.format_version = "npy " + std::to_string(std::to_integer<int>(file[6]));
    std::string_view name = options.name;
    if (name.ends_with(".npy")) name.remove_suffix(4);
    if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos)
      name.remove_prefix(slash + 1);
    add_array(reading, name, "header", file, 0);
  } else {
    reading.model.format_version = "npz";
    read_archive(reading);
  }
  if (reading.error) return std::move(*reading.error);
  return std::move(reading.model);
}

}  // namespace haoline::numpy
