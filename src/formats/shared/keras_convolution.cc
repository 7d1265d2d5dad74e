// Convolutions, dense layers, embeddings, pools.
#include <algorithm>

#include "formats/shared/keras_layer.h"

namespace haoline::keras {
namespace {

constexpr std::string_view kDepthHeightWidth = "DHW";

// A kernel of a Keras convolution: extents, steps and what follows from them.
struct Kernel {
  std::size_t rank = 2;
  std::vector<std::int64_t> size, strides, dilations;
  std::string_view letters;  // "HW"
};

// Keras 1 has one key per extent.
std::vector<std::int64_t> kernel_size(const Layer& layer, std::size_t rank) {
  if (layer.get({"kernel_size", "filter_length", "pool_size", "pool_length"}))
    return layer.per_axis({"kernel_size", "filter_length", "pool_size", "pool_length"}, rank, 1);
  std::vector<std::int64_t> size;
  constexpr std::string_view kOld3[] = {"kernel_dim1", "kernel_dim2", "kernel_dim3"};
  constexpr std::string_view kOld2[] = {"nb_row", "nb_col"};
  for (std::size_t i = 0; i < rank; ++i)
    size.push_back(rank == 3 ? layer.integer({kOld3[i]}, 1) : rank == 2 ? layer.integer({kOld2[i]}, 1) : 1);
  return size;
}

Kernel read_kernel(const Layer& layer) {
  Kernel k;
  k.rank = static_cast<std::size_t>(layer.row->detail);
  k.size = kernel_size(layer, k.rank);
  k.strides = layer.per_axis({"strides", "subsample", "subsample_length"}, k.rank, 1);
  k.dilations = layer.per_axis({"dilation_rate", "atrous_rate"}, k.rank, 1);
  k.letters = kDepthHeightWidth.substr(3 - std::min<std::size_t>(k.rank, 3));
  return k;
}

std::int64_t in_channels(const Layer& layer) {
  return layer.extent(0, layer.is_channels_last() ? -1 : 1);
}

std::vector<std::int64_t> joined(std::vector<std::int64_t> a, std::initializer_list<std::int64_t> b) {
  a.insert(a.end(), b);
  return a;
}
std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ? -1 : product;
}
std::int64_t over(std::int64_t a, std::int64_t b) {
  return a < 0 || b <= 0 ? -1 : a / b;
}

void add_padding(const Kernel& k, std::string_view padding, BuilderAttributes& attributes) {
  if (padding == "same") {
    attributes.emplace_back("auto_pad", "SAME_UPPER");
  } else if (padding == "causal") {
    std::vector<std::int64_t> pads(2 * k.rank, 0);
    pads[0] = times(k.dilations[0], k.size[0] - 1);
    attributes.emplace_back("pads", pads);
  } else {
    attributes.emplace_back("auto_pad", "VALID");
  }
}

BuilderAttributes conv_attributes(const Layer& layer, const Kernel& k) {
  BuilderAttributes attributes{{"kernel_shape", k.size},
                               {"strides", k.strides},
                               {"dilations", k.dilations},
                               {"data_layout", layer.data_layout(k.rank)}};
  if (const std::string function = layer.activation(); !function.empty())
    attributes.emplace_back("activation", function);
  return attributes;
}

// The operand's shape with other channels and whatever windows leave of its spatial axes.
Shape windowed_shape(const Layer& layer, const Kernel& k, Dim channels) {
  const Shape& in = layer.shape(0);
  if (!in.has_rank() || in.rank() != k.rank + 2) return unknown_shape(k.rank + 2);
  Shape out = in;
  const std::size_t first = layer.is_channels_last() ? 1 : 2;
  for (std::size_t i = 0; i < k.rank; ++i) {
    out[first + i] =
        window_count(layer.pool(), in[first + i], k.size[i], k.strides[i], k.dilations[i], layer.padding());
  }
  if (!channels.is_unknown()) out[layer.is_channels_last() ? k.rank + 1 : 1] = channels;
  return out;
}

Dim known(const Layer& layer, std::int64_t number) {
  return number < 0 ? Dim::unknown() : layer.pool().number(number);
}

bool has_bias(const Layer& layer) {
  return layer.is_on("use_bias", layer.is_on("bias", true));
}

std::vector<TensorId> operands(const Layer& layer, const std::vector<TensorId>& weights) {
  std::vector<TensorId> inputs = layer.in;
  inputs.resize(1);
  inputs.insert(inputs.end(), weights.begin(), weights.end());
  return inputs;
}

}  // namespace

void make_convolution(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const Kernel k = read_kernel(layer);
  const std::int64_t filters = layer.integer({"filters", "nb_filter"}, -1);
  const std::int64_t groups = layer.integer({"groups"}, 1);
  // Theano's order of axes (Keras 1 only): output channels first.
  const bool is_theano = layer.get({"dim_ordering"}).text() == "th";
  const std::int64_t in = over(in_channels(layer), groups);
  std::vector<Wanted> wanted;
  if (is_theano) {
    std::vector<std::int64_t> extents{filters, in};
    extents.insert(extents.end(), k.size.begin(), k.size.end());
    wanted.push_back({"kernel", extents});
  } else {
    wanted.push_back({"kernel", joined(k.size, {in, filters})});
  }
  if (has_bias(layer)) wanted.push_back({"bias", {filters}});
  BuilderAttributes attributes = conv_attributes(layer, k);
  attributes.emplace_back("filter_layout",
                          is_theano ? "OI" + std::string(k.letters) : std::string(k.letters) + "IO");
  if (groups != 1) attributes.emplace_back("group", groups);
  add_padding(k, layer.padding(), attributes);
  const std::vector<TensorId> weights = layer.weights(wanted);
  layer.emit("Conv", operands(layer, weights), std::move(attributes),
             {windowed_shape(layer, k, known(layer, filters))});
}

void make_depthwise(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const Kernel k = read_kernel(layer);
  const std::int64_t channels = in_channels(layer);
  const std::int64_t multiplier = layer.integer({"depth_multiplier"}, 1);
  const std::int64_t out = times(channels, multiplier);
  std::vector<Wanted> wanted{{"depthwise_kernel", joined(k.size, {channels, multiplier})}};
  if (has_bias(layer)) wanted.push_back({"bias", {out}});
  BuilderAttributes attributes = conv_attributes(layer, k);
  attributes.emplace_back("filter_layout", std::string(k.letters) + "GO");
  add_padding(k, layer.padding(), attributes);
  const std::vector<TensorId> weights = layer.weights(wanted);
  layer.emit("Conv", operands(layer, weights), std::move(attributes),
             {windowed_shape(layer, k, known(layer, out))});
}

void make_separable(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const Kernel k = read_kernel(layer);
  const std::int64_t channels = in_channels(layer);
  const std::int64_t filters = layer.integer({"filters", "nb_filter"}, -1);
  const std::int64_t multiplier = layer.integer({"depth_multiplier"}, 1);
  const std::vector<std::int64_t> one(k.rank, 1);
  std::vector<Wanted> wanted{{"depthwise_kernel", joined(k.size, {channels, multiplier})},
                             {"pointwise_kernel", joined(one, {times(channels, multiplier), filters})}};
  if (has_bias(layer)) wanted.push_back({"bias", {filters}});
  BuilderAttributes attributes = conv_attributes(layer, k);
  attributes.emplace_back("filter_layout", std::string(k.letters) + "GO");
  add_padding(k, layer.padding(), attributes);
  const std::vector<TensorId> weights = layer.weights(wanted);
  layer.emit("SeparableConv", operands(layer, weights), std::move(attributes),
             {windowed_shape(layer, k, known(layer, filters))});
}

void make_transposed_convolution(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const Kernel k = read_kernel(layer);
  const std::int64_t filters = layer.integer({"filters", "nb_filter"}, -1);
  std::vector<Wanted> wanted{{"kernel", joined(k.size, {filters, in_channels(layer)})}};
  if (has_bias(layer)) wanted.push_back({"bias", {filters}});
  BuilderAttributes attributes = conv_attributes(layer, k);
  attributes.emplace_back("filter_layout", std::string(k.letters) + "OI");
  // Without a given output padding, a window that is smaller than its step leaves room behind it; with one,
  // "same" is half a kernel of padding.
  const bool same = layer.padding() == "same";
  const bool is_given = layer.get({"output_padding"}).is_number() || layer.get({"output_padding"}).is_array();
  const std::vector<std::int64_t> given = layer.per_axis({"output_padding"}, k.rank, 0);
  std::vector<std::int64_t> pads(2 * k.rank, 0), behind(k.rank, 0);
  const bool is_short = [&] {
    bool found = false;
    for (std::size_t i = 0; i < k.rank; ++i) found = found || k.size[i] < k.strides[i];
    return found;
  }();
  for (std::size_t i = 0; i < k.rank; ++i) {
    behind[i] = is_given ? given[i] : std::max<std::int64_t>(k.strides[i] - k.size[i], 0);
    if (is_given && same) pads[i] = pads[i + k.rank] = k.size[i] / 2;
  }
  if (same && !is_given) {
    attributes.emplace_back("auto_pad", "SAME_UPPER");
  } else {
    attributes.emplace_back("pads", pads);
    if (is_given || is_short) attributes.emplace_back("output_padding", behind);
  }
  Shape out = layer.shape(0);
  if (out.has_rank() && out.rank() == k.rank + 2) {
    const std::size_t first = layer.is_channels_last() ? 1 : 2;
    for (std::size_t i = 0; i < k.rank; ++i) {
      const Expr in(out[first + i], layer.pool());
      const Dim span = layer.pool().number(k.dilations[i] * (k.size[i] - 1) + 1);
      if (same && !is_given) {
        out[first + i] = in * layer.pool().number(k.strides[i]);
      } else {
        out[first + i] = (in - 1) * layer.pool().number(k.strides[i]) + span +
                         layer.pool().number(behind[i] - pads[i] - pads[i + k.rank]);
      }
    }
    out[layer.is_channels_last() ? k.rank + 1 : 1] = known(layer, filters);
  } else {
    out = unknown_shape(k.rank + 2);
  }
  const std::vector<TensorId> weights = layer.weights(wanted);
  layer.emit("ConvTranspose", operands(layer, weights), std::move(attributes), {std::move(out)});
}

// Every place has a kernel of its own.
void make_locally_connected(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const Kernel k = read_kernel(layer);
  const std::int64_t filters = layer.integer({"filters", "nb_filter"}, -1);
  Shape out = windowed_shape(layer, k, known(layer, filters));
  std::int64_t places = 1, taps = in_channels(layer);
  const std::size_t first = layer.is_channels_last() ? 1 : 2;
  std::vector<std::int64_t> bias;
  for (std::size_t i = 0; i < k.rank; ++i) {
    const std::int64_t extent = out[first + i].number().value_or(-1);
    places = times(places, extent);
    taps = times(taps, k.size[i]);
    bias.push_back(extent);
  }
  bias.push_back(filters);
  std::vector<Wanted> wanted{{"kernel", {places, taps, filters}}};
  if (has_bias(layer)) wanted.push_back({"bias", bias});
  BuilderAttributes attributes = conv_attributes(layer, k);
  add_padding(k, layer.padding(), attributes);
  const std::vector<TensorId> weights = layer.weights(wanted);
  layer.emit("LocallyConnected", operands(layer, weights), std::move(attributes), {std::move(out)});
}

void make_dense(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const std::int64_t units = layer.integer({"units", "output_dim"}, -1);
  std::vector<Wanted> wanted{{"kernel", {layer.extent(0, -1), units}}};
  if (has_bias(layer)) wanted.push_back({"bias", {units}});
  BuilderAttributes attributes{{"filter_layout", "IO"}, {"keep_num_dims", 1}};
  if (const std::string function = layer.activation(); !function.empty())
    attributes.emplace_back("activation", function);
  Shape out = layer.shape(0);
  if (out.has_rank() && out.rank() > 0) out[out.rank() - 1] = known(layer, units);
  const std::vector<TensorId> weights = layer.weights(wanted);
  layer.emit("FullyConnected", operands(layer, weights), std::move(attributes), {std::move(out)});
}

void make_einsum_dense(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const std::string equation(layer.get({"equation"}).text());
  const std::size_t comma = equation.find(','), arrow = equation.find("->");
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow || !layer.has_rank())
    return layer.emit_as_itself();
  const std::string left = equation.substr(0, comma), kernel = equation.substr(comma + 1, arrow - comma - 1),
                    result = equation.substr(arrow + 2);
  // Extents by letter: of the operand's own axes, and of the result by the config.
  const Shape& in = layer.shape(0);
  std::unordered_map<char, Dim> extents;
  const bool open = left.starts_with("...");
  const std::string own = open ? left.substr(3) : left;
  const std::string kept = result.starts_with("...") ? result.substr(3) : result;
  if (own.size() > in.rank() || (!open && own.size() != in.rank())) return layer.emit_as_itself();
  for (std::size_t i = 0; i < own.size(); ++i) extents[own[i]] = in[in.rank() - own.size() + i];
  const json::Value shape = layer.get({"output_shape"});
  const std::size_t said = shape.is_array() ? shape.size() : shape.is_number() ? 1 : 0;
  for (std::size_t i = 0; i < said && i < kept.size(); ++i) {
    const json::Value entry = shape.is_array() ? shape[said - 1 - i] : shape;
    const char letter = kept[kept.size() - 1 - i];
    if (entry.is_number()) extents[letter] = layer.pool().number(entry.integer());
  }
  Shape out;
  if (open) out.append(in.first(in.rank() - own.size()));
  for (const char letter : kept) out.push_back(extents.contains(letter) ? extents[letter] : Dim::unknown());
  std::vector<std::int64_t> kernel_extents, bias_extents;
  for (const char letter : kernel)
    kernel_extents.push_back(extents.contains(letter) ? extents[letter].number().value_or(-1) : -1);
  std::vector<Wanted> wanted{{"kernel", kernel_extents}};
  const std::string bias(layer.get({"bias_axes"}).text());
  for (const char letter : kept) {
    if (bias.find(letter) != std::string::npos)
      bias_extents.push_back(extents.contains(letter) ? extents[letter].number().value_or(-1) : -1);
    else if (!bias_extents.empty())
      bias_extents.push_back(1);
  }
  if (!bias.empty()) wanted.push_back({"bias", bias_extents});
  BuilderAttributes attributes{{"equation", equation}};
  if (const std::string function = layer.activation(); !function.empty())
    attributes.emplace_back("activation", function);
  const std::vector<TensorId> weights = layer.weights(wanted);
  layer.emit("EinsumDense", operands(layer, weights), std::move(attributes), {std::move(out)});
}

void make_embedding(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const std::int64_t rows = layer.integer({"input_dim"}, -1), width = layer.integer({"output_dim"}, -1);
  const std::vector<TensorId> weights = layer.weights({{"embeddings", {rows, width}}});
  Shape out = layer.shape(0);
  if (out.has_rank()) out.push_back(known(layer, width));
  layer.emit("Gather", {weights[0], layer.in[0]}, {{"axis", 0}}, {std::move(out)});
}

void make_pool(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  Kernel k;
  k.rank = static_cast<std::size_t>(layer.row->detail);
  k.size = layer.per_axis({"pool_size", "pool_length"}, k.rank, 2);
  k.strides = k.size;
  if (layer.get({"strides", "stride"})) k.strides = layer.per_axis({"strides", "stride"}, k.rank, 1);
  k.dilations.assign(k.rank, 1);
  BuilderAttributes attributes{
      {"kernel_shape", k.size}, {"strides", k.strides}, {"data_layout", layer.data_layout(k.rank)}};
  add_padding(k, layer.padding(), attributes);
  layer.emit(layer.row->canonical, {layer.in[0]}, std::move(attributes),
             {windowed_shape(layer, k, Dim::unknown())});
}

void make_global_pool(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const auto rank = static_cast<std::size_t>(layer.row->detail);
  const bool keep = layer.is_on("keepdims", false);
  const bool last = layer.is_channels_last();
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < rank; ++i) axes.push_back(static_cast<std::int64_t>(i + (last ? 1 : 2)));
  Shape out = Shape::unknown_rank();
  if (layer.has_rank() && layer.rank() == rank + 2) {
    const Shape& in = layer.shape(0);
    out = Shape{in[0]};
    for (std::size_t i = 0; keep && last && i < rank; ++i) out.push_back(1);
    out.push_back(in[last ? rank + 1 : 1]);
    for (std::size_t i = 0; keep && !last && i < rank; ++i) out.push_back(1);
  }
  const TensorId list = layer.numbers("axes", axes);
  layer.emit(layer.row->canonical, {layer.in[0], list}, {{"keepdims", keep ? 1 : 0}}, {std::move(out)});
}

}  // namespace haoline::keras
