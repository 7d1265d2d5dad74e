// Recurrent layers: one operator for every cell, stack of cells and direction; and recurrent convolutions.
#include <algorithm>
#include <optional>

#include "formats/shared/keras_layer.h"

namespace haoline::keras {
namespace {

struct CellKind {
  std::string_view name;
  std::string_view cell;  // "lstm", as the canonical operator calls it
  std::int64_t gates;
  bool is_cudnn = false;
};
constexpr CellKind kCells[] = {
    {"LSTM", "lstm", 4},
    {"LSTMCell", "lstm", 4},
    {"CuDNNLSTM", "lstm", 4, true},
    {"GRU", "gru", 3},
    {"GRUCell", "gru", 3},
    {"CuDNNGRU", "gru", 3, true},
    {"SimpleRNN", "simple", 1},
    {"SimpleRNNCell", "simple", 1},
    {"QLSTM", "lstm", 4},
    {"QLSTMCell", "lstm", 4},
    {"QGRU", "gru", 3},
    {"QGRUCell", "gru", 3},
    {"QSimpleRNN", "simple", 1},
    {"QSimpleRNNCell", "simple", 1},
};

const CellKind* find_cell(std::string_view name) {
  for (const CellKind& kind : kCells) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

struct Cell {
  const CellKind* kind = nullptr;
  std::int64_t units = -1;
  bool has_bias = true;
  bool reset_after = false;
  std::string part;  // where Keras 3 keeps it
};

// A recurrent layer without its wrapper: the cells it runs, one after the other in every step.
struct Stack {
  std::vector<Cell> cells;
  bool sequences = false, states = false;
};

Cell read_cell(const CellKind& kind, json::Value config, std::string part) {
  Cell cell;
  cell.kind = &kind;
  cell.units = config["units"] ? config["units"].integer(-1) : config["output_dim"].integer(-1);
  cell.has_bias = config["use_bias"].boolean(true);
  cell.reset_after = config["reset_after"].boolean(false);
  cell.part = std::move(part);
  return cell;
}

std::optional<Stack> read_stack(std::string_view type, json::Value config, const std::string& prefix) {
  Stack stack;
  stack.sequences = config["return_sequences"].boolean(false);
  stack.states = config["return_state"].boolean(false);
  if (const CellKind* kind = find_cell(type)) {
    stack.cells.push_back(read_cell(*kind, config, prefix + (kind->is_cudnn ? "" : "cell")));
    return stack;
  }
  if (type != "RNN") return std::nullopt;
  const json::Value cell = config["cell"];
  if (cell["class_name"].text() != "StackedRNNCells") {
    const CellKind* kind = find_cell(cell["class_name"].text());
    if (!kind) return std::nullopt;
    stack.cells.push_back(read_cell(*kind, cell["config"], prefix + "cell"));
    return stack;
  }
  const json::Value cells = cell["config"]["cells"];
  std::unordered_map<std::string, int> taken;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const CellKind* kind = find_cell(cells[i]["class_name"].text());
    if (!kind) return std::nullopt;
    std::string folder = std::string(kind->cell == "simple" ? "simple_rnn" : kind->cell) + "_cell";
    if (const int n = taken[folder]++; n > 0) folder += "_" + std::to_string(n);
    stack.cells.push_back(read_cell(*kind, cells[i]["config"], prefix + "cell/cells/" + folder));
  }
  if (stack.cells.empty()) return std::nullopt;
  return stack;
}

std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) ? -1 : product;
}

void want_stack(const Stack& stack, std::int64_t features, std::string_view legacy,
                std::vector<Wanted>& wanted) {
  for (const Cell& cell : stack.cells) {
    const std::int64_t width = times(cell.kind->gates, cell.units);
    wanted.push_back({"kernel", {features, width}, Trained::yes, cell.part, legacy});
    wanted.push_back({"recurrent_kernel", {cell.units, width}, Trained::yes, cell.part, legacy});
    if (cell.kind->is_cudnn) {
      wanted.push_back({"bias", {times(2, width)}, Trained::yes, cell.part, legacy});
    } else if (cell.has_bias) {
      const bool two = cell.kind->cell == "gru" && cell.reset_after;
      wanted.push_back({"bias", two ? std::vector<std::int64_t>{2, width} : std::vector<std::int64_t>{width},
                        Trained::yes, cell.part, legacy});
    }
    features = cell.units;
  }
}

Dim known(const Layer& layer, std::int64_t number) {
  return number < 0 ? Dim::unknown() : layer.pool().number(number);
}

// `merge`: how two directions join; empty: there is one.
void emit_recurrent(Layer& layer, const Stack& stack, const std::vector<Wanted>& wanted, bool both,
                    std::string merge) {
  std::vector<TensorId> weights;
  // Keras 1 keeps one array per gate: they are taken as they are.
  const bool split = layer.build.store && !layer.build.store->is_by_path() &&
                     layer.build.store->of(layer.place, {}).size() > wanted.size();
  weights = split ? layer.stored_weights() : layer.weights(wanted);
  std::vector<TensorId> inputs{layer.in[0]};
  inputs.insert(inputs.end(), weights.begin(), weights.end());
  inputs.insert(inputs.end(), layer.in.begin() + 1, layer.in.end());
  std::vector<std::string> cells;
  std::vector<std::int64_t> units;
  bool biased = true;
  for (const Cell& cell : stack.cells) {
    cells.emplace_back(cell.kind->cell);
    units.push_back(cell.units);
    biased = biased && cell.has_bias;
  }
  const std::int64_t last = units.back();
  BuilderAttributes attributes{{"cells", cells},
                               {"units", units},
                               {"directions", both ? 2 : 1},
                               {"use_bias", biased ? 1 : 0},
                               {"return_sequences", stack.sequences ? 1 : 0}};
  if (both) attributes.emplace_back("merge", merge.empty() ? "none" : merge);
  const Shape& in = layer.shape(0);
  const bool fits = in.has_rank() && in.rank() == 3;
  const Dim batch = fits ? in[0] : Dim::unknown();
  const auto result = [&](std::int64_t width) {
    return stack.sequences ? Shape{batch, fits ? in[1] : Dim::unknown(), known(layer, width)}
                           : Shape{batch, known(layer, width)};
  };
  std::vector<Shape> shapes{result(both && merge == "concat" ? times(2, last) : last)};
  if (both && merge.empty()) shapes.push_back(shapes[0]);
  for (int direction = 0; stack.states && direction < (both ? 2 : 1); ++direction) {
    for (const Cell& cell : stack.cells) {
      for (int state = 0; state < (cell.kind->cell == "lstm" ? 2 : 1); ++state)
        shapes.push_back(Shape{batch, known(layer, cell.units)});
    }
  }
  layer.emit("RecurrentLayer", inputs, std::move(attributes), shapes);
}

}  // namespace

void make_recurrent(Layer& layer) {
  const std::optional<Stack> stack = read_stack(layer.type, layer.config, "");
  if (!stack || layer.in.empty()) return layer.emit_as_itself();
  std::vector<Wanted> wanted;
  want_stack(*stack, layer.extent(0, -1), {}, wanted);
  emit_recurrent(layer, *stack, wanted, false, {});
}

void make_rnn(Layer& layer) {
  make_recurrent(layer);
}

void make_bidirectional(Layer& layer) {
  const json::Value forward = layer.config["layer"];
  const json::Value given = layer.config["backward_layer"];
  const json::Value backward = given.is_object() ? given : forward;
  const std::optional<Stack> ahead =
      read_stack(forward["class_name"].text(), forward["config"], "forward_layer/");
  const std::optional<Stack> back =
      read_stack(backward["class_name"].text(), backward["config"], "backward_layer/");
  const bool alike = ahead && back && ahead->cells.size() == back->cells.size() &&
                     std::equal(ahead->cells.begin(), ahead->cells.end(), back->cells.begin(),
                                [](const Cell& a, const Cell& b) {
                                  return a.units == b.units && a.kind->cell == b.kind->cell;
                                });
  if (!alike || layer.in.empty()) return layer.emit_as_itself();
  // The older names have "forward_" before the wrapped layer's own.
  const auto named = [](json::Value wrapped, std::string_view prefix) {
    const std::string_view own = wrapped["config"]["name"].text();
    return own.starts_with(prefix) ? std::string(own) : std::string(prefix) + std::string(own);
  };
  const std::string ahead_name = named(forward, "forward_");
  std::string back_name = named(backward, "backward_");
  if (!given.is_object() && forward["config"]["name"].text().starts_with("forward_"))
    back_name = "backward_" + std::string(forward["config"]["name"].text().substr(8));
  std::vector<Wanted> wanted;
  want_stack(*ahead, layer.extent(0, -1), ahead_name, wanted);
  want_stack(*back, layer.extent(0, -1), back_name, wanted);
  const json::Value merge = layer.config["merge_mode"];
  emit_recurrent(layer, *ahead, wanted, true,
                 merge && merge.is_null() ? "" : std::string(merge.text("concat")));
}

void make_conv_lstm(Layer& layer) {
  const auto rank = static_cast<std::size_t>(layer.row->detail);
  if (layer.in.empty()) return layer.emit_as_itself();
  const std::int64_t filters = layer.integer({"filters", "nb_filter"}, -1);
  std::vector<std::int64_t> size = layer.per_axis({"kernel_size"}, rank, 1);
  if (!layer.get({"kernel_size"}) && rank == 2)
    size = {layer.integer({"nb_row"}, 1), layer.integer({"nb_col"}, 1)};
  const std::vector<std::int64_t> strides = layer.per_axis({"strides", "subsample"}, rank, 1);
  const std::vector<std::int64_t> dilations = layer.per_axis({"dilation_rate"}, rank, 1);
  const bool last = layer.is_channels_last();
  const std::int64_t channels = layer.extent(0, last ? -1 : 2), width = times(4, filters);
  std::vector<std::int64_t> kernel = size, recurrent = size;
  kernel.insert(kernel.end(), {channels, width});
  recurrent.insert(recurrent.end(), {filters, width});
  std::vector<Wanted> wanted{{"kernel", kernel, Trained::yes, "cell"},
                             {"recurrent_kernel", recurrent, Trained::yes, "cell"}};
  if (layer.is_on("use_bias", true)) wanted.push_back({"bias", {width}, Trained::yes, "cell"});
  const bool sequences = layer.is_on("return_sequences", false);
  Shape step = Shape::of_unknown(rank + 2);
  const bool fits = layer.has_rank() && layer.rank() == rank + 3;
  if (fits) {
    step = layer.shape(0);
    step.erase(1);
    const std::size_t first = last ? 1 : 2;
    for (std::size_t i = 0; i < rank; ++i)
      step[first + i] =
          window_count(layer.pool(), step[first + i], size[i], strides[i], dilations[i], layer.padding());
    step[last ? rank + 1 : 1] = known(layer, filters);
  }
  std::vector<Shape> shapes{step};
  if (sequences) shapes[0].insert(1, fits ? layer.shape(0)[1] : Dim::unknown());
  if (layer.is_on("return_state", false)) shapes.insert(shapes.end(), 2, step);
  const std::vector<TensorId> weights = layer.weights(wanted);
  std::vector<TensorId> inputs{layer.in[0]};
  inputs.insert(inputs.end(), weights.begin(), weights.end());
  inputs.insert(inputs.end(), layer.in.begin() + 1, layer.in.end());
  BuilderAttributes attributes{{"filters", filters},
                               {"kernel_shape", size},
                               {"strides", strides},
                               {"dilations", dilations},
                               {"auto_pad", layer.padding() == "same" ? "SAME_UPPER" : "VALID"},
                               {"data_layout", layer.data_layout(rank)},
                               {"return_sequences", sequences ? 1 : 0},
                               {"use_bias", layer.is_on("use_bias", true) ? 1 : 0}};
  layer.emit("ConvLstm", inputs, std::move(attributes), shapes);
}

}  // namespace haoline::keras
