// Convolutions, pools, normalizations, recurrent layers, resizing, and compressed constants of ML programs.
#include <algorithm>

#include "formats/coreml/call.h"

namespace haoline::coreml {
namespace {

void set_list(Call& call, std::string_view key, std::string_view from) {
  if (const std::optional<Integers> list = call.integers(from); list && !list->empty()) call.set(key, *list);
}

// "pad" comes as pairs per axis; ONNX wants all begins, then all ends.
bool set_padding(Call& call) {
  const std::string_view type = call.text("pad_type", "valid");
  if (type == "same") call.set("auto_pad", "SAME_UPPER");
  if (type == "same_lower") call.set("auto_pad", "SAME_LOWER");
  if (type != "custom") return true;
  const std::optional<Integers> pairs = call.integers("pad");
  if (!pairs || pairs->size() % 2 != 0) return false;
  Integers pads;
  for (std::size_t i = 0; i < pairs->size(); i += 2) pads.push_back((*pairs)[i]);
  for (std::size_t i = 1; i < pairs->size(); i += 2) pads.push_back((*pairs)[i]);
  call.set("pads", pads);
  return true;
}

bool convolution(Call& call) {
  set_list(call, "strides", "strides");
  set_list(call, "dilations", "dilations");
  call.set("group", std::max<std::int64_t>(1, call.integer("groups", 1)));
  return set_padding(call) && call.made.inputs.size() >= 2;
}
bool transposed(Call& call) {
  if (const std::optional<Integers> shape = call.integers("output_shape"); shape && shape->size() > 2) {
    Integers spatial;
    for (std::size_t i = 2; i < shape->size(); ++i) spatial.push_back((*shape)[i]);
    call.set("output_shape", spatial);
  }
  return convolution(call);
}

bool pool(Call& call) {
  const std::optional<Integers> kernel = call.integers("kernel_sizes");
  if (!kernel) return false;
  call.set("kernel_shape", *kernel);
  set_list(call, "strides", "strides");
  if (call.flag("ceil_mode", false)) call.set("ceil_mode", std::int64_t{1});
  if (call.made.op == Op::AveragePool)
    call.set("count_include_pad", std::int64_t{!call.flag("exclude_padding_from_average", false)});
  return set_padding(call);
}

// Without gamma and beta nothing but the statistics is applied.
bool batch_norm(Call& call) {
  if (!call.has("gamma") || !call.has("beta")) {
    call.made.op = Op::ChannelNormalization;
    call.made.inputs = {call.tensor("x"), call.tensor("mean"), call.tensor("variance")};
  }
  call.set("epsilon", call.real("epsilon", 1e-5));
  return true;
}
bool instance_norm(Call& call) {
  if (call.made.inputs.size() < 3) {
    call.made.op = Op::MeanVarianceNormalization;
    call.made.inputs.resize(1);
    call.set("axes", Integers{2, 3});
    return call.rank("x") == 4;
  }
  call.set("epsilon", call.real("epsilon", 1e-5));
  return true;
}
bool layer_norm(Call& call) {
  const std::optional<Integers> axes = call.integers("axes");
  const std::optional<std::size_t> rank = call.rank("x");
  if (!axes || axes->empty() || !rank) return false;
  Integers from_end;
  for (const std::int64_t axis : *axes)
    from_end.push_back(axis < 0 ? axis : axis - static_cast<std::int64_t>(*rank));
  std::sort(from_end.begin(), from_end.end());
  const bool is_tail = from_end.back() == -1 && from_end[0] == -static_cast<std::int64_t>(from_end.size());
  if (!is_tail || !call.has("gamma")) {
    if (call.has("gamma")) return false;
    call.made.op = Op::MeanVarianceNormalization;
    call.made.inputs.resize(1);
    call.set("axes", from_end);
    return true;
  }
  call.set("axis", from_end[0]);
  call.set("epsilon", call.real("epsilon", 1e-5));
  return true;
}
bool response_norm(Call& call) {
  call.set("size", call.integer("size", 1));
  call.set("alpha", call.real("alpha", 1e-4));
  call.set("beta", call.real("beta", 0.75));
  call.set("bias", call.real("k", 1));
  return true;
}

// x is [steps, batch, input]; the weights are one matrix for all gates, a second one backwards.
bool recurrent(Call& call) {
  const std::string_view type = call.operation.type;
  const bool both = call.text("direction", "forward") == "bidirectional";
  call.set("gates", std::int64_t{type == "lstm" ? 4 : type == "gru" ? 3 : 1});
  call.set("directions", std::int64_t{both ? 2 : 1});
  call.set("gives_sequence", std::int64_t{call.flag("output_sequence", false)});
  const std::int64_t input = call.dim("x", 2), hidden = call.dim("initial_h", 1);
  if (input < 1 || hidden < 1) return false;
  call.set("input_size", input);
  call.set("hidden_size", both ? hidden / 2 : hidden);
  return true;
}

// --- images

bool upsample(Call& call) {
  const double height = call.real("scale_factor_height", 1), width = call.real("scale_factor_width", 1);
  const float scales[] = {static_cast<float>(height), static_cast<float>(width)};
  call.add({});
  call.add(call.make("scales", scales));
  call.set("axes", Integers{-2, -1});
  call.set("mode", call.operation.type == "upsample_bilinear" ? "linear" : "nearest");
  return true;
}
bool resize_to(Call& call) {
  const std::int64_t height = call.integer("target_size_height", -1),
                     width = call.integer("target_size_width", -1);
  if (height < 1 || width < 1) return false;
  call.add({});
  call.add({});
  call.add(call.make("sizes", {height, width}));
  call.set("axes", Integers{-2, -1});
  call.set("mode", call.operation.type == "resize_bilinear" ? "linear" : "nearest");
  return true;
}

// --- compressed constants: what they are when unpacked stands in the type of the result

bool dequantize(Call& call) {
  call.set("axis", call.integer("axis", 0));
  return call.made.inputs.size() >= 2;
}

// The packed tensor counts as many elements as the result has.
bool unpack(Call& call, std::string_view scheme) {
  if (call.made.inputs.empty() || !call.made.inputs[0] || call.operation.outputs.size() != 1) return false;
  const MilType& result = call.operation.outputs[0].type;
  Tensor& tensor = call.r.model.graphs[call.scope.graph].tensors[call.made.inputs[0]];
  if (tensor.constant == nullptr || !result.has_rank) return false;
  Quantization q;
  q.scheme = scheme;
  q.logical_extents = call.r.model.arena.copy(std::span<const std::int64_t>(result.dims));
  const TensorData& data = *tensor.constant;
  Int128 count = 1;
  for (const std::int64_t extent : result.dims) {
    if (extent < 0 || count > (Int128{1} << 50)) return false;
    count *= extent;
  }
  const bool is_whole = static_cast<Int128>(data.stored_elements) == count;
  if (!is_whole && count > 0)
    q.bits = static_cast<std::int32_t>(static_cast<Int128>(data.bytes.size()) * 8 / count);
  if (tensor.quantization != nullptr) q.bits = tensor.quantization->bits;
  tensor.quantization = call.r.model.arena.create(q);
  for (std::size_t i = 1; i < call.made.inputs.size(); ++i) {
    if (call.made.inputs[i])
      call.r.model.graphs[call.scope.graph].tensors[call.made.inputs[i]].trained = Trained::auxiliary;
  }
  call.set("scheme", scheme);
  call.set("extents", result.dims);
  call.set("dtype", name(result.dtype));
  return result.dtype != DType::unknown;
}
bool lookup(Call& call) {
  return unpack(call, "lookup table");
}
bool sparse(Call& call) {
  return unpack(call, "sparse");
}
bool blockwise(Call& call) {
  return unpack(call, "affine");
}

bool quantize(Call& call) {
  call.set("axis", call.integer("axis", 0));
  return true;
}

constexpr MilTranslation kRows[] = {
    {"affine"},
    {"avg_pool", Op::AveragePool, "x", pool},
    {"batch_norm", Op::BatchNormalization, "x gamma beta mean variance", batch_norm},
    {"constexpr_affine_dequantize", Op::DequantizeLinear, "quantized_data scale zero_point", dequantize},
    {"constexpr_blockwise_shift_scale", Op::Decompress, "data scale offset", blockwise},
    {"constexpr_lut_to_dense", Op::Decompress, "indices lut", lookup},
    {"constexpr_lut_to_sparse"},
    {"constexpr_sparse_blockwise_shift_scale"},
    {"constexpr_sparse_to_dense", Op::Decompress, "nonzero_data mask", sparse},
    {"conv", Op::Conv, "x weight bias", convolution},
    {"conv_quantized"},
    {"conv_transpose", Op::ConvTranspose, "x weight bias", transposed},
    {"crop"},
    {"crop_resize"},
    {"dequantize", Op::DequantizeLinear, "input scale zero_point", quantize},
    {"gru", Op::GateRecurrent, "x initial_h weight_ih weight_hh bias input_bias", recurrent},
    {"instance_norm", Op::InstanceNormalization, "x gamma beta", instance_norm},
    {"l2_norm", Op::NormalizeL2, "x"},
    {"l2_pool", Op::LpPool, "x", pool},
    {"layer_norm", Op::LayerNormalization, "x gamma beta", layer_norm},
    {"local_response_norm", Op::LRN, "x", response_norm},
    {"lstm", Op::GateRecurrent,
     "x initial_h initial_c weight_ih weight_hh bias peephole weight_ih_back weight_hh_back bias_back "
     "peephole_back",
     recurrent},
    {"max_pool", Op::MaxPool, "x", pool},
    {"quantize", Op::QuantizeLinear, "input scale zero_point", quantize},
    {"resample"},
    {"resize"},
    {"resize_bilinear", Op::Resize, "x", resize_to},
    {"resize_nearest_neighbor", Op::Resize, "x", resize_to},
    {"rnn", Op::GateRecurrent, "x initial_h weight_ih weight_hh bias", recurrent},
    {"upsample_bilinear", Op::Resize, "x", upsample},
    {"upsample_nearest_neighbor", Op::Resize, "x", upsample},
};

}  // namespace

std::span<const MilTranslation> mil_networks() {
  return kRows;
}

}  // namespace haoline::coreml
