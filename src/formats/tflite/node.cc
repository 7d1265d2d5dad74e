// An operator to a node: operands and results by number, options, and the translation of its kind.
#include "base/text.h"
#include "formats/tflite/draft.h"
#include "ir/tensor_elements.h"

namespace haoline::tflite {
namespace {

namespace wo = wire::op;

const Code* code_of(Reading& r, const Table& record) {
  const auto index = record.number<std::uint32_t>(wo::opcode_index);
  if (index < r.codes.size()) return &r.codes[index];
  record.fail(wo::opcode_index, ErrorKind::malformed,
              "is " + std::to_string(index) + ", the model has " + counted(r.codes.size(), "operator code"));
  return nullptr;
}

// A tensor that an operator makes although something made, fed or read it before: the same name, a new
// tensor.
TensorId fresh_tensor(Reading& r, GraphState& state, std::uint32_t index) {
  auto& tensors = r.model.graphs[state.id].tensors;
  Tensor copy = tensors[state.current[index]];
  copy.producer = NodeId{};
  copy.constant = nullptr;
  state.current[index] = tensors.add(std::move(copy));
  return state.current[index];
}

void take_operands(Draft& draft) {
  for (const std::int32_t index : draft.record.numbers<std::int32_t>(wo::inputs)) {
    if (index < 0) {
      draft.inputs.push_back(TensorId{});
      continue;
    }
    draft.state.marks[static_cast<std::size_t>(index)] |= GraphState::read;
    draft.inputs.push_back(draft.state.current[static_cast<std::size_t>(index)]);
  }
}

void take_results(Draft& draft) {
  auto& tensors = draft.r.model.graphs[draft.state.id].tensors;
  for (const std::int32_t index : draft.record.numbers<std::int32_t>(wo::outputs)) {
    if (index < 0) {
      draft.outputs.push_back(TensorId{});
      continue;
    }
    const auto at = static_cast<std::uint32_t>(index);
    TensorId id = draft.state.current[at];
    const bool is_taken = (draft.state.marks[at] & (GraphState::read | GraphState::input)) != 0;
    if (tensors[id].producer || is_taken || tensors[id].constant != nullptr) {
      id = fresh_tensor(draft.r, draft.state, at);
    }
    tensors[id].producer = draft.id;
    draft.outputs.push_back(id);
  }
}

// Options of custom operators are their author's business: kept as bytes.
void keep_custom_options(Draft& draft) {
  Bytes bytes = draft.record.bytes(wo::custom_options);
  const auto offset = draft.record.number<std::uint64_t>(wo::large_custom_options_offset);
  const auto size = draft.record.number<std::uint64_t>(wo::large_custom_options_size);
  const Bytes file = draft.r.file;
  if (offset > 1) {
    if (offset > file.size() || size > file.size() - offset) {
      draft.record.fail(wo::large_custom_options_offset, ErrorKind::truncated, "leads outside the file");
      return;
    }
    bytes = file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
    draft.r.label({bytes, FileId{0}, offset}, ByteLabel::metadata);
  }
  if (bytes.empty()) return;
  const std::span<const std::int64_t> extents =
      std::span<const std::int64_t>(draft.r.model.arena.create(static_cast<std::int64_t>(bytes.size())), 1);
  TensorData data;
  data.dtype = DType::uint8;
  data.extents = extents;
  data.bytes = bytes;
  data.file = FileId{0};
  data.offset = draft.r.context.offset_of(bytes.data());
  data.stored_bytes = data.stored_elements = bytes.size();
  const TensorData* kept = draft.r.model.arena.create(data);
  draft.attributes.push_back({"custom_options", kept, {}});
}

void take_options(Draft& draft) {
  const Table first = draft.record.table(wo::builtin_options);
  if (first) {
    draft.options = first;
    read_options(draft, draft.record.number<std::uint8_t>(wo::builtin_options_type), false);
  }
  const Table second = draft.record.table(wo::builtin_options_2);
  if (second) {
    draft.options = second;
    read_options(draft, draft.record.number<std::uint8_t>(wo::builtin_options_2_type), true);
  }
  keep_custom_options(draft);
}

// The module that made the first result: the path of its name, as TensorFlow writes it
// ("a/b/Relu;a/c/BiasAdd").
std::string_view scope_of(const Draft& draft) {
  const Tensor* result = draft.output(0);
  if (result == nullptr) return {};
  std::string_view name = result->name.substr(0, result->name.find(';'));
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

// In files that do not tell scalars from tensors of unknown rank, the operator knows better.
void open_ranks(Draft& draft) {
  if (draft.op == Op::unknown) return;
  for (const std::int32_t index : draft.record.numbers<std::int32_t>(wo::outputs)) {
    if (index < 0 || (draft.state.marks[static_cast<std::size_t>(index)] & GraphState::open_rank) == 0)
      continue;
    const TensorId id = draft.state.current[static_cast<std::size_t>(index)];
    draft.r.model.graphs[draft.state.id].tensors[id].shape = Shape::unknown_rank();
  }
}

// Quantized kernels may widen: a softmax of int8 gives int16.
void note_result_type(Draft& draft) {
  const bool converts = draft.op == Op::Quantize || draft.op == Op::Cast || draft.op == Op::unknown;
  const Tensor* in = draft.input(0);
  const Tensor* out = draft.output(0);
  if (converts || in == nullptr || out == nullptr || in->type.dtype == out->type.dtype) return;
  if (in->quantization == nullptr || out->quantization == nullptr) return;
  draft.add("result_type", name(out->type.dtype));
}

std::span<const TensorId> kept(Draft& draft, const SmallVector<TensorId, 8>& ids) {
  return draft.r.model.arena.copy(std::span<const TensorId>(ids.data(), ids.size()));
}

}  // namespace

Dim Draft::extent(std::size_t i, int axis) const {
  const Tensor* tensor = input(i);
  if (tensor == nullptr || !tensor->shape.has_rank()) return Dim::unknown();
  const auto rank = static_cast<int>(tensor->shape.rank());
  const int at = axis < 0 ? axis + rank : axis;
  return at < 0 || at >= rank ? Dim::unknown() : tensor->shape[static_cast<std::size_t>(at)];
}

std::optional<std::vector<std::int64_t>> Draft::integers(std::size_t i) const {
  constexpr std::int64_t kMost = 4096;
  const Tensor* tensor = input(i);
  if (tensor == nullptr || tensor->constant == nullptr) return std::nullopt;
  const std::optional<std::int64_t> count = element_count(*tensor->constant);
  if (!count || *count > kMost) return std::nullopt;
  ElementReader reader(*tensor->constant);
  std::vector<std::int64_t> list(static_cast<std::size_t>(*count));
  if (list.empty()) return list;
  if (!reader.can_read() || !reader.is_integer()) return std::nullopt;
  std::size_t filled = 0;
  while (filled < list.size()) {
    const std::size_t read = reader.read(std::span<std::int64_t>(list).subspan(filled));
    if (read == 0) return std::nullopt;
    filled += read;
  }
  return list;
}

void Draft::add_body(std::string_view name, Field field) {
  const auto subgraph = options.number<std::uint32_t>(field);
  const GraphId body = tflite::add_body(r, state.id, id, subgraph, name, record, field);
  if (body) attributes.push_back({name, body, {}});
}

void Draft::reorder(std::initializer_list<std::size_t> order) {
  SmallVector<TensorId, 8> ordered;
  for (const std::size_t i : order) ordered.push_back(i < inputs.size() ? inputs[i] : TensorId{});
  while (!ordered.empty() && !ordered.back()) ordered.pop_back();
  inputs = std::move(ordered);
}

void read_node(Reading& r, GraphState& state, const Table& record, NodeId id) {
  const Code* code = code_of(r, record);
  if (code == nullptr) return;
  Draft draft{r, state, record, id};
  draft.op_type = code->name;
  take_operands(draft);
  take_results(draft);
  take_options(draft);
  if (!r.ok()) return;
  if (code->builtin != nullptr) {
    draft.op = code->builtin->op;
    if (code->builtin->translate != nullptr) code->builtin->translate(draft);
  }
  if (!r.ok()) return;
  note_result_type(draft);
  open_ranks(draft);
  Node node;
  node.op = draft.op;
  node.op_type = draft.op_type;
  if (draft.op == Op::unknown) node.domain = code->builtin != nullptr ? "tflite" : "custom";
  node.scope = scope_of(draft);
  node.version = draft.op == Op::unknown ? 0 : draft.version;
  node.inputs = kept(draft, draft.inputs);
  node.outputs = kept(draft, draft.outputs);
  node.attributes = r.model.arena.copy(draft.attributes);
  node.source_offset = record.offset();
  r.model.graphs[state.id].nodes.add(node);
}

}  // namespace haoline::tflite
