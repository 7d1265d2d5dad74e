// Layers that keep weights, or slide windows. Field numbers are those of NeuralNetwork.proto.
#include <algorithm>

#include "formats/coreml/network.h"

namespace haoline::coreml {
namespace {

// --- windows

// begins of all axes, then ends; borders come as pairs per axis.
Integers border_pads(const Message& borders) {
  Integers begin, end;
  borders.each(10, [&](const Message& edge) {
    begin.push_back(edge.integer(1));
    end.push_back(edge.integer(2));
  });
  begin.append(end.begin(), end.end());
  return begin;
}

void set_padding(NetworkLayer& layer, std::uint32_t valid, std::uint32_t same) {
  if (layer.params.has(same)) {
    layer.set("auto_pad", layer.params.sub(same).integer(1) == 1 ? "SAME_LOWER" : "SAME_UPPER");
    return;
  }
  const Integers pads = border_pads(layer.params.sub(valid).sub(1));
  if (pads.size() == 4) layer.set("pads", pads);
}

void set_list(NetworkLayer& layer, std::string_view key, std::uint32_t field) {
  if (const Integers list = layer.params.integers(field); !list.empty()) layer.set(key, list);
}

bool convolution(NetworkLayer& layer) {
  const std::int64_t out = layer.params.integer(1), in = layer.params.integer(2);
  const std::int64_t group = std::max<std::int64_t>(1, layer.params.integer(10, 1));
  Integers kernel = layer.params.integers(20);
  if (kernel.empty()) kernel = {3, 3};
  const bool is_transposed = layer.params.integer(60) != 0;
  layer.made.op = is_transposed ? Op::ConvTranspose : Op::Conv;
  layer.set("kernel_shape", kernel);
  layer.set("group", group);
  set_list(layer, "strides", 30);
  set_list(layer, "dilations", 40);
  set_padding(layer, 50, 51);
  if (is_transposed) set_list(layer, "output_shape", 100);
  // In a convolution kernelChannels are those of one group.
  Integers extents = is_transposed ? Integers{in, out / group} : Integers{out, in};
  extents.append(kernel.begin(), kernel.end());
  if (layer.params.has(90)) layer.add(layer.weight(90, "weights", extents));
  if (layer.params.integer(70) != 0) layer.add(layer.weight(91, "bias", {out}));
  return layer.made.inputs.size() >= 2;
}

bool convolution_3d(NetworkLayer& layer) {
  const Message& p = layer.params;
  const std::int64_t out = p.integer(1), in = p.integer(2),
                     group = std::max<std::int64_t>(1, p.integer(10, 1));
  const Integers kernel = {p.integer(20), p.integer(21), p.integer(22)};
  const bool is_transposed = p.integer(86) != 0;
  layer.made.op = is_transposed ? Op::ConvTranspose : Op::Conv;
  const auto or_one = [](std::int64_t n) { return n > 0 ? n : 1; };
  layer.set("kernel_shape", kernel);
  layer.set("group", group);
  layer.set("strides", {or_one(p.integer(31)), or_one(p.integer(32)), or_one(p.integer(33))});
  layer.set("dilations", {or_one(p.integer(40)), or_one(p.integer(41)), or_one(p.integer(42))});
  if (p.integer(70) == 2) layer.set("auto_pad", "SAME_UPPER");
  if (p.integer(70) == 0)
    layer.set("pads",
              {p.integer(80), p.integer(82), p.integer(84), p.integer(81), p.integer(83), p.integer(85)});
  if (is_transposed) set_list(layer, "output_shape", 87);
  Integers extents = is_transposed ? Integers{in, out / group} : Integers{out, in / group};
  extents.append(kernel.begin(), kernel.end());
  layer.add(layer.weight(60, "weights", extents));
  if (p.integer(50) != 0) layer.add(layer.weight(61, "bias", {out}));
  return true;
}

bool pooling(NetworkLayer& layer) {
  const std::int64_t type = layer.params.integer(1);
  if (layer.params.integer(60) != 0) {
    layer.made.op = type == 0 ? Op::GlobalMaxPool : type == 1 ? Op::GlobalAveragePool : Op::GlobalLpPool;
    return true;
  }
  layer.made.op = type == 0 ? Op::MaxPool : type == 1 ? Op::AveragePool : Op::LpPool;
  Integers kernel = layer.params.integers(10);
  if (kernel.empty()) kernel = {3, 3};
  layer.set("kernel_shape", kernel);
  set_list(layer, "strides", 20);
  if (type == 1) layer.set("count_include_pad", std::int64_t{layer.params.integer(50) == 0});
  if (layer.params.has(32)) {  // the last, incomplete window counts
    Integers pads = layer.params.sub(32).integers(10);
    const Integers same = pads;
    pads.append(same.begin(), same.end());
    if (pads.size() == 4) layer.set("pads", pads);
    layer.set("ceil_mode", std::int64_t{1});
    return true;
  }
  set_padding(layer, 30, 31);
  return true;
}

bool pooling_3d(NetworkLayer& layer) {
  const Message& p = layer.params;
  layer.made.op = p.integer(1) == 0 ? Op::MaxPool : Op::AveragePool;
  const auto or_one = [](std::int64_t n) { return n > 0 ? n : 1; };
  layer.set("kernel_shape", {p.integer(2), p.integer(3), p.integer(4)});
  layer.set("strides", {or_one(p.integer(5)), or_one(p.integer(6)), or_one(p.integer(7))});
  if (p.integer(15) == 2) layer.set("auto_pad", "SAME_UPPER");
  if (p.integer(15) == 0)
    layer.set("pads",
              {p.integer(8), p.integer(10), p.integer(12), p.integer(9), p.integer(11), p.integer(13)});
  if (layer.made.op == Op::AveragePool) layer.set("count_include_pad", std::int64_t{p.integer(14) == 0});
  return true;
}

bool global_pooling_3d(NetworkLayer& layer) {
  layer.made.op = layer.params.integer(1) == 0 ? Op::GlobalMaxPool : Op::GlobalAveragePool;
  return true;
}

// --- products

bool inner_product(NetworkLayer& layer) {
  const std::int64_t in = layer.params.integer(1), out = layer.params.integer(2);
  layer.add(layer.weight(20, "weights", {out, in}));
  if (layer.params.integer(10) != 0) layer.add(layer.weight(21, "bias", {out}));
  // Five axes: everything but the batch is one vector. Otherwise the last axis is.
  layer.set("keep_num_dims", std::int64_t{!layer.rank_five});
  return true;
}

bool batched_matmul(NetworkLayer& layer) {
  const bool a = layer.params.integer(1) != 0, b = layer.params.integer(2) != 0;
  if (layer.params.has(8)) {
    const std::int64_t first = layer.params.integer(5), second = layer.params.integer(6);
    // The stored matrix lies as [out, in].
    layer.made.op = Op::FullyConnected;
    layer.add(layer.weight(8, "weights", {second, first}));
    if (layer.params.integer(7) != 0) layer.add(layer.weight(9, "bias", {second}));
    layer.set("keep_num_dims", std::int64_t{1});
    return !a;
  }
  if (!a && !b) return true;
  layer.made.op = Op::MsFusedMatMul;
  layer.set("transA", std::int64_t{a});
  layer.set("transB", std::int64_t{b});
  return true;
}

// The indices come second in a Gather, the table is stored as [width, rows].
bool embed(NetworkLayer& layer, std::int64_t rows, std::int64_t width, std::uint32_t has_bias) {
  layer.add(layer.weight(20, "weights", {width, rows}));
  if (layer.params.integer(has_bias) != 0) layer.add(layer.weight(21, "bias", {width}));
  return true;
}
bool embedding(NetworkLayer& layer) {
  return embed(layer, layer.params.integer(1), layer.params.integer(2), 10);
}
bool embedding_nd(NetworkLayer& layer) {
  return embed(layer, layer.params.integer(1), layer.params.integer(2), 3);
}

// --- normalizations

bool batch_norm(NetworkLayer& layer) {
  const Message& p = layer.params;
  const std::int64_t channels = p.integer(1);
  const TensorId gamma = layer.weight(15, "gamma", {channels}), beta = layer.weight(16, "beta", {channels});
  layer.set("epsilon", static_cast<double>(p.real(10, 1e-5f)));
  if (p.integer(5) != 0 && p.integer(6) != 0) {  // per image
    if (!gamma || !beta) return false;
    layer.made.op = Op::InstanceNormalization;
    layer.add(gamma);
    layer.add(beta);
    return true;
  }
  const TensorId mean = layer.weight(17, "mean", {channels}, Trained::no);
  const TensorId variance = layer.weight(18, "variance", {channels}, Trained::no);
  for (const TensorId operand : {gamma, beta, mean, variance}) {
    if (!operand) return false;
    layer.add(operand);
  }
  return true;
}

bool mean_variance(NetworkLayer& layer) {
  Integers axes = {2, 3};
  if (layer.params.integer(1) != 0) axes.insert(0, 1);
  layer.set("axes", axes);
  return true;
}

bool layer_norm(NetworkLayer& layer) {
  const Integers shape = layer.params.integers(1);
  layer.set("axis", -static_cast<std::int64_t>(shape.size()));
  layer.set("epsilon", static_cast<double>(layer.params.real(2)));
  const TensorId gamma = layer.weight(3, "gamma", shape), beta = layer.weight(4, "beta", shape);
  if (!gamma || shape.empty()) return false;
  layer.add(gamma);
  if (beta) layer.add(beta);
  return true;
}

bool lrn(NetworkLayer& layer) {
  layer.set("alpha", static_cast<double>(layer.params.real(1)));
  layer.set("beta", static_cast<double>(layer.params.real(2)));
  layer.set("size", layer.params.integer(3, 1));
  layer.set("bias", static_cast<double>(layer.params.real(4, 1)));
  return true;
}

bool scale(NetworkLayer& layer) {
  layer.add(layer.weight(2, "scale", layer.params.integers(1)));
  if (layer.params.integer(3) != 0) layer.add(layer.weight(5, "bias", layer.params.integers(4)));
  return true;
}

bool bias(NetworkLayer& layer) {
  layer.add(layer.weight(2, "bias", layer.params.integers(1)));
  return layer.made.inputs.size() == 2 && bool(layer.made.inputs[1]);
}

// --- activations

void set_alpha(NetworkLayer& layer, const Message& from) {
  layer.set("alpha", static_cast<double>(from.real(1)));
}

bool activation(NetworkLayer& layer) {
  struct Named {
    std::uint32_t number;
    Op op;
    int reals;  // settings alpha and beta
  };
  constexpr Named kNamed[] = {
      {5, Op::Affine, 2},       {10, Op::Relu, 0}, {15, Op::LeakyRelu, 1},  {20, Op::ThresholdedRelu, 1},
      {25, Op::PRelu, 0},       {30, Op::Tanh, 0}, {31, Op::ScaledTanh, 2}, {40, Op::Sigmoid, 0},
      {41, Op::HardSigmoid, 2}, {50, Op::Elu, 1},  {60, Op::Softsign, 0},   {70, Op::Softplus, 0},
      {71, Op::unknown, 0}};
  Bytes payload;
  const std::uint32_t kind = layer.params.kind(5, payload);
  const Message settings(layer.r, payload, layer.params.place());
  for (const Named& named : kNamed) {
    if (named.number != kind) continue;
    layer.made.op = named.op;
    if (named.reals > 0) set_alpha(layer, settings);
    if (named.reals > 1) layer.set("beta", static_cast<double>(settings.real(2)));
  }
  if (kind == 25) layer.add(layer.weight(settings, 1, "alpha", {}));
  if (kind == 71) {
    layer.add(layer.weight(settings, 1, "alpha", {}));
    layer.add(layer.weight(settings, 2, "beta", {}));
  }
  return layer.made.op != Op::unknown;
}

// --- recurrent layers: a matrix per gate

struct Gate {
  std::uint32_t field;
  std::string_view role;
  char kind;  // w: input, r: recursion, v: vector
};

void add_gates(NetworkLayer& layer, const Message& from, std::span<const Gate> gates,
               std::string_view prefix) {
  const std::int64_t in = layer.params.integer(1), out = layer.params.integer(2);
  for (const Gate& gate : gates) {
    if (!from.has(gate.field)) continue;
    const Integers extents = gate.kind == 'w'   ? Integers{out, in}
                             : gate.kind == 'r' ? Integers{out, out}
                                                : Integers{out};
    const std::string role = std::string(prefix) + std::string(gate.role);
    layer.add(layer.weight(from, gate.field, layer.r.model.arena.text(role), extents));
  }
}

void set_recurrent(NetworkLayer& layer, bool gives_sequence, std::int64_t gates, std::int64_t directions) {
  layer.set("input_size", layer.params.integer(1));
  layer.set("hidden_size", layer.params.integer(2));
  layer.set("gates", gates);
  layer.set("directions", directions);
  layer.set("gives_sequence", std::int64_t{gives_sequence});
}

bool simple_recurrent(NetworkLayer& layer) {
  constexpr Gate kGates[] = {{30, "weights", 'w'}, {31, "recursion", 'r'}, {32, "bias", 'v'}};
  add_gates(layer, layer.params, kGates, "");
  set_recurrent(layer, layer.params.integer(15) != 0, 1, 1);
  return true;
}

bool gru(NetworkLayer& layer) {
  constexpr Gate kGates[] = {
      {30, "update_weights", 'w'},   {31, "reset_weights", 'w'},   {32, "output_weights", 'w'},
      {50, "update_recursion", 'r'}, {51, "reset_recursion", 'r'}, {52, "output_recursion", 'r'},
      {70, "update_bias", 'v'},      {71, "reset_bias", 'v'},      {72, "output_bias", 'v'}};
  add_gates(layer, layer.params, kGates, "");
  set_recurrent(layer, layer.params.integer(15) != 0, 3, 1);
  return true;
}

constexpr Gate kLstmGates[] = {
    {1, "input_weights", 'w'},    {2, "forget_weights", 'w'},    {3, "block_weights", 'w'},
    {4, "output_weights", 'w'},   {20, "input_recursion", 'r'},  {21, "forget_recursion", 'r'},
    {22, "block_recursion", 'r'}, {23, "output_recursion", 'r'}, {40, "input_bias", 'v'},
    {41, "forget_bias", 'v'},     {42, "block_bias", 'v'},       {43, "output_bias", 'v'},
    {60, "input_peephole", 'v'},  {61, "forget_peephole", 'v'},  {62, "output_peephole", 'v'}};

bool lstm(NetworkLayer& layer) {
  std::int64_t directions = 0;
  layer.params.each(20, [&](const Message& weights) {
    add_gates(layer, weights, kLstmGates, directions == 0 ? "" : "backward_");
    ++directions;
  });
  set_recurrent(layer, layer.params.sub(15).integer(10) != 0, 4, directions);
  return true;
}

constexpr NetworkTranslation kRows[] = {
    {100, "convolution", Op::Conv, convolution},
    {120, "pooling", Op::MaxPool, pooling},
    {130, "activation", Op::unknown, activation},
    {140, "innerProduct", Op::FullyConnected, inner_product},
    {150, "embedding", Op::unknown, embedding},
    {160, "batchnorm", Op::BatchNormalization, batch_norm},
    {165, "mvn", Op::MeanVarianceNormalization, mean_variance},
    {170, "l2normalize", Op::NormalizeL2},
    {180, "lrn", Op::LRN, lrn},
    {245, "scale", Op::ChannelScale, scale},
    {250, "bias", Op::Add, bias},
    {400, "simpleRecurrent", Op::GateRecurrent, simple_recurrent},
    {410, "gru", Op::GateRecurrent, gru},
    {420, "uniDirectionalLSTM", Op::GateRecurrent, lstm},
    {430, "biDirectionalLSTM", Op::GateRecurrent, lstm},
    {1040, "embeddingND", Op::unknown, embedding_nd},
    {1045, "batchedMatmul", Op::MatMul, batched_matmul},
    {1350, "layerNormalization", Op::LayerNormalization, layer_norm},
    {1465, "pooling3d", Op::MaxPool, pooling_3d},
    {1466, "globalPooling3d", Op::GlobalMaxPool, global_pooling_3d},
    {1471, "convolution3d", Op::Conv, convolution_3d},
};

}  // namespace

std::span<const NetworkTranslation> network_layers() {
  return kRows;
}

}  // namespace haoline::coreml
