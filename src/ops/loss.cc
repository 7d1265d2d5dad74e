// Losses, and the optimizer steps of ai.onnx.preview.training.
#include "ops/op_table.h"
#include "ops/shape_helpers.h"

namespace haoline {
namespace {

enum class Reduction { none, mean, sum };
Reduction reduction_of(const OpCall& call) {
  const std::string_view text = call.text("reduction", "mean");
  return text == "none" ? Reduction::none : text == "sum" ? Reduction::sum : Reduction::mean;
}

// Scores [batch, classes, d1 …], labels [batch, d1 …], weights [classes]. Result 0: a loss per label, or one.
OpError infer_loss(OpCall& call) {
  DimPool& pool = call.pool();
  const Shape& scores = call.shape(0);
  const Shape& labels = call.shape(1);
  if (scores.rank() < 2) return refuse(pool, {"scores have rank ", scores.rank(), ", at least 2 is needed"});
  if (labels.rank() + 1 != scores.rank()) {
    return refuse(pool, {"labels have rank ", labels.rank(), ", scores have ", scores.rank()});
  }
  Shape each;
  for (std::size_t i = 0; i < labels.rank(); ++i) {
    const Dim of_scores = scores[i == 0 ? 0 : i + 1];
    if (certainly_differ(pool, of_scores, labels[i])) {
      return refuse(pool, {"labels have the extent ", labels[i], " where scores have ", of_scores});
    }
    each.push_back(call.require_equal(of_scores, labels[i]));
  }
  if (call.has(2) && call.rank(2) == 1) {
    if (certainly_differ(pool, call.shape(2)[0], scores[1])) {
      return refuse(pool, {call.dim(2, 0), " weights for ", call.dim(0, 1), " classes"});
    }
    call.require_equal(call.shape(2)[0], scores[1]);
  }
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, reduction_of(call) == Reduction::none ? each : Shape{});
  return std::nullopt;
}

OpError infer_cross_entropy(OpCall& call) {
  if (OpError error = infer_loss(call)) return error;
  call.set_dtype(1, call.dtype(0));
  call.set_shape(1, call.shape(0));
  return std::nullopt;
}

// A negation per label, a product where labels are weighted, and adding up. A weighted mean adds the weights
// up too.
void add_selection(Cost& cost, const OpCall& call) {
  DimPool& pool = call.pool();
  const Dim labels = call.elements(1);
  const Reduction reduction = reduction_of(call);
  cost.add(Arith::add, labels, pool);
  if (call.has(2)) cost.add(Arith::multiply, labels, pool);
  if (reduction != Reduction::none) cost.add(Arith::add, labels, pool);
  if (reduction == Reduction::mean) {
    if (call.has(2)) cost.add(Arith::add, labels, pool);
    cost.add(Arith::divide, 1, pool);
  }
}

Cost nll_cost(const OpCall& call) {
  Cost cost;
  call.note("labels", call.elements(1));
  add_selection(cost, call);
  return cost;
}

// As LogSoftmax over the classes of every label, then the loss.
Cost cross_entropy_cost(const OpCall& call) {
  Cost cost;
  call.note("scores", call.elements(0));
  call.note("labels", call.elements(1));
  cost.add({.add = 3, .transcendental = 1, .compare = 1}, call.elements(0), call.pool());
  cost.add(Arith::transcendental, call.elements(1), call.pool());
  add_selection(cost, call);
  return cost;
}

// --- optimizers: learning rate, step count, then groups of n tensors: values, gradients, one or two states.
// Results: the new values and states, in groups of n.

template <std::size_t kStates>
OpError infer_optimizer(OpCall& call) {
  constexpr std::size_t kGroups = kStates + 2;
  if (call.input_count() < 2 || (call.input_count() - 2) % kGroups != 0) {
    return refuse(call.pool(), {call.input_count(), " operands do not make groups of ", kGroups});
  }
  const std::size_t n = (call.input_count() - 2) / kGroups;
  for (std::size_t i = 0; i < n * (kStates + 1) && i < call.output_count(); ++i) {
    // Group 0 of the operands is the values, 1 the gradients, which have no result.
    const std::size_t from = 2 + (i < n ? i : i + n);
    if (!call.has(from)) continue;
    call.set_dtype(i, call.dtype(from));
    call.set_shape(i, call.shape(from));
  }
  return std::nullopt;
}

template <std::size_t kStates>
Dim optimized_elements(const OpCall& call) {
  Dim total = 0;
  if (call.input_count() < 2) return total;
  const std::size_t n = (call.input_count() - 2) / (kStates + 2);
  for (std::size_t i = 0; i < n; ++i) {
    total = call.pool().add(total, call.has(2 + i) ? call.elements(2 + i).dim() : Dim::unknown());
  }
  call.note("elements", total);
  return total;
}

Cost adagrad_cost(const OpCall& call) {
  Cost cost;
  cost.add({.add = 4, .multiply = 3, .divide = 1, .square_root = 1}, optimized_elements<1>(call),
           call.pool());
  return cost;
}

Cost adam_cost(const OpCall& call) {
  Cost cost;
  cost.add({.add = 5, .multiply = 8, .divide = 1, .square_root = 1}, optimized_elements<2>(call),
           call.pool());
  return cost;
}

Cost momentum_cost(const OpCall& call) {
  Cost cost;
  const bool nesterov = call.text("mode") == "nesterov";
  const Work standard{.add = 3, .multiply = 4}, looks_ahead{.add = 4, .multiply = 5};
  cost.add(nesterov ? looks_ahead : standard, optimized_elements<1>(call), call.pool());
  return cost;
}

// Result i is the gradient with respect to operand i.
OpError infer_gradient(OpCall& call) {
  const std::size_t count = call.text_list("xs").size();
  for (std::size_t i = 0; i < count && i < call.output_count() && i < call.input_count(); ++i) {
    if (!call.has(i)) continue;
    call.set_dtype(i, call.dtype(i));
    call.set_shape(i, call.shape(i));
  }
  return std::nullopt;
}

constexpr OpRow kRows[] = {
    {Op::NegativeLogLikelihoodLoss, Category::reduce, infer_loss, CostRule::formula(nll_cost),
     "per label a negation, a product with its weight, and the sums of the reduction"},
    {Op::SoftmaxCrossEntropyLoss, Category::reduce, infer_cross_entropy,
     CostRule::formula(cross_entropy_cost),
     "five operations per score and a logarithm per label (LogSoftmax), then the negative log likelihood"},
    {Op::TrainingAdagrad, Category::elementwise, infer_optimizer<1>, CostRule::formula(adagrad_cost),
     "per element 4 sums, 3 products, a division and a root (the published update rule)"},
    {Op::TrainingAdam, Category::elementwise, infer_optimizer<2>, CostRule::formula(adam_cost),
     "per element 5 sums, 8 products, a division and a root (the published update rule)"},
    {Op::TrainingMomentum, Category::elementwise, infer_optimizer<1>, CostRule::formula(momentum_cost),
     "per element 3 sums and 4 products, one more of each with Nesterov's rule"},
    {Op::TrainingGradient, Category::unknown, infer_gradient, CostRule::unknown(),
     "depends on the graph between the operands; no rule"},
};

}  // namespace

std::span<const OpRow> loss_rows() {
  return kRows;
}

}  // namespace haoline
