#include "ops/einsum.h"

#include <algorithm>
#include <string_view>

#include "ops/refuse.h"

namespace haoline {
namespace {

constexpr Equation::Label kLetters = 52;
constexpr std::size_t kMostAxes =
    64;  // an equation repeats its operands' axes: without a limit a small file asks for much

std::optional<Equation::Label> letter_label(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<Equation::Label>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<Equation::Label>(26 + c - 'a');
  return std::nullopt;
}

// One side of a comma: its letters in order, and where an ellipsis stands among them.
struct Term {
  std::vector<Equation::Label> letters;
  std::optional<std::size_t> ellipsis;
};

OpError read_term(std::string_view text, Term& term) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    if (text[i] == '.') {
      if (term.ellipsis || text.substr(i, 3) != "...")
        return Message("the equation has a '.' that is no ellipsis");
      term.ellipsis = term.letters.size();
      i += 2;
    } else if (const std::optional<Equation::Label> label = letter_label(text[i])) {
      term.letters.push_back(*label);
    } else {
      return Message("the equation has a character that is no letter");
    }
  }
  return std::nullopt;
}

// The labels of a term with its ellipsis standing for `covered` axes.
std::vector<Equation::Label> labels_of(const Term& term, std::size_t covered) {
  std::vector<Equation::Label> labels = term.letters;
  if (!term.ellipsis) return labels;
  std::vector<Equation::Label> axes;
  for (std::size_t i = covered; i-- > 0;) axes.push_back(kLetters + static_cast<Equation::Label>(i));
  labels.insert(labels.begin() + static_cast<std::ptrdiff_t>(*term.ellipsis), axes.begin(), axes.end());
  return labels;
}

// An extent of 1 broadcasts; two others have to agree.
OpError merge_extent(const OpCall& call, Equation& equation, std::vector<bool>& seen, Equation::Label label,
                     Dim extent) {
  if (label >= equation.extents.size()) {
    equation.extents.resize(label + 1, Dim::unknown());
    seen.resize(label + 1, false);
  }
  Dim& known = equation.extents[label];
  if (!seen[label] || known.is(1)) {
    known = extent;
  } else if (!extent.is(1) && known != extent) {
    if (certainly_differ(call.pool(), known, extent)) {
      return refuse(call.pool(),
                    {"one label of the equation is ", known, " in one operand and ", extent, " in another"});
    }
    equation.equalities.emplace_back(known, extent);
    known = better_known(known, extent);
  }
  seen[label] = true;
  return std::nullopt;
}

OpError read_operand(const OpCall& call, std::string_view text, std::size_t index, Equation& equation,
                     std::vector<bool>& seen) {
  Term term;
  if (OpError error = read_term(text, term)) return error;
  if (index >= call.input_count() || !call.has(index)) {
    return refuse(call.pool(), {"the equation has more operands than the node's ", call.input_count()});
  }
  const Shape& shape = call.shape(index);
  if (shape.rank() > kMostAxes) {
    return refuse(call.pool(),
                  {"operand ", index, " has rank ", shape.rank(), ", NumPy ends at ", kMostAxes});
  }
  const std::size_t letters = term.letters.size();
  if (shape.rank() < letters || (!term.ellipsis && shape.rank() != letters)) {
    return refuse(call.pool(),
                  {"the equation gives operand ", index, " ", letters, " axes, it has ", shape.rank()});
  }
  equation.operands.push_back(labels_of(term, shape.rank() - letters));
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (OpError error = merge_extent(call, equation, seen, equation.operands.back()[axis], shape[axis]))
      return error;
  }
  return std::nullopt;
}

// Without "->": the ellipsis, then the letters that occur once, in alphabetical order.
std::vector<Equation::Label> implicit_output(const Equation& equation, std::size_t ellipsis_axes) {
  std::vector<std::size_t> occurrences(equation.extents.size(), 0);
  for (const std::vector<Equation::Label>& operand : equation.operands) {
    for (const Equation::Label label : operand) ++occurrences[label];
  }
  std::vector<Equation::Label> output = labels_of({{}, 0}, ellipsis_axes);
  for (Equation::Label label = 0; label < std::min<std::size_t>(kLetters, occurrences.size()); ++label) {
    if (occurrences[label] == 1) output.push_back(label);
  }
  return output;
}

OpError explicit_output(std::string_view text, std::size_t ellipsis_axes, const std::vector<bool>& seen,
                        Equation& equation) {
  Term term;
  if (OpError error = read_term(text, term)) return error;
  equation.output = labels_of(term, ellipsis_axes);
  std::vector<bool> used(seen.size(), false);
  for (const Equation::Label label : equation.output) {
    if (label >= seen.size() || !seen[label])
      return Message("the equation's output has a label that no operand has");
    if (used[label]) return Message("the equation's output has a label twice");
    used[label] = true;
  }
  return std::nullopt;
}

}  // namespace

OpError read_equation(const OpCall& call, Equation& equation) {
  const std::string_view text = call.text("equation");
  const std::size_t arrow = text.find("->");
  const std::string_view left = text.substr(0, arrow);
  std::vector<bool> seen;
  for (std::size_t begin = 0; begin <= left.size();) {
    const std::size_t comma = std::min(left.find(',', begin), left.size());
    const std::string_view term = left.substr(begin, comma - begin);
    if (OpError error = read_operand(call, term, equation.operands.size(), equation, seen)) return error;
    begin = comma + 1;
  }
  if (equation.operands.size() != call.input_count()) {
    return refuse(call.pool(), {"the equation has ", equation.operands.size(), " operands, the node ",
                                call.input_count()});
  }
  const std::size_t ellipsis_axes =
      equation.extents.size() > kLetters ? equation.extents.size() - kLetters : 0;
  if (arrow == std::string_view::npos) {
    equation.output = implicit_output(equation, ellipsis_axes);
    return std::nullopt;
  }
  return explicit_output(text.substr(arrow + 2), ellipsis_axes, seen, equation);
}

OpError infer_einsum(OpCall& call) {
  Equation equation;
  if (OpError error = read_equation(call, equation)) return error;
  for (const auto& [a, b] : equation.equalities) call.require_equal(a, b);
  Shape out;
  for (const Equation::Label label : equation.output) out.push_back(equation.extents[label]);
  call.set_shape(0, std::move(out));
  return std::nullopt;
}

Cost einsum_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  Equation equation;
  if (read_equation(call, equation)) return Cost::unknown();
  constexpr std::size_t kKept = static_cast<std::size_t>(-1);
  std::vector<std::size_t> last_use(equation.extents.size(), 0);
  for (std::size_t i = 0; i < equation.operands.size(); ++i) {
    for (const Equation::Label label : equation.operands[i]) last_use[label] = i;
  }
  for (const Equation::Label label : equation.output) last_use[label] = kKept;

  Cost cost;
  std::vector<Equation::Label> so_far;
  std::vector<bool> present(equation.extents.size(), false);
  for (std::size_t i = 0; i < equation.operands.size(); ++i) {
    for (const Equation::Label label : equation.operands[i]) {
      if (!present[label]) so_far.push_back(label);
      present[label] = true;
    }
    Dim product = 1;
    for (const Equation::Label label : so_far) product = pool.multiply(product, equation.extents[label]);
    if (i > 0) cost.macs = pool.add(cost.macs, product);
    if (equation.operands.size() <= 2) call.note("all_labels", product);
    const std::size_t before = so_far.size();
    const auto summed = [&](Equation::Label label) { return last_use[label] <= i; };
    for (const Equation::Label label : so_far) present[label] = !summed(label);
    so_far.erase(std::remove_if(so_far.begin(), so_far.end(), summed), so_far.end());
    if (equation.operands.size() == 1 && so_far.size() != before) cost.add(Arith::add, product, pool);
  }
  return cost;
}

}  // namespace haoline
