// StableHLO operators inside TFLite files: those that are one canonical operator become it, the others stay
// as themselves with their bodies.
#include <algorithm>
#include <string>

#include "formats/tflite/translate.h"

namespace haoline::tflite {
namespace {

std::vector<std::int64_t> longs(const Draft& draft, std::uint16_t slot) {
  std::vector<std::int64_t> list;
  for (const std::int64_t number : draft.options.numbers<std::int64_t>({slot, "dimensions"}))
    list.push_back(number);
  return list;
}

bool all_are(std::span<const std::int64_t> list, std::int64_t value) {
  return std::all_of(list.begin(), list.end(), [&](std::int64_t n) { return n == value; });
}

// --- dot_general as Einsum

struct Letters {
  std::string text;  // one letter per axis
  explicit Letters(std::size_t rank) : text(rank, '?') {}
  bool set(std::int64_t axis, char letter) {
    if (axis < 0 || axis >= std::ssize(text) || text[static_cast<std::size_t>(axis)] != '?') return false;
    text[static_cast<std::size_t>(axis)] = letter;
    return true;
  }
};

// The equation, or nothing where the dimensions make no sense.
std::string equation(const Draft& draft, std::size_t left_rank, std::size_t right_rank) {
  Letters left(left_rank), right(right_rank);
  std::string batch, free;
  char next = 'a';
  const auto pair = [&](std::uint16_t left_slot, std::uint16_t right_slot, bool is_batch) {
    const auto a = longs(draft, left_slot), b = longs(draft, right_slot);
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i, ++next) {
      if (!left.set(a[i], next) || !right.set(b[i], next)) return false;
      if (is_batch) batch += next;
    }
    return true;
  };
  if (!pair(0, 1, true) || !pair(2, 3, false)) return {};
  for (Letters* side : {&left, &right}) {
    for (char& letter : side->text) {
      if (letter != '?') continue;
      letter = next++;
      free += letter;
    }
  }
  return left.text + "," + right.text + "->" + batch + free;
}

// --- convolution: axes by number to layouts by letter

// "NHWC" where the batch comes first and the features last, "" for channels second, nothing for anything
// else.
std::optional<std::string_view> image_layout(std::int64_t batch, std::int64_t feature,
                                             std::span<const std::int64_t> spatial) {
  const auto rank = std::ssize(spatial) + 2;
  if (batch != 0 || rank < 3 || rank > 5) return std::nullopt;
  const std::int64_t first = feature == 1 ? 2 : 1;
  for (std::size_t i = 0; i < spatial.size(); ++i) {
    if (spatial[i] != first + static_cast<std::int64_t>(i)) return std::nullopt;
  }
  constexpr std::string_view kLast[] = {"NWC", "NHWC", "NDHWC"};
  if (feature == rank - 1) return kLast[rank - 3];
  return feature == 1 ? std::optional<std::string_view>(std::string_view()) : std::nullopt;
}

std::string filter_layout(std::int64_t in, std::int64_t out, std::span<const std::int64_t> spatial) {
  std::string letters(spatial.size() + 2, '?');
  const auto set = [&](std::int64_t axis, char letter) {
    if (axis < 0 || axis >= std::ssize(letters) || letters[static_cast<std::size_t>(axis)] != '?')
      return false;
    letters[static_cast<std::size_t>(axis)] = letter;
    return true;
  };
  bool is_fine = set(in, 'I') && set(out, 'O');
  constexpr std::string_view kNames = "DHW";
  for (std::size_t i = 0; i < spatial.size() && is_fine; ++i) {
    is_fine = i < 3 && set(spatial[i], kNames[kNames.size() - std::min<std::size_t>(3, spatial.size()) + i]);
  }
  return is_fine ? letters : std::string();
}

// The name of the only operator of a subgraph; empty where there are more.
std::string_view only_operator(const Draft& draft, std::uint32_t subgraph) {
  if (subgraph >= draft.r.subgraphs.size()) return {};
  const Table body = draft.r.subgraphs[subgraph];
  const Tables operators = body.tables(wire::subgraph::operators);
  if (operators.size() != 1) return {};
  const auto code = operators[0].number<std::uint32_t>(wire::op::opcode_index);
  return code < draft.r.codes.size() ? draft.r.codes[code].name : std::string_view();
}

std::vector<std::int64_t> begins_then_ends(std::span<const std::int64_t> pairs) {
  std::vector<std::int64_t> pads(pairs.size());
  for (std::size_t i = 0; i < pairs.size() / 2; ++i) {
    pads[i] = pairs[2 * i];
    pads[pairs.size() / 2 + i] = pairs[2 * i + 1];
  }
  return pads;
}

}  // namespace

void shlo_compare(Draft& draft) {
  constexpr Op kOps[] = {Op::Equal, Op::NotEqual, Op::GreaterOrEqual, Op::Greater, Op::LessOrEqual, Op::Less};
  const auto direction = draft.options.number<std::uint32_t>({0, "comparison_direction"});
  draft.become(direction < std::size(kOps) ? kOps[direction] : Op::unknown);
}

void shlo_dot_general(Draft& draft) {
  const Tensor* left = draft.input(0);
  const Tensor* right = draft.input(1);
  if (left == nullptr || right == nullptr || !left->shape.has_rank() || !right->shape.has_rank() ||
      left->shape.rank() + right->shape.rank() > 26) {
    return draft.become(Op::unknown);
  }
  const std::string text = equation(draft, left->shape.rank(), right->shape.rank());
  if (text.empty()) return draft.become(Op::unknown);
  draft.add("equation", draft.r.model.arena.text(text));
}

void shlo_convolution(Draft& draft) {
  const Table& options = draft.options;
  const auto number = [&](std::uint16_t slot) { return options.number<std::int64_t>({slot, "dimension"}); };
  const auto in = image_layout(number(5), number(6), longs(draft, 7));
  const auto out = image_layout(number(11), number(12), longs(draft, 13));
  const std::string filter = filter_layout(number(8), number(9), longs(draft, 10));
  const bool is_plain =
      all_are(longs(draft, 2), 1) && options.number<std::int64_t>({15, "batch_group_count"}, 1) <= 1;
  if (!in || in != out || filter.empty() || !is_plain) return draft.become(Op::unknown);
  if (!in->empty()) draft.add("data_layout", *in);
  draft.add("filter_layout", draft.r.model.arena.text(filter));
  const std::vector<std::int64_t> pads = begins_then_ends(longs(draft, 1));
  if (!pads.empty()) draft.add("pads", std::span<const std::int64_t>(pads));
  remove(draft, "lhs_dilation");
}

void shlo_pad(Draft& draft) {
  std::vector<std::int64_t> pads = longs(draft, 0);
  const std::vector<std::int64_t> high = longs(draft, 1);
  if (!all_are(longs(draft, 2), 0) || pads.size() != high.size()) return draft.become(Op::unknown);
  pads.insert(pads.end(), high.begin(), high.end());
  draft.attributes.clear();
  draft.add("pads", std::span<const std::int64_t>(pads));
  draft.version = 2;
  draft.reorder({0});
}

// The wanted shape is the result's.
void shlo_reshape(Draft& draft) {
  const Tensor* result = draft.output(0);
  std::vector<std::int64_t> extents;
  if (result == nullptr || !result->shape.has_rank()) return draft.become(Op::unknown);
  for (const Dim extent : result->shape) {
    if (!extent.number()) return draft.become(Op::unknown);
    extents.push_back(*extent.number());
  }
  draft.add("shape", std::span<const std::int64_t>(extents));
  draft.version = 1;
}

// low, operand, high
void shlo_clamp(Draft& draft) {
  draft.reorder({1, 0, 2});
}

void shlo_logic(Draft& draft) {
  if (draft.dtype_in(0) == DType::boolean) return;
  draft.become(draft.op == Op::Or ? Op::BitwiseOr : Op::BitwiseAnd);
}

void shlo_remainder(Draft& draft) {
  draft.add("fmod", 1);
}

void shlo_reduce(Draft& draft) {
  constexpr std::pair<std::string_view, Op> kFolds[] = {{"STABLEHLO_ADD", Op::ReduceSum},
                                                        {"STABLEHLO_MULTIPLY", Op::ReduceProd},
                                                        {"STABLEHLO_MAXIMUM", Op::ReduceMax},
                                                        {"STABLEHLO_MINIMUM", Op::ReduceMin}};
  const Field body{1, "body_subgraph_index"};
  const std::string_view name = only_operator(draft, draft.options.number<std::uint32_t>(body));
  draft.add_body("body", body);
  draft.become(Op::unknown);
  if (draft.inputs.size() != 2) return;
  for (const auto& [fold, canonical] : kFolds) {
    if (fold != name) continue;
    draft.become(canonical, 11);
    for (Attribute& attribute : draft.attributes) {
      if (attribute.name == "dimensions") attribute.name = "axes";
    }
    draft.add("keepdims", 0);
    draft.reorder({0});
  }
}

void shlo_sort(Draft& draft) {
  draft.add_body("comparator", {2, "comparator_subgraph_index"});
}
void shlo_reduce_window(Draft& draft) {
  draft.add_body("body", {5, "body_subgraph_index"});
}
void shlo_scatter(Draft& draft) {
  draft.add_body("update_computation", {6, "update_computation_subgraph_index"});
}
void shlo_composite(Draft& draft) {
  draft.add_body("body", {1, "decomposition_subgraph_index"});
}

namespace {

void add_bodies(Draft& draft, std::string_view name, Field field) {
  std::vector<GraphId> bodies;
  for (const std::int32_t subgraph : draft.options.numbers<std::int32_t>(field)) {
    const std::string label = std::string(name) + "[" + std::to_string(bodies.size()) + "]";
    const GraphId body = add_body(draft.r, draft.state.id, draft.id, static_cast<std::uint32_t>(subgraph),
                                  draft.r.model.arena.text(label), draft.record, field);
    if (!body) return;
    bodies.push_back(body);
  }
  if (!bodies.empty()) draft.attributes.push_back({name, draft.r.model.arena.copy(bodies), {}});
}

}  // namespace

void shlo_case(Draft& draft) {
  add_bodies(draft, "branches", {0, "branch_subgraph_indices"});
}
void shlo_custom_call(Draft& draft) {
  add_bodies(draft, "called_computations", {4, "called_computations"});
}

// The number of this operator was that of COMPLEX in one version of the schema; the result's type tells them
// apart.
void shlo_shift_left(Draft& draft) {
  const DType made = draft.dtype_out(0);
  if (made == DType::complex64 || made == DType::complex128) return draft.become(Op::Complex);
  draft.add("direction", "LEFT");
}

}  // namespace haoline::tflite
