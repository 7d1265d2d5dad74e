// TensorProto and SparseTensorProto to TensorData.
//
// Elements stay where they are. Three kinds of field hold them: raw_data as little-endian bytes; float_data
// and double_data, which packed are the same; and the integer fields, which packed are varints. Only what is
// stored in pieces (unpacked repeated fields, or packed sub-byte elements in varints) is put together in the
// arena.
#include <algorithm>

#include "base/text.h"
#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

namespace wt = wire::tensor;

struct TensorRecord {
  std::string_view name;
  std::int64_t data_type = 0;
  SmallVector<std::int64_t, 8> dims;
  Bytes raw;
  bool has_raw = false;
  bool has_segment = false;
  std::uint32_t typed = 0;     // the field that holds elements; 0: none
  bool is_mixed = false;       // more than one such field
  SmallVector<Bytes, 4> runs;  // of that field, in order
  std::vector<std::string_view> texts;
  std::vector<MetadataEntry> external;
  bool is_external = false;
  const std::byte* external_at = nullptr;
};

void add_run(Fields& message, TensorRecord& t, protobuf::WireType unpacked) {
  t.is_mixed = t.is_mixed || (t.typed != 0 && t.typed != message.number());
  t.typed = message.number();
  const Bytes run = message.type() == unpacked ? message.payload() : message.bytes();
  if (!run.empty()) t.runs.push_back(run);
}

void read_dims(Reading& r, Fields& message, SmallVector<std::int64_t, 8>& dims) {
  if (message.type() == protobuf::WireType::varint) return dims.push_back(message.integer());
  const Bytes packed = message.bytes();
  const std::byte* at = packed.data();
  const std::byte* const end = at + packed.size();
  while (at != end) {
    std::uint64_t value = 0;
    at = protobuf::read_varint(at, end, value);
    if (at == nullptr) {
      message.fail(ErrorKind::malformed, "holds a number that does not end");
      return;
    }
    dims.push_back(static_cast<std::int64_t>(value));
  }
  (void)r;
}

void read_field(Reading& r, Fields& message, TensorRecord& t) {
  switch (message.number()) {
    case wt::dims:
      return read_dims(r, message, t.dims);
    case wt::data_type:
      t.data_type = message.integer();
      return;
    case wt::name:
      t.name = message.text();
      return;
    case wt::raw_data:
      t.raw = message.bytes();
      t.has_raw = true;
      return;
    case wt::float_data:
      return add_run(message, t, protobuf::WireType::fixed32);
    case wt::double_data:
      return add_run(message, t, protobuf::WireType::fixed64);
    case wt::int32_data:
    case wt::int64_data:
    case wt::uint64_data:
      return add_run(message, t, protobuf::WireType::varint);
    case wt::string_data:
      t.texts.push_back(message.text());
      return;
    case wt::external_data:
      t.external_at = message.tag();
      t.external.push_back(read_entry(r, message.bytes(), message.place()));
      return;
    case wt::data_location:
      t.is_external = message.integer() == 1;
      return;
    case wt::segment:
      t.has_segment = true;
      return;
    case wt::doc_string:
    case wt::metadata_props:
      r.label(message.field(), ByteLabel::metadata);
      return;
    default:
      r.unknown(message);
  }
}

// The number of elements the extents claim; a failure where it is impossible.
Int128 claimed_elements(Reading& r, std::span<const std::int64_t> dims, const Place& place,
                        const std::byte* at) {
  Int128 count = 1;
  bool is_empty = false;
  for (const std::int64_t extent : dims) {
    if (extent < 0) {
      r.fail(ErrorKind::malformed, {&place, "dims"}, at, "has a negative extent");
      return 0;
    }
    is_empty = is_empty || extent == 0;
  }
  if (is_empty) return 0;
  for (const std::int64_t extent : dims) {
    count *= extent;
    if (count >= (Int128{1} << 60)) {
      r.fail(ErrorKind::malformed, {&place, "dims"}, at, "claims more elements than any file can hold");
      return 0;
    }
  }
  return count;
}

// The field that elements of a type are kept in when they are not raw.
std::uint32_t typed_field(DType dtype) {
  switch (dtype) {
    case DType::float32:
    case DType::complex64:
      return wt::float_data;
    case DType::float64:
    case DType::complex128:
      return wt::double_data;
    case DType::int64:
      return wt::int64_data;
    case DType::uint32:
    case DType::uint64:
      return wt::uint64_data;
    default:
      return wt::int32_data;
  }
}

// Varints in pieces, or with several elements each: decoded to the little-endian elements they stand for.
void decode_varints(Reading& r, const TensorRecord& t, TensorData& data, const Place& place) {
  const std::size_t width = std::max<std::size_t>(1, info(data.dtype).block_bytes);
  std::size_t count = 0;
  for (const Bytes run : t.runs) {
    count += static_cast<std::size_t>(std::count_if(
        run.begin(), run.end(), [](std::byte b) { return std::to_integer<unsigned>(b) < 0x80; }));
  }
  const std::span<std::byte> room = r.model.arena.allocate<std::byte>(count * width);
  std::byte* to = room.data();
  for (const Bytes run : t.runs) {
    const std::byte* at = run.data();
    const std::byte* const end = at + run.size();
    while (at != end) {
      std::uint64_t value = 0;
      const std::byte* const after = protobuf::read_varint(at, end, value);
      if (after == nullptr) {
        r.fail(ErrorKind::malformed, place, at, "holds a number that does not end");
        return;
      }
      std::memcpy(to, &value, width);
      to += width;
      at = after;
    }
  }
  data.encoding = TensorData::Encoding::raw;
  data.bytes = room;
}

void join_runs(Reading& r, const TensorRecord& t, TensorData& data) {
  std::size_t size = 0;
  for (const Bytes run : t.runs) size += run.size();
  const std::span<std::byte> room = r.model.arena.allocate<std::byte>(size);
  std::byte* to = room.data();
  for (const Bytes run : t.runs) to = std::copy(run.begin(), run.end(), to);
  data.bytes = room;
}

void place_in_file(Reading& r, TensorData& data) {
  data.file = FileId{0};
  data.offset = r.offset_of(data.bytes.data());
}

void attach_typed(Reading& r, const TensorRecord& t, TensorData& data, const Place& place) {
  for (const Bytes run : t.runs) {
    data.stored_bytes += run.size();
    r.label(run, ByteLabel::weights, data.dtype);
  }
  const bool is_fixed = t.typed == wt::float_data || t.typed == wt::double_data;
  const bool is_packed_type = info(data.dtype).block_elements > 1;
  if (is_fixed) {
    if (t.runs.size() != 1) return join_runs(r, t, data);
  } else if (t.runs.size() != 1 || is_packed_type) {
    return decode_varints(r, t, data, place);
  } else {
    data.encoding = TensorData::Encoding::varint;
  }
  data.bytes = t.runs[0];
  place_in_file(r, data);
}

void report_truncated(Reading& r, std::string_view name, const TensorData& data, const std::byte* at,
                      std::string_view what) {
  haoline::Message message("the weights of ");
  message.name(name).add(" ").add(what);
  Finding finding{FindingKind::truncated_weights, std::move(message)};
  finding.file = FileId{0};
  finding.byte = r.offset_of(at);
  finding.has_byte = true;
  r.remark(std::move(finding));
  (void)data;
}

// Whether the stored bytes can hold the claimed elements. Long runs of varints are not counted, that would
// touch every weight: a varint has one to ten bytes.
bool fits(const TensorData& data, Int128 elements) {
  constexpr std::size_t kCounted = 65536;
  const Int128 size = data.bytes.size();
  if (data.encoding == TensorData::Encoding::strings)
    return static_cast<Int128>(data.texts.size()) == elements;
  if (data.encoding != TensorData::Encoding::varint)
    return byte_size(data.dtype, elements).value_or(size) == size;
  if (data.bytes.size() > kCounted) return elements <= size && size <= elements * 10;
  const auto ends = std::count_if(data.bytes.begin(), data.bytes.end(),
                                  [](std::byte b) { return std::to_integer<unsigned>(b) < 0x80; });
  return elements == ends && (std::to_integer<unsigned>(data.bytes.back()) < 0x80);
}

void check_size(Reading& r, const TensorRecord& t, TensorData& data, Int128 elements, const std::byte* at) {
  if (data.encoding == TensorData::Encoding::absent || data.dtype == DType::unknown) return;
  const bool is_nothing = data.bytes.empty() && data.texts.empty();
  if (is_nothing ? elements == 0 : fits(data, elements)) return;
  const std::string claimed = counted(static_cast<std::uint64_t>(elements), "element");
  report_truncated(r, t.name, data, at,
                   is_nothing ? "are not in the file: " + claimed + " without data"
                              : "do not fit its shape: " + claimed + ", " +
                                    counted(data.stored_bytes, "byte") + " stored");
  data.encoding = TensorData::Encoding::absent;
  data.bytes = {};
  data.texts = {};
}

void attach_elements(Reading& r, const TensorRecord& t, TensorData& data, Int128 elements, const Place& place,
                     const std::byte* at) {
  if (t.is_external) {
    const auto wanted = byte_size(data.dtype, elements);
    attach_external(r, data, t.external, wanted.value_or(-1), place, t.external_at ? t.external_at : at);
    return;
  }
  if (data.dtype == DType::string) {
    data.encoding = TensorData::Encoding::strings;
    data.texts = r.model.arena.copy(t.texts);
    for (const std::string_view text : t.texts) {
      data.stored_bytes += text.size();
      r.label(as_bytes(text), ByteLabel::weights, DType::string);
    }
  } else if (t.has_raw) {
    data.bytes = t.raw;
    data.stored_bytes = t.raw.size();
    if (!t.raw.empty()) place_in_file(r, data);
    r.label(t.raw, ByteLabel::weights, data.dtype);
  } else if (!t.runs.empty() && !t.is_mixed && t.typed == typed_field(data.dtype)) {
    attach_typed(r, t, data, place);
  }
  if (r.ok()) check_size(r, t, data, elements, at);
}

}  // namespace

NamedTensor read_tensor(Reading& r, Bytes bytes, const Place& place) {
  Fields message(bytes, place, wt::kFields, r.context);
  TensorRecord t;
  while (message.next()) read_field(r, message, t);
  NamedTensor tensor{t.name, {}};
  TensorData& data = tensor.data;
  data.dtype = dtype_of(t.data_type);
  data.extents = r.model.arena.copy(std::span<const std::int64_t>(t.dims));
  const Int128 elements = claimed_elements(r, data.extents, place, bytes.data());
  if (!r.ok()) return tensor;
  data.stored_elements = static_cast<std::uint64_t>(elements);
  attach_elements(r, t, data, elements, place, bytes.data());
  if (t.has_segment) {
    Finding finding{FindingKind::unread_content,
                    Message("a piece of ").name(t.name).add(" that is stored in segments")};
    r.remark(std::move(finding));
  }
  return tensor;
}

NamedTensor read_sparse_tensor(Reading& r, Bytes bytes, const Place& place) {
  Fields message(bytes, place, wire::sparse::kFields, r.context);
  NamedTensor values;
  TensorData indices;
  SmallVector<std::int64_t, 8> dims;
  while (message.next()) {
    switch (message.number()) {
      case wire::sparse::values:
        values = read_tensor(r, message.bytes(), {&place, "values"});
        break;
      case wire::sparse::indices:
        indices = read_tensor(r, message.bytes(), {&place, "indices"}).data;
        break;
      case wire::sparse::dims:
        read_dims(r, message, dims);
        break;
      default:
        r.unknown(message);
    }
  }
  values.data.extents = r.model.arena.copy(std::span<const std::int64_t>(dims));
  const Int128 elements = claimed_elements(r, values.data.extents, place, bytes.data());
  if (r.ok() && static_cast<Int128>(values.data.stored_elements) > elements) {
    r.fail(ErrorKind::malformed, place, bytes.data(),
           "stores " + counted(values.data.stored_elements, "value") + " of a tensor of " +
               counted(static_cast<std::uint64_t>(elements), "element"));
  }
  values.data.is_sparse = true;
  values.data.stored_bytes += indices.stored_bytes;
  return values;
}

}  // namespace haoline::onnx
