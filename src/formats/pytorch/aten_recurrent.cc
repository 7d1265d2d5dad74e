// Recurrent layers: several layers and both directions in one operator, and single steps of a cell.
#include "formats/pytorch/aten.h"

namespace haoline::pytorch {
namespace {

constexpr std::string_view kKinds[] = {"lstm", "gru", "rnn"};

// (input, states, parameters, has_biases, num_layers, dropout, train, bidirectional, batch_first)
bool layers(Translation& t) {
  t.operand("input");
  const Value& states = t["hx"];
  if (t.row.extra == 0) {
    if (!states.is_items() || states.items->values.size() < 2) return false;
    t.operand(states.items->values[0]);
    t.operand(states.items->values[1]);
  } else {
    t.operand("hx");
    t.absent();
  }
  const std::optional<std::int64_t> count = t.integer("num_layers");
  if (!count || !t.tensors("params")) return false;
  t.set("kind", kKinds[t.row.extra]);
  t.set("layers", *count);
  t.set("has_bias", std::int64_t{t.boolean("has_biases") ? 1 : 0});
  t.set("directions", std::int64_t{t.boolean("bidirectional") ? 2 : 1});
  t.set("batch_first", std::int64_t{t.boolean("batch_first") ? 1 : 0});
  t.results(t.row.extra == 0 ? 3 : 2);
  return true;
}

bool cell(Translation& t) {
  t.operand("input");
  const Value& states = t["hx"];
  if (t.row.extra == 0) {
    if (!states.is_items() || states.items->values.size() < 2) return false;
    t.operand(states.items->values[0]);
    t.operand(states.items->values[1]);
    t.results(2);
  } else {
    t.operand("hx");
    t.absent();
  }
  t.operand("w_ih");
  t.operand("w_hh");
  if (t.has("b_ih")) t.operand("b_ih");
  if (t.has("b_hh")) t.operand("b_hh");
  t.set("kind", kKinds[t.row.extra]);
  return true;
}

constexpr std::string_view kLayers =
    "input hx params has_biases num_layers dropout train bidirectional batch_first";
constexpr std::string_view kCell = "input hx w_ih w_hh b_ih b_hh";

constexpr AtenRow kRows[] = {
    {"lstm", kLayers, layers, "haoline.StackedRecurrent", 0},
    {"gru", kLayers, layers, "haoline.StackedRecurrent", 1},
    {"rnn_tanh", kLayers, layers, "haoline.StackedRecurrent", 2},
    {"rnn_relu", kLayers, layers, "haoline.StackedRecurrent", 2},
    {"lstm_cell", kCell, cell, "haoline.RecurrentCell", 0},
    {"gru_cell", kCell, cell, "haoline.RecurrentCell", 1},
    {"rnn_tanh_cell", kCell, cell, "haoline.RecurrentCell", 2},
    {"rnn_relu_cell", kCell, cell, "haoline.RecurrentCell", 2},
};

}  // namespace

std::span<const AtenRow> aten_recurrent_rows() {
  return kRows;
}

}  // namespace haoline::pytorch
