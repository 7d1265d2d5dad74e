// Layers that rearrange, join, cut and enlarge.
#include <algorithm>

#include "formats/shared/keras_layer.h"

namespace haoline::keras {
namespace {

Dim sum(const Layer& layer, Dim a, std::int64_t b) {
  return layer.pool().add(a, layer.pool().number(b));
}

// Pairs of begin and end for every spatial axis, however short the config states them.
std::vector<std::int64_t> pairs(json::Value value, std::size_t rank) {
  std::vector<std::int64_t> out(2 * rank, 0);
  if (value.is_object()) value = value["items"];
  for (std::size_t i = 0; i < rank; ++i) {
    json::Value entry = value.is_array() ? (rank == 1 && value.size() == 2 ? value : value[i]) : value;
    if (entry.is_object()) entry = entry["items"];
    out[2 * i] = entry.is_array() ? entry[0].integer() : entry.integer();
    out[2 * i + 1] = entry.is_array() ? entry[1].integer() : entry.integer();
  }
  return out;
}

struct Spatial {
  std::size_t rank = 0, first = 1;
  bool fits = false;
};
Spatial spatial_of(const Layer& layer) {
  Spatial s;
  s.rank = static_cast<std::size_t>(layer.row->detail);
  s.first = layer.is_channels_last() ? 1 : 2;
  s.fits = !layer.in.empty() && layer.has_rank() && layer.rank() == s.rank + 2;
  return s;
}

std::int64_t axis_of(const Layer& layer, json::Value value, std::int64_t otherwise) {
  const std::int64_t axis = value.integer(otherwise);
  return axis < 0 && layer.has_rank() ? axis + static_cast<std::int64_t>(layer.rank()) : axis;
}

Shape broadcast_all(const Layer& layer) {
  Shape out = layer.shape(0);
  for (std::size_t i = 1; i < layer.in.size(); ++i) {
    const Shape& next = layer.shape(i);
    if (!out.has_rank() || !next.has_rank() || next.rank() != out.rank()) return Shape::unknown_rank();
    for (std::size_t axis = 0; axis < out.rank(); ++axis)
      out[axis] = layer.pool().broadcast(out[axis], next[axis]);
  }
  return out;
}

Shape concatenated(const Layer& layer, std::int64_t axis) {
  Shape out = layer.shape(0);
  if (!out.has_rank() || axis < 0 || axis >= static_cast<std::int64_t>(out.rank()))
    return Shape::unknown_rank();
  const auto along = static_cast<std::size_t>(axis);
  for (std::size_t i = 1; i < layer.in.size(); ++i) {
    const Shape& next = layer.shape(i);
    if (!next.has_rank() || next.rank() != out.rank()) return Shape::unknown_rank();
    out[along] = layer.pool().add(out[along], next[along]);
  }
  return out;
}

}  // namespace

void make_merge(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  std::string_view canonical = layer.row->canonical;
  if (canonical == "Add" && layer.in.size() > 2) canonical = "Sum";
  // A product of more than two is one layer, and ONNX has no such operator.
  if (canonical == "Mul" && layer.in.size() > 2) canonical = "Product";
  layer.emit(canonical, layer.in, {}, {broadcast_all(layer)});
}

void make_concatenate(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const std::int64_t axis = axis_of(layer, layer.get({"axis", "concat_axis"}), -1);
  layer.emit("Concat", layer.in, {{"axis", axis}}, {concatenated(layer, axis)});
}

// A batched product of two operands: an equation says which axes meet.
void make_dot(Layer& layer) {
  if (layer.in.size() != 2 || !layer.has_rank(0) || !layer.has_rank(1) || layer.rank(0) > 10 ||
      layer.rank(1) > 10)
    return layer.emit_as_itself();
  const json::Value axes = layer.get({"axes", "dot_axes"});
  const auto axis = [&](std::size_t i) {
    const std::int64_t given = axes.is_array() ? axes[i].integer(-1) : axes.integer(-1);
    return given < 0 ? given + static_cast<std::int64_t>(layer.rank(i)) : given;
  };
  std::string a = "z", b = "z", out = "z";
  Shape shape{layer.shape(0)[0]};
  for (std::int64_t i = 1; i < static_cast<std::int64_t>(layer.rank(0)); ++i) {
    const char letter = i == axis(0) ? 'y' : static_cast<char>('a' + i);
    a += letter;
    if (letter != 'y') out += letter, shape.push_back(layer.shape(0)[static_cast<std::size_t>(i)]);
  }
  for (std::int64_t i = 1; i < static_cast<std::int64_t>(layer.rank(1)); ++i) {
    const char letter = i == axis(1) ? 'y' : static_cast<char>('k' + i);
    b += letter;
    if (letter != 'y') out += letter, shape.push_back(layer.shape(1)[static_cast<std::size_t>(i)]);
  }
  if (shape.rank() == 1) {
    // Two matrices give a column.
    shape.push_back(1);
    return layer.emit("DotProduct", layer.in, {{"axis", axis(0)}}, {std::move(shape)});
  }
  layer.emit("Einsum", layer.in, {{"equation", a + "," + b + "->" + out}}, {std::move(shape)});
}

// Keras 1: one layer for all ways to join.
void make_legacy_merge(Layer& layer) {
  struct Mode {
    std::string_view mode, canonical;
  };
  constexpr Mode kModes[] = {{"sum", "Add"}, {"mul", "Mul"}, {"ave", "Mean"}, {"max", "Max"}};
  const std::string_view mode = layer.get({"mode"}).text();
  if (mode == "concat") return make_concatenate(layer);
  if (mode == "dot") return make_dot(layer);
  for (const Mode& m : kModes) {
    if (m.mode != mode || layer.in.empty()) continue;
    const bool many = layer.in.size() > 2;
    return layer.emit(many && mode == "sum"   ? "Sum"
                      : many && mode == "mul" ? "Product"
                                              : m.canonical,
                      layer.in, {}, {broadcast_all(layer)});
  }
  layer.emit_as_itself();
}

void make_flatten(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  Shape out = Shape::of_unknown(2);
  if (layer.has_rank() && layer.rank() > 0) {
    Expr elements(1, layer.pool());
    for (std::size_t i = 1; i < layer.rank(); ++i) elements *= layer.shape(0)[i];
    out = Shape{layer.shape(0)[0], elements.dim()};
  }
  layer.emit("Flatten", {layer.in[0]}, {{"axis", 1}}, {std::move(out)});
}

void make_reshape(Layer& layer) {
  json::Value target = layer.get({"target_shape", "dims"});
  if (target.is_object()) target = target["items"];
  if (layer.in.empty() || !target.is_array()) return layer.emit_as_itself();
  std::vector<std::int64_t> extents{0};  // the batch stays
  Shape out{layer.has_rank() && layer.rank() > 0 ? layer.shape(0)[0] : Dim::unknown()};
  Expr rest(1, layer.pool());
  for (std::size_t i = 1; i < layer.rank(); ++i) rest *= layer.shape(0)[i];
  std::int64_t product = 1;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const std::int64_t extent = target[i].integer(-1);
    extents.push_back(extent);
    if (extent > 0 && __builtin_mul_overflow(product, extent, &product)) return layer.emit_as_itself();
  }
  for (std::size_t i = 1; i < extents.size(); ++i) {
    const bool open = extents[i] < 0;
    out.push_back(!open                             ? layer.pool().number(extents[i])
                  : layer.has_rank() && product > 0 ? rest.floor_div(layer.pool().number(product)).dim()
                                                    : Dim::unknown());
  }
  const TensorId shape = layer.numbers("shape", extents);
  layer.emit("Reshape", {layer.in[0], shape}, {}, {std::move(out)});
}

void make_permute(Layer& layer) {
  json::Value dims = layer.get({"dims"});
  if (dims.is_object()) dims = dims["items"];
  if (layer.in.empty() || !dims.is_array()) return layer.emit_as_itself();
  std::vector<std::int64_t> order{0};
  Shape out{layer.has_rank() && layer.rank() > 0 ? layer.shape(0)[0] : Dim::unknown()};
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const std::int64_t axis = dims[i].integer();
    order.push_back(axis);
    const bool fits = axis >= 0 && axis < static_cast<std::int64_t>(layer.rank());
    out.push_back(fits ? layer.shape(0)[static_cast<std::size_t>(axis)] : Dim::unknown());
  }
  layer.emit("Transpose", {layer.in[0]}, {{"perm", order}}, {std::move(out)});
}

void make_repeat(Layer& layer) {
  if (layer.in.empty()) return layer.emit_as_itself();
  const std::int64_t n = layer.integer({"n"}, 1);
  Shape out = layer.has_rank() && layer.rank() == 2
                  ? Shape{layer.shape(0)[0], layer.pool().number(n), layer.shape(0)[1]}
                  : Shape::of_unknown(3);
  layer.emit("RepeatVector", {layer.in[0]}, {{"n", n}}, {std::move(out)});
}

void make_padding(Layer& layer) {
  const Spatial s = spatial_of(layer);
  if (!s.fits) return layer.emit_as_itself();
  const std::vector<std::int64_t> padding = pairs(layer.get({"padding"}), s.rank);
  std::vector<std::int64_t> pads(2 * (s.rank + 2), 0);
  Shape out = layer.shape(0);
  for (std::size_t i = 0; i < s.rank; ++i) {
    pads[s.first + i] = padding[2 * i];
    pads[s.rank + 2 + s.first + i] = padding[2 * i + 1];
    out[s.first + i] = sum(layer, sum(layer, out[s.first + i], padding[2 * i]), padding[2 * i + 1]);
  }
  const TensorId list = layer.numbers("pads", pads);
  layer.emit("Pad", {layer.in[0], list}, {{"mode", "constant"}}, {std::move(out)});
}

void make_cropping(Layer& layer) {
  const Spatial s = spatial_of(layer);
  if (!s.fits) return layer.emit_as_itself();
  const std::vector<std::int64_t> cropping = pairs(layer.get({"cropping"}), s.rank);
  std::vector<std::int64_t> starts, ends, axes;
  Shape out = layer.shape(0);
  constexpr std::int64_t kEnd = 0x7fffffffffffffff;
  for (std::size_t i = 0; i < s.rank; ++i) {
    starts.push_back(cropping[2 * i]);
    ends.push_back(cropping[2 * i + 1] == 0 ? kEnd : -cropping[2 * i + 1]);
    axes.push_back(static_cast<std::int64_t>(s.first + i));
    out[s.first + i] = sum(layer, sum(layer, out[s.first + i], -cropping[2 * i]), -cropping[2 * i + 1]);
  }
  const TensorId begin = layer.numbers("starts", starts), end = layer.numbers("ends", ends),
                 list = layer.numbers("axes", axes);
  layer.emit("Slice", {layer.in[0], begin, end, list}, {}, {std::move(out)});
}

void make_upsampling(Layer& layer) {
  const Spatial s = spatial_of(layer);
  if (!s.fits) return layer.emit_as_itself();
  const std::vector<std::int64_t> size = layer.per_axis({"size", "length"}, s.rank, 2);
  std::vector<float> scales(s.rank + 2, 1.0F);
  Shape out = layer.shape(0);
  for (std::size_t i = 0; i < s.rank; ++i) {
    scales[s.first + i] = static_cast<float>(size[i]);
    out[s.first + i] = layer.pool().multiply(out[s.first + i], layer.pool().number(size[i]));
  }
  const TensorId factors = layer.graph.floats(std::string(layer.name) + "/scales", scales);
  const std::string_view way = layer.get({"interpolation"}).text("nearest");
  const std::string mode = way == "nearest" ? "nearest" : way == "bicubic" ? "cubic" : "linear";
  layer.emit("Resize", {layer.in[0], {}, factors}, {{"mode", mode}}, {std::move(out)});
}

void make_resizing(Layer& layer) {
  const Spatial s = spatial_of(layer);
  const std::int64_t height = layer.integer({"height"}, -1), width = layer.integer({"width"}, -1);
  if (!s.fits || height < 0 || width < 0) return layer.emit_as_itself();
  Shape out = layer.shape(0);
  out[s.first] = layer.pool().number(height);
  out[s.first + 1] = layer.pool().number(width);
  const auto first = static_cast<std::int64_t>(s.first);
  const TensorId sizes = layer.numbers("sizes", {height, width});
  const std::string_view way = layer.get({"interpolation"}).text("bilinear");
  const std::string mode = way == "nearest" ? "nearest" : way == "bicubic" ? "cubic" : "linear";
  layer.emit("Resize", {layer.in[0], {}, {}, sizes},
             {{"mode", mode}, {"axes", std::vector<std::int64_t>{first, first + 1}}}, {std::move(out)});
}

void make_center_crop(Layer& layer) {
  const Spatial s = spatial_of(layer);
  const std::int64_t height = layer.integer({"height"}, -1), width = layer.integer({"width"}, -1);
  if (!s.fits || height < 0 || width < 0) return layer.emit_as_itself();
  Shape out = layer.shape(0);
  out[s.first] = layer.pool().number(height);
  out[s.first + 1] = layer.pool().number(width);
  const auto first = static_cast<std::int64_t>(s.first);
  const TensorId sizes = layer.numbers("sizes", {height, width});
  layer.emit("CenterCropPad", {layer.in[0], sizes}, {{"axes", std::vector<std::int64_t>{first, first + 1}}},
             {std::move(out)});
}

// Known by name, computed by nothing that has a canonical operator: shown as itself.
void make_unknown(Layer& layer) {
  const json::Value said = layer.get({"output_shape"});
  Shape out = Shape::unknown_rank();
  if (said.is_array() && layer.type == "Lambda") {
    out = Shape{layer.has_rank() && layer.rank() > 0 ? layer.shape(0)[0] : Dim::unknown()};
    for (std::size_t i = 0; i < said.size(); ++i)
      out.push_back(said[i].is_number() ? layer.pool().number(said[i].integer()) : Dim::unknown());
  }
  layer.emit_as_itself({out});
}

// Classes as ones among zeros; a single column gives way to them.
void make_category_encoding(Layer& layer) {
  const std::int64_t tokens = layer.integer({"num_tokens", "max_tokens"}, -1);
  Shape out = layer.shape(0);
  const bool is_one_hot = layer.get({"output_mode"}).text("multi_hot") == "one_hot";
  const Dim width = tokens < 0 ? Dim::unknown() : layer.pool().number(tokens);
  if (out.has_rank() && out.rank() > 0) {
    if (is_one_hot && !out.back().is(1)) {
      out.push_back(width);
    } else {
      out[out.rank() - 1] = width;
    }
  }
  layer.emit_as_itself({out});
}

// At inference the wrapped layer alone, with the weights it was left with.
void make_spectral(Layer& layer) {
  const json::Value inner = layer.config["layer"];
  const LayerRow* row = find_layer_row(inner["class_name"].text());
  if (!row || row->make == make_spectral) return layer.emit_as_itself();
  layer.config = inner["config"];
  layer.row = row;
  layer.place.path += "/layer";
  row->make(layer);
}

// The wrapped layer runs on every step: a scan whose body holds it.
void make_time_distributed(Layer& layer) {
  const json::Value inner = layer.config["layer"];
  if (layer.in.empty() || !inner.is_object() || layer.depth > 40) return layer.emit_as_itself();
  GraphBuilder body = layer.graph.body(layer.name);
  Shape step = Shape::unknown_rank();
  if (layer.has_rank() && layer.rank() >= 2) {
    step = layer.shape(0);
    step.erase(1);
  }
  const Type type = layer.graph.graph().tensors[layer.in[0]].type;
  const TensorId slice = body.input(std::string(layer.name) + "/step", type, step);
  Place place = layer.place;
  place.path += "/layer";
  if (place.inside.empty()) place.inside = {};
  const Call call{body, layer.scope, {slice}, {}, {}};
  const std::vector<TensorId> results = run_layer(layer.build, inner, place, call, layer.depth + 1);
  std::vector<Shape> shapes;
  for (const TensorId id : results) {
    body.output(id);
    Shape shape = body.graph().tensors[id].shape;
    if (shape.has_rank() && shape.rank() > 0)
      shape.insert(1, layer.has_rank() && layer.rank() >= 2 ? layer.shape(0)[1] : Dim::unknown());
    shapes.push_back(std::move(shape));
  }
  if (results.empty()) return layer.emit({}, layer.in, {{"body", body}}, {Shape::unknown_rank()});
  const std::vector<std::int64_t> second{1};
  layer.emit("Scan", {layer.in[0]},
             {{"num_scan_inputs", 1},
              {"scan_input_axes", second},
              {"scan_output_axes", std::vector<std::int64_t>(results.size(), 1)},
              {"body", body}},
             shapes);
}

}  // namespace haoline::keras
