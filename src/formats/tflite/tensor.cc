// A tensor: type, shape with symbols, and its elements where a buffer holds them.
#include <algorithm>
#include <limits>

#include "base/text.h"
#include "formats/tflite/reading.h"

namespace haoline::tflite {
namespace {

namespace wt = wire::tensor;

// In the order of the schema's TensorType.
constexpr DType kTypes[] = {
    DType::float32, DType::float16,       DType::int32,       DType::uint8,     DType::int64,
    DType::string,  DType::boolean,       DType::int16,       DType::complex64, DType::int8,
    DType::float64, DType::complex128,    DType::uint64,      DType::unknown,   DType::unknown,
    DType::uint32,  DType::uint16,        DType::int4,        DType::bfloat16,  DType::int2,
    DType::uint4,   DType::float8_e4m3fn, DType::float8_e5m2,
};
constexpr std::int64_t kResource = 13, kVariant = 14;

Type type_of(std::int64_t code) {
  Type type;
  type.dtype = dtype_of(code);
  if (code == kResource || code == kVariant) type.containers.push_back(Container::opaque);
  return type;
}

Dim open_extent(Reading& r, const GraphState& state, std::uint32_t index, std::string_view name,
                std::size_t axis) {
  const bool is_input = (state.marks[index] & GraphState::input) != 0;
  if (!is_input || state.id != Model::kMain || name.empty() || !r.may_copy(name)) return Dim::unknown();
  r.key.assign(name).append(1, '_').append(std::to_string(axis));
  return r.model.dims->symbol(r.key);
}

// The signature says which extents are open; without one the shape is all there is.
Shape read_shape(Reading& r, GraphState& state, const Table& record, std::uint32_t index,
                 std::string_view name) {
  const Numbers<std::int32_t> shape = record.numbers<std::int32_t>(wt::shape);
  const Numbers<std::int32_t> signature = record.numbers<std::int32_t>(wt::shape_signature);
  if (shape.empty() && signature.empty() && !record.flag(wt::has_rank)) {
    if (r.marks_ranks) return Shape::unknown_rank();
    state.marks[index] |= GraphState::open_rank;
  }
  const bool has_signature = signature.size() == shape.size();
  SmallVector<Dim, 5> dims;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int32_t extent = has_signature ? signature[axis] : shape[axis];
    if (extent < -1) {
      record.fail(wt::shape, ErrorKind::malformed, "has an extent of " + std::to_string(extent));
      return {};
    }
    dims.push_back(extent == -1 ? open_extent(r, state, index, name, axis) : Dim(std::int64_t{extent}));
  }
  return Shape(std::move(dims));
}

std::span<const std::int64_t> extents_of(Reading& r, const Table& record) {
  const Numbers<std::int32_t> shape = record.numbers<std::int32_t>(wt::shape);
  const std::span<std::int64_t> extents = r.model.arena.allocate<std::int64_t>(shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) extents[i] = shape[i];
  return extents;
}

Int128 count_of(std::span<const std::int64_t> extents) {
  constexpr Int128 kMost = Int128{1} << 62;
  Int128 count = 1;
  for (const std::int64_t extent : extents) {
    if (extent <= 0) return extent == 0 ? 0 : -1;
    count = std::min(count * extent, kMost);
  }
  return count;
}

// A buffer of texts: their number, where each begins, where the last ends; then the texts.
std::span<const std::string_view> read_texts(Reading& r, Bytes bytes) {
  if (bytes.size() < 4) return {};
  const auto count = load<std::uint32_t>(bytes.data());
  if (count > bytes.size() / 4 || (std::uint64_t{count} + 2) * 4 > bytes.size()) return {};
  const std::span<std::string_view> texts = r.model.arena.allocate<std::string_view>(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto begin = load<std::uint32_t>(bytes.data() + 4 + std::size_t{i} * 4);
    const auto end = load<std::uint32_t>(bytes.data() + 8 + std::size_t{i} * 4);
    if (begin > end || end > bytes.size()) return {};
    new (&texts[i]) std::string_view(as_text(bytes.subspan(begin, end - begin)));
  }
  return texts;
}

void report_truncated(Reading& r, const GraphState& state, TensorId id, const Buffer& buffer,
                      Int128 elements) {
  const Tensor& tensor = r.model.graphs[state.id].tensors[id];
  Message message("the weights of ");
  message.name(tensor.name)
      .add(" do not fit its shape: " +
           counted(static_cast<std::uint64_t>(std::max<Int128>(elements, 0)), "element") + ", " +
           counted(buffer.bytes.size(), "byte") + " stored");
  Finding finding{FindingKind::truncated_weights, std::move(message)};
  finding.graph = state.id;
  finding.tensor = id;
  finding.file = buffer.file;
  finding.byte = buffer.offset;
  finding.has_byte = true;
  r.remark(std::move(finding));
}

// A sparse tensor keeps the values that are not zero; where they stand is in the file's records.
void read_sparsity(const Table& sparsity, TensorData& data) {
  namespace ws = wire::sparsity;
  data.is_sparse = true;
  const Tables dims = sparsity.tables(ws::dim_metadata);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const Table dim = dims[i];
    for (const auto& [type, field] : {std::pair(ws::array_segments_type, ws::array_segments),
                                      std::pair(ws::array_indices_type, ws::array_indices)}) {
      const std::uint8_t kind = dim.number<std::uint8_t>(type);  // Int32Vector, Uint16Vector, Uint8Vector
      const Table vector = dim.table(field);
      if (kind == 1) data.stored_bytes += vector.numbers<std::int32_t>(ws::values).bytes().size();
      if (kind == 2) data.stored_bytes += vector.numbers<std::uint16_t>(ws::values).bytes().size();
      if (kind == 3) data.stored_bytes += vector.numbers<std::uint8_t>(ws::values).bytes().size();
    }
  }
}

// Elements of one byte or more that the bytes hold; packed ones by their bits.
std::uint64_t stored_elements(DType dtype, std::uint64_t bytes) {
  const DTypeInfo& type = info(dtype);
  return type.block_bytes == 0 ? 0 : bytes / type.block_bytes * type.block_elements;
}

Buffer* buffer_of(Reading& r, const Table& record) {
  if (const auto external = record.number<std::uint32_t>(wt::external_buffer); external != 0) {
    const auto at = std::find(r.external_ids.begin(), r.external_ids.end(), external);
    if (at != r.external_ids.end())
      return &r.external_buffers[static_cast<std::size_t>(at - r.external_ids.begin())];
  }
  const auto index = record.number<std::uint32_t>(wt::buffer);
  if (index >= r.buffers.size()) {
    if (index != 0) {
      record.fail(wt::buffer, ErrorKind::malformed,
                  "is " + std::to_string(index) + ", the model has " + counted(r.buffers.size(), "buffer"));
    }
    return nullptr;
  }
  return &r.buffers[index];
}

void attach(Reading& r, GraphState& state, const Table& record, TensorId id, Buffer& buffer) {
  Tensor& tensor = r.model.graphs[state.id].tensors[id];
  TensorData data;
  data.dtype = tensor.type.dtype;
  data.extents = extents_of(r, record);
  data.bytes = buffer.bytes;
  data.file = buffer.file;
  data.offset = buffer.offset;
  data.stored_bytes = buffer.bytes.size();
  const Int128 elements = count_of(data.extents);
  const Table sparsity = record.table(wt::sparsity);
  if (buffer.is_missing) {
    data.encoding = TensorData::Encoding::absent;
  } else if (data.dtype == DType::string) {
    data.encoding = TensorData::Encoding::strings;
    data.texts = read_texts(r, buffer.bytes);
    data.bytes = {};
    if (static_cast<Int128>(data.texts.size()) != elements) {
      report_truncated(r, state, id, buffer, elements);
      data.encoding = TensorData::Encoding::absent;
      data.texts = {};
    }
  } else if (sparsity) {
    data.stored_elements = stored_elements(data.dtype, buffer.bytes.size());
    read_sparsity(sparsity, data);
  } else if (byte_size(data.dtype, elements).value_or(Int128(buffer.bytes.size())) !=
             Int128(buffer.bytes.size())) {
    report_truncated(r, state, id, buffer, elements);
    data.encoding = TensorData::Encoding::absent;
    data.bytes = {};
  }
  if (!data.is_sparse) data.stored_elements = static_cast<std::uint64_t>(std::max<Int128>(elements, 0));
  if (!buffer.is_used) r.label(buffer, ByteLabel::weights, data.dtype);
  buffer.is_used = true;
  tensor.constant = r.model.arena.create(data);
}

}  // namespace

DType dtype_of(std::int64_t code) {
  const bool is_known = code >= 0 && code < static_cast<std::int64_t>(std::size(kTypes));
  return is_known ? kTypes[code] : DType::unknown;
}

void read_tensor(Reading& r, GraphState& state, std::uint32_t index) {
  const Table record = state.tensors[index];
  const TensorId id = r.model.graphs[state.id].tensors.add({});
  state.current[index] = id;
  if (!r.ok()) return;
  const std::string_view name = record.text(wt::name);
  const std::int64_t code = record.number<std::int8_t>(wt::type);
  Shape shape = read_shape(r, state, record, index, name);
  if (!r.ok()) return;
  {
    Tensor& tensor = r.model.graphs[state.id].tensors[id];
    tensor.name = name;
    tensor.type = type_of(code);
    tensor.is_state = record.flag(wt::is_variable);
    tensor.shape = std::move(shape);
  }
  if (code < 0 || code >= static_cast<std::int64_t>(std::size(kTypes))) {
    Finding finding{FindingKind::unknown_dtype,
                    Message().name(name).add(" has an element type that the schema does not define")};
    finding.graph = state.id;
    finding.tensor = id;
    r.remark(std::move(finding));
  }
  const std::size_t rank = r.model.graphs[state.id].tensors[id].shape.rank();
  if (const Table quantization = record.table(wt::quantization)) {
    const Quantization* read = read_quantization(r, state, quantization, id, rank);
    r.model.graphs[state.id].tensors[id].quantization = read;
  }
  Tensor& tensor = r.model.graphs[state.id].tensors[id];
  const bool is_made =
      (state.marks[index] & (GraphState::input | GraphState::produced)) != 0 || tensor.is_state;
  Buffer* buffer = buffer_of(r, record);
  if (!r.ok() || is_made || buffer == nullptr) return;
  const bool is_empty = tensor.shape.has_rank() && !tensor.shape.is_scalar() &&
                        std::any_of(tensor.shape.begin(), tensor.shape.end(), [](Dim d) { return d.is(0); });
  if (!buffer->bytes.empty() || buffer->is_missing || is_empty) attach(r, state, record, id, *buffer);
}

}  // namespace haoline::tflite
