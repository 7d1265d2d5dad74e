#include "formats/tensorflow/bundle.h"

#include <algorithm>

#include "base/text.h"
#include "formats/tensorflow/table.h"
#include "formats/tensorflow/wire.h"

namespace haoline::tensorflow {
namespace {

using protobuf::Context;
using protobuf::Fields;
using protobuf::Place;

constexpr std::int64_t kMostShards = 65536;

BundleEntry read_entry(Context& context, Bytes bytes, std::string_view name) {
  static constexpr Place kEntry{nullptr, "variables.index"};
  BundleEntry entry;
  entry.name = name;
  entry.shape.has_rank = true;
  Fields message(bytes, kEntry, wire::bundle_entry::kFields, context);
  while (message.next()) {
    switch (message.number()) {
      case wire::bundle_entry::dtype:
        entry.dtype = graphdef::dtype_of(message.integer());
        break;
      case wire::bundle_entry::shape:
        entry.shape = graphdef::read_shape(context, message.bytes(), {&kEntry, "shape"});
        break;
      case wire::bundle_entry::shard:
        entry.shard = static_cast<std::uint32_t>(message.integer());
        break;
      case wire::bundle_entry::offset:
        entry.offset = message.number64();
        break;
      case wire::bundle_entry::size:
        entry.size = message.number64();
        break;
      case wire::bundle_entry::slices:
        entry.is_sliced = true;
        break;
      default:
        break;
    }
  }
  return entry;
}

struct Header {
  std::int64_t shards = 1;
  bool is_big_endian = false;
};
Header read_header(Context& context, Bytes bytes) {
  Header header;
  Fields message(bytes, {nullptr, "variables.index"}, wire::bundle_header::kFields, context);
  while (message.next()) {
    if (message.number() == wire::bundle_header::num_shards) header.shards = message.integer();
    if (message.number() == wire::bundle_header::endianness) header.is_big_endian = message.integer() == 1;
  }
  return header;
}

std::string shard_name(std::string_view prefix, std::size_t shard, std::size_t count) {
  const auto padded = [](std::size_t number) {
    const std::string digits = std::to_string(number);
    return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
  };
  return std::string(prefix) + ".data-" + padded(shard) + "-of-" + padded(count);
}

Error malformed(std::string message) {
  Error error;
  error.kind = ErrorKind::malformed;
  error.path = "variables.index";
  error.message = std::move(message);
  error.advice = "The file is damaged; export the model again.";
  return error;
}

// A slice of a tensor has a key that begins with a zero byte.
bool is_slice_key(std::string_view key) {
  return key.starts_with('\0');
}

}  // namespace

Result<Bundle> Bundle::open(FileProvider& files, std::string_view prefix, Model& model) {
  const std::string index_name = std::string(prefix) + ".index";
  Result<FileProvider::Opened> index = files.open(index_name);
  if (!index) return std::move(index).error();
  Result<std::vector<TableEntry>> table = read_table(index->bytes, model.arena);
  if (!table) return std::move(table).error();
  model.files.add({index_name, "variables index", index->bytes});
  Bundle bundle;
  Context context(index->bytes);
  Header header;
  bundle.names_.reserve(table->size());
  for (const TableEntry& entry : *table) {
    if (entry.key.empty()) {
      header = read_header(context, entry.value);
    } else if (!is_slice_key(entry.key)) {
      bundle.names_.insert(entry.key, static_cast<std::uint32_t>(bundle.entries_.size()));
      bundle.entries_.push_back(read_entry(context, entry.value, entry.key));
    }
  }
  if (!context.ok()) return context.error();
  if (header.is_big_endian) {
    Error error = malformed("was written on a big-endian machine, which this reader does not know");
    error.kind = ErrorKind::unsupported;
    return error;
  }
  if (header.shards < 0 || header.shards > kMostShards)
    return malformed("claims " + std::to_string(header.shards) + " shards");
  // Only shards that an entry names are opened.
  bundle.shards_.resize(static_cast<std::size_t>(header.shards));
  for (const BundleEntry& entry : bundle.entries_) {
    if (entry.shard >= bundle.shards_.size())
      return malformed("puts a tensor into shard " + std::to_string(entry.shard) + " of " +
                       std::to_string(header.shards));
    Shard& shard = bundle.shards_[entry.shard];
    if (!shard.name.empty()) continue;
    shard.name = shard_name(prefix, entry.shard, bundle.shards_.size());
    Result<FileProvider::Opened> opened = files.open(shard.name);
    if (!opened) {
      shard.problem = opened.error().message;
      continue;
    }
    shard.bytes = opened->bytes;
    shard.file = model.files.add({shard.name, "variables", opened->bytes});
  }
  return bundle;
}

const BundleEntry* Bundle::find(std::string_view name) {
  const std::uint32_t* index = names_.find(name);
  return index == nullptr ? nullptr : &entries_[*index];
}

const TensorData* Bundle::data(std::string_view name, Model& model) {
  const std::uint32_t* index = names_.find(name);
  if (index == nullptr) return nullptr;
  BundleEntry& entry = entries_[*index];
  entry.is_used = true;
  if (entry.data != nullptr) return entry.data;
  TensorData data;
  data.dtype = entry.dtype;
  data.encoding = TensorData::Encoding::absent;
  Int128 count = 1;
  for (const std::int64_t extent : entry.shape.extents) {
    if (extent < 0 || count >= (Int128{1} << 60)) return nullptr;
    count *= extent;
  }
  data.extents = model.arena.copy(entry.shape.extents);
  data.stored_elements = static_cast<std::uint64_t>(count);
  Shard& shard = shards_[entry.shard];
  const bool is_inside =
      entry.offset <= shard.bytes.size() && entry.size <= shard.bytes.size() - entry.offset;
  const bool fits = byte_size(entry.dtype, count) == std::optional<Int128>(entry.size);
  if (!shard.file) {
    ++shard.missing_tensors;
  } else if (!entry.is_sliced && is_inside && fits) {
    data.encoding = TensorData::Encoding::raw;
    data.bytes = shard.bytes.subspan(entry.offset, entry.size);
    data.file = shard.file;
    data.offset = entry.offset;
    data.stored_bytes = entry.size;
  } else if (!entry.is_sliced && entry.dtype != DType::string) {
    haoline::Message message("the values of ");
    message.name(entry.name).add(is_inside ? " do not fit its shape" : " lie outside their file");
    Finding finding{FindingKind::truncated_weights, std::move(message)};
    finding.file = shard.file;
    finding.byte = entry.offset;
    finding.has_byte = true;
    model.findings.push_back(std::move(finding));
  }
  entry.data = model.arena.create(data);
  return entry.data;
}

// Lengths of all strings, their checksum, then the strings.
std::string_view Bundle::text(std::string_view name, Model& model) {
  const std::uint32_t* index = names_.find(name);
  if (index == nullptr) return {};
  const BundleEntry& entry = entries_[*index];
  const Shard& shard = shards_[entry.shard];
  if (entry.dtype != DType::string || !entry.shape.extents.empty() || !shard.file) return {};
  if (entry.offset > shard.bytes.size() || entry.size > shard.bytes.size() - entry.offset) return {};
  const Bytes stored = shard.bytes.subspan(entry.offset, entry.size);
  const std::byte* const end = stored.data() + stored.size();
  std::uint64_t length = 0;
  const std::byte* at = protobuf::read_varint(stored.data(), end, length);
  constexpr std::ptrdiff_t kChecksum = 4;
  if (at == nullptr || end - at < kChecksum) return {};
  at += kChecksum;
  if (length > static_cast<std::uint64_t>(end - at)) return {};
  model.spans.push_back({shard.file, ByteLabel::metadata, DType::unknown, entry.offset, entry.size});
  return as_text(Bytes(at, length));
}

void Bundle::close(Model& model) {
  for (const BundleEntry& entry : entries_) {
    const Shard& shard = shards_[entry.shard];
    if (!shard.file || entry.size == 0 || entry.offset > shard.bytes.size() ||
        entry.size > shard.bytes.size() - entry.offset)
      continue;
    const ByteLabel label = entry.is_used                  ? ByteLabel::weights
                            : entry.dtype == DType::string ? ByteLabel::metadata
                                                           : ByteLabel::unreachable;
    model.spans.push_back(
        {shard.file, label, entry.is_used ? entry.dtype : DType::unknown, entry.offset, entry.size});
  }
  for (const Shard& shard : shards_) {
    if (shard.missing_tensors == 0) continue;
    haoline::Message message(counted(shard.missing_tensors, "variable"));
    message.add(shard.missing_tensors == 1 ? " has its values in " : " have their values in ");
    message.name(shard.name).add(": " + shard.problem);
    model.findings.push_back({FindingKind::missing_external_data, std::move(message)});
  }
}

}  // namespace haoline::tensorflow
