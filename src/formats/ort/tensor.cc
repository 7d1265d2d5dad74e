// Initializers and tensors of attributes: raw little-endian elements where they lie, texts as texts.
#include <algorithm>

#include "base/text.h"
#include "formats/ort/reading.h"
#include "formats/shared/onnx_types.h"

namespace haoline::ort {
namespace {

namespace wt = wire::tensor;

// The number of elements the extents claim; a failure where it is impossible.
Int128 claimed_elements(std::span<const std::int64_t> dims, const Table& record, Field field) {
  constexpr Int128 kMost = Int128{1} << 60;
  Int128 count = 1;
  for (const std::int64_t extent : dims) {
    if (extent < 0) {
      record.fail(field, ErrorKind::malformed, "has a negative extent");
      return 0;
    }
    count = std::min(count * extent, kMost);
  }
  if (count == kMost) record.fail(field, ErrorKind::malformed, "claims more elements than any file can hold");
  return count;
}

void misfit(Reading& r, const Table& record, TensorData& data, Int128 elements) {
  Message message("the weights of ");
  message.name(record.text(wt::name))
      .add(" do not fit its shape: " + counted(static_cast<std::uint64_t>(elements), "element") + ", " +
           counted(data.stored_bytes, "byte") + " stored");
  Finding finding{FindingKind::truncated_weights, std::move(message)};
  finding.file = FileId{0};
  finding.byte = record.offset();
  finding.has_byte = true;
  r.remark(std::move(finding));
  data.encoding = TensorData::Encoding::absent;
  data.bytes = {};
  data.texts = {};
}

void attach_texts(Reading& r, const Table& record, TensorData& data) {
  const Texts texts = record.texts(wt::string_data);
  const std::span<std::string_view> list = r.model.arena.allocate<std::string_view>(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    new (&list[i]) std::string_view(texts[i]);
    data.stored_bytes += list[i].size();
  }
  data.encoding = TensorData::Encoding::strings;
  data.texts = list;
}

// Weights that a checkpoint keeps in a file of its own.
bool is_external(Reading& r, const Table& record, TensorData& data) {
  if (record.number<std::int64_t>(wt::external_data_offset, -1) < 0) return false;
  Message message("the weights of ");
  message.name(record.text(wt::name)).add(" are in another file, which the model does not name");
  r.remark({FindingKind::missing_external_data, std::move(message)});
  data.encoding = TensorData::Encoding::absent;
  return true;
}

}  // namespace

TensorData read_tensor(Reading& r, const Table& record) {
  TensorData data;
  data.dtype = dtype_of_onnx_code(record.number<std::int32_t>(wt::data_type));
  data.extents = flatbuffer::array_of(record.numbers<std::int64_t>(wt::dims), r.model.arena);
  const Int128 elements = claimed_elements(data.extents, record, wt::dims);
  if (!r.ok()) return data;
  data.stored_elements = static_cast<std::uint64_t>(elements);
  if (is_external(r, record, data)) return data;
  if (data.dtype == DType::string) {
    attach_texts(r, record, data);
    if (static_cast<Int128>(data.texts.size()) != elements) misfit(r, record, data, elements);
    return data;
  }
  data.bytes = record.bytes(wt::raw_data);
  data.stored_bytes = data.bytes.size();
  if (!data.bytes.empty()) {
    data.file = FileId{0};
    data.offset = r.context.offset_of(data.bytes.data());
    r.label(data.bytes, ByteLabel::weights, data.dtype);
  }
  const Int128 size = data.bytes.size();
  if (r.ok() && byte_size(data.dtype, elements).value_or(size) != size) misfit(r, record, data, elements);
  return data;
}

TensorData read_sparse_tensor(Reading& r, const Table& record, std::string_view& name) {
  namespace ws = wire::sparse;
  const Table values = record.table(ws::values);
  const Table indices = record.table(ws::indices);
  TensorData data = read_tensor(r, values);
  name = values.text(wt::name);
  const TensorData places = indices ? read_tensor(r, indices) : TensorData{};
  data.extents = flatbuffer::array_of(record.numbers<std::int64_t>(ws::dims), r.model.arena);
  const Int128 elements = claimed_elements(data.extents, record, ws::dims);
  if (r.ok() && static_cast<Int128>(data.stored_elements) > elements) {
    record.fail(ErrorKind::malformed, "stores " + counted(data.stored_elements, "value") +
                                          " of a tensor of " +
                                          counted(static_cast<std::uint64_t>(elements), "element"));
  }
  data.is_sparse = true;
  data.stored_bytes += places.stored_bytes;
  return data;
}

}  // namespace haoline::ort
