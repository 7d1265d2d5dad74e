#include "formats/tensorrt/layers.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string>

#include "formats/tensorrt/map.h"

namespace haoline::tensorrt {
namespace {

struct TypeWord {
  std::string_view word;  // in lower case
  DType dtype;
  std::int64_t onnx;  // TensorProto.DataType
};
// Longer words first where one holds another.
constexpr TypeWord kTypeWords[] = {
    {"bfloat16", DType::bfloat16, 16}, {"bf16", DType::bfloat16, 16},   {"fp16", DType::float16, 10},
    {"half", DType::float16, 10},      {"fp32", DType::float32, 1},     {"tf32", DType::float32, 1},
    {"float", DType::float32, 1},      {"uint8", DType::uint8, 2},      {"int8", DType::int8, 3},
    {"int64", DType::int64, 7},        {"int32", DType::int32, 6},      {"int4", DType::int4, 22},
    {"fp8", DType::float8_e4m3fn, 17}, {"fp4", DType::float4_e2m1, 23}, {"bool", DType::boolean, 9},
    {"e8m0", DType::float8_e8m0, 24},
};

const TypeWord* find_type(std::string_view format) {
  std::string lower(format);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto* found = std::find_if(std::begin(kTypeWords), std::end(kTypeWords), [&](const TypeWord& t) {
    return lower.find(t.word) != std::string::npos;
  });
  return found == std::end(kTypeWords) ? nullptr : found;
}

std::string_view format_text(json::Value operand) {
  return operand["Format/Datatype"].text(operand["Datatype"].text(operand["Format"].text()));
}

std::vector<std::int64_t> dimensions(json::Value operand) {
  std::vector<std::int64_t> out;
  const json::Value list = operand["Dimensions"];
  for (std::size_t i = 0; i < list.size(); ++i) out.push_back(list[i].integer(-1));
  return out;
}

// What a copy does shows in its operands: another type, another shape, or neither.
void settle_copy(GraphBuilder& graph, json::Value layer, Mapped& mapped, std::vector<TensorId>& operands) {
  const json::Value from = layer["Inputs"][std::size_t{0}], to = layer["Outputs"][std::size_t{0}];
  const std::vector<std::int64_t> before = dimensions(from), after = dimensions(to);
  const TypeWord* type = find_type(format_text(to));
  const TypeWord* old = find_type(format_text(from));
  if (before != after) {
    if (std::find(after.begin(), after.end(), -1) != after.end()) return;
    mapped.op = "Reshape";
    operands.push_back(graph.constant(std::string(layer["Name"].text()) + ":shape", after));
  } else if (type && old && type->dtype != old->dtype) {
    mapped = {"Cast", {{"to", type->onnx}}};
  }
}

// Words that TensorRT puts between operators or around them, and that name none.
bool is_operator(std::string_view word) {
  return !word.empty() && !word.starts_with("Reformatting CopyNode") &&
         word.find(".weight") == std::string_view::npos && word.find(".bias") == std::string_view::npos &&
         !word.starts_with("(Unnamed Layer");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <class Take>
void each_part(std::string_view text, std::string_view separator, Take take) {
  for (;;) {
    const std::size_t end = text.find(separator);
    take(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + separator.size());
  }
}

}  // namespace

DType dtype_of(std::string_view format) {
  const TypeWord* type = find_type(format);
  return type ? type->dtype : DType::unknown;
}

std::span<const std::string_view> sources_of(std::string_view name, std::string_view metadata, Arena& arena) {
  std::vector<std::string_view> out;
  constexpr std::string_view kMark = "[ONNX Layer: ";
  if (metadata.find(kMark) != std::string_view::npos) {
    // TensorRT 8.6 and later: one mark per operator, closed by a bracket, fields split by byte 0x1f or 0x1e.
    while (metadata.find(kMark) != std::string_view::npos) {
      metadata.remove_prefix(metadata.find(kMark) + kMark.size());
      out.push_back(arena.text(metadata.substr(0, metadata.find(']'))));
    }
  } else {
    each_part(name, " + ", [&](std::string_view part) {
      if (is_operator(part)) out.push_back(arena.text(part));
    });
  }
  return arena.copy(out);
}

void Layers::declare(TensorId tensor, json::Value operand) {
  Extents extents;
  for (const std::int64_t extent : dimensions(operand)) {
    if (extent >= 0) {
      extents.emplace_back(extent);
    } else {
      extents.emplace_back(Dim::unknown());
    }
  }
  if (operand["Dimensions"].is_array()) {
    graph_.declare(tensor, dtype_of(format_text(operand)), extents);
  } else {
    graph_.graph().tensors[tensor].type.dtype = dtype_of(format_text(operand));
  }
}

void Layers::add_input(std::string_view name, json::Value tensor) {
  Extents extents;
  std::size_t axis = 0;
  for (const std::int64_t extent : dimensions(tensor)) {
    if (extent >= 0) {
      extents.emplace_back(extent);
    } else {
      extents.emplace_back(graph_.dim("`" + std::string(name) + "_" + std::to_string(axis) + "`"));
    }
    ++axis;
  }
  tensors_.emplace(name, graph_.input(name, dtype_of(format_text(tensor)), extents));
}

TensorId Layers::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? TensorId{} : found->second;
}

// A tensor that no layer made before: a constant or a value from another stream, of which only this is known.
TensorId Layers::tensor(json::Value operand) {
  const std::string_view name = operand["Name"].text();
  if (const TensorId known = find(name)) return known;
  Tensor made;
  made.name = graph_.model().arena.text(name);
  const TensorId id = graph_.graph().tensors.add(std::move(made));
  declare(id, operand);
  tensors_.emplace(name, id);
  return id;
}

std::vector<TensorId> Layers::operands_of(json::Value layer) {
  std::vector<TensorId> out;
  const json::Value inputs = layer["Inputs"];
  for (std::size_t i = 0; i < inputs.size(); ++i) out.push_back(tensor(inputs[i]));
  return out;
}

// Convolutions say how many weights of which type they hold; the rest follows from the window.
void Layers::add_weights(json::Value layer, std::string_view name, std::vector<TensorId>& operands) {
  const std::int64_t count = layer["Weights"]["Count"].integer(), maps = layer["OutMaps"].integer();
  const std::int64_t groups = std::max<std::int64_t>(layer["Groups"].integer(1), 1);
  std::vector<std::int64_t> extents;
  std::int64_t window = 1;
  const json::Value kernel = layer["Kernel"];
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    extents.push_back(kernel[i].integer());
    if (__builtin_mul_overflow(window, extents.back(), &window)) window = 0;
  }
  std::int64_t per_map = 0;
  if (count <= 0 || maps <= 0 || window <= 0 || __builtin_mul_overflow(window, maps, &per_map) ||
      count % per_map != 0) {
    return;
  }
  const bool transposed = kind_of(layer) == "Deconvolution";
  const std::int64_t channels = count / per_map;  // of one group, on the side that is not OutMaps
  extents.insert(extents.begin(),
                 {transposed ? channels * groups : maps, transposed ? maps / groups : channels});
  const TensorId residual = operands.size() > 1 ? operands[1] : TensorId{};
  operands.resize(1);
  operands.push_back(
      graph_.weight(std::string(name) + ":weights", dtype_of(layer["Weights"]["Type"].text()), extents));
  const std::int64_t bias = layer["Bias"]["Count"].integer();
  if (bias > 0 || residual) {
    operands.push_back(
        bias > 0 ? graph_.weight(std::string(name) + ":bias", dtype_of(layer["Bias"]["Type"].text()), {bias})
                 : TensorId{});
  }
  if (residual) operands.push_back(residual);
}

void Layers::add(json::Value layer, EngineFacts& facts) {
  Arena& arena = graph_.model().arena;
  const bool is_name = layer.is_text();
  names_only_ |= is_name;
  const std::string_view name = is_name ? layer.text() : layer["Name"].text();
  std::vector<TensorId> operands = is_name ? std::vector<TensorId>() : operands_of(layer);
  Mapped mapped = is_name ? Mapped{} : map_layer(layer, operands.size());
  const bool is_copy = mapped.op == "Identity";
  if (is_copy) settle_copy(graph_, layer, mapped, operands);
  if (layer["Weights"] && !operands.empty()) add_weights(layer, name, operands);
  const std::string_view kind = is_name ? "layer" : layer["LayerType"].text("layer");
  const json::Value outputs = layer["Outputs"];
  const std::vector<TensorId> results =
      graph_.nodes(mapped.op.empty() ? "trt." + std::string(kind) : std::string(mapped.op), operands,
                   outputs.size(), mapped.attributes, name);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string_view result = outputs[i]["Name"].text();
    if (!result.empty()) graph_.rename(results[i], result);
    declare(results[i], outputs[i]);
    tensors_.insert_or_assign(result, results[i]);
  }
  const NodeId node = graph_.last_node();
  graph_.graph().nodes[node].op_type = arena.text(kind);
  const DType arithmetic =
      dtype_of(layer["Weights"]["Type"].text(format_text(layer["Inputs"][std::size_t{0}])));
  EngineLayer fact;
  fact.node = node;
  if (arithmetic != DType::unknown) fact.precision = info(arithmetic).name;
  fact.tactic = arena.text(layer["TacticName"].text());
  for (const std::string_view key : {"WorkspaceSize", "Workspace"}) {
    if (layer[key].is_integer()) fact.workspace = layer[key].integer();
  }
  fact.sources = sources_of(name, layer["Metadata"].text(), arena);
  fact.runs_nothing = kind == "NoOp";
  facts.layers.push_back(fact);
}

}  // namespace haoline::tensorrt
