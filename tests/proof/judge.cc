#include "judge.h"

#include <cmath>

namespace haoline::proof {
namespace {

bool is_near(double ours, double observed) {
  if (std::isnan(ours) || std::isnan(observed)) return std::isnan(ours) && std::isnan(observed);
  if (std::isinf(observed) || std::isinf(ours)) return ours == observed;
  return std::fabs(ours - observed) <= 1e-6 + 1e-5 * std::fabs(observed);
}

std::string judge_number(const Number& ours, const RecordedTensor& observed, std::size_t at,
                         const DimPool& pool, const Bindings& bindings) {
  if (!ours.is_known()) return {};
  std::optional<double> real;
  if (ours.kind == Number::Kind::exact) {
    const std::optional<Int128> numerator = pool.evaluate(ours.numerator, bindings);
    if (!numerator) return {};  // a symbol of the data
    if (!observed.integers.empty() && ours.denominator == 1) {
      if (*numerator == observed.integers[at]) return {};
      return "value " + to_decimal(*numerator) + ", recorded " + to_decimal(observed.integers[at]);
    }
    real = static_cast<double>(*numerator) / static_cast<double>(ours.denominator);
  } else {
    real = ours.real;
  }
  const double recorded =
      observed.integers.empty() ? observed.reals[at] : static_cast<double>(observed.integers[at]);
  if (is_near(*real, recorded)) return {};
  return "value " + std::to_string(*real) + ", recorded " + std::to_string(recorded);
}

std::string judge_extent(Dim ours, std::int64_t observed, const DimPool& pool, const Bindings& bindings,
                         Strictness strictness) {
  if (const std::optional<Int128> value = pool.evaluate(ours, bindings)) {
    return *value == observed ? std::string() : "is " + to_decimal(*value);
  }
  if (ours.is_unknown()) return strictness.may_be_unknown ? std::string() : "is unknown";
  const std::optional<Int128> bound = pool.evaluate_bound(ours, bindings);
  if (bound && *bound < observed) return "is at most " + to_decimal(*bound);
  if (strictness.may_be_bounded || strictness.may_be_unknown) return {};
  return "is left to the data: " + pool.to_string(ours);
}

// The extents that all elements of a sequence share; -1 where they differ; nothing for different ranks.
std::optional<std::vector<std::int64_t>> common_shape(const std::vector<RecordedTensor>& tensors) {
  std::vector<std::int64_t> common = tensors.front().extents;
  for (const RecordedTensor& tensor : tensors) {
    if (tensor.extents.size() != common.size()) return std::nullopt;
    for (std::size_t i = 0; i < common.size(); ++i) {
      if (tensor.extents[i] != common[i]) common[i] = -1;
    }
  }
  return common;
}

std::string judge_elements(const OperandFacts& ours, const Recorded& observed, const DimPool& pool,
                           const Bindings& bindings, Strictness strictness) {
  const auto count = static_cast<std::int64_t>(observed.tensors.size());
  if (std::string why = judge_extent(ours.length, count, pool, bindings, strictness); !why.empty()) {
    return "sequence length " + why + ", recorded " + std::to_string(count);
  }
  if (observed.tensors.empty()) return {};
  if (observed.tensors.front().dtype != ours.type.dtype) return "element type " + to_string(ours.type);
  const auto common = common_shape(observed.tensors);
  if (!ours.shape.has_rank()) return {};  // where elements came from decides whether it could be known
  if (!common || common->size() != ours.shape.rank()) return "element rank differs";
  for (std::size_t axis = 0; axis < common->size(); ++axis) {
    const Dim dim = ours.shape[axis];
    if ((*common)[axis] < 0 ? dim.is_unknown() || dim.is_pooled()
                            : (strictness.may_be_unknown && dim.is_unknown())) {
      continue;
    }
    if (std::string why = judge_extent(dim, (*common)[axis], pool, bindings, strictness); !why.empty()) {
      return "element extent " + std::to_string(axis) + " " + why + ", recorded " + spell(*common);
    }
  }
  return {};
}

}  // namespace

std::string spell(std::span<const std::int64_t> extents) {
  std::string text = "[";
  for (std::size_t i = 0; i < extents.size(); ++i) text += (i ? ", " : "") + std::to_string(extents[i]);
  return text + "]";
}

std::string judge_shape(const Shape& ours, std::span<const std::int64_t> observed, const DimPool& pool,
                        const Bindings& bindings, Strictness strictness) {
  if (!ours.has_rank()) return strictness.may_be_unknown ? std::string() : "rank is unknown";
  if (ours.rank() != observed.size()) {
    return "shape " + to_string(ours, pool) + ", recorded " + spell(observed);
  }
  for (std::size_t axis = 0; axis < observed.size(); ++axis) {
    if (std::string why = judge_extent(ours[axis], observed[axis], pool, bindings, strictness);
        !why.empty()) {
      return "extent " + std::to_string(axis) + " " + why + " in " + to_string(ours, pool) + ", recorded " +
             spell(observed);
    }
  }
  return {};
}

std::string judge_value(const OperandFacts& ours, const RecordedTensor& observed, const DimPool& pool,
                        const Bindings& bindings) {
  if (!ours.value || (observed.integers.empty() && observed.reals.empty())) return {};
  if (ours.value.size() != observed.count()) {
    return std::to_string(ours.value.size()) + " known elements, recorded " +
           std::to_string(observed.count());
  }
  for (std::size_t i = 0; i < ours.value.size(); ++i) {
    if (std::string why = judge_number(ours.value[i], observed, i, pool, bindings); !why.empty()) {
      return "element " + std::to_string(i) + " has " + why;
    }
  }
  return {};
}

std::string judge(const OperandFacts& ours, const Recorded& observed, const DimPool& pool,
                  const Bindings& bindings, Strictness strictness) {
  if (ours.type.dtype == DType::unknown) return strictness.may_be_unknown ? "" : "type is unknown";
  if (observed.is_sequence) {
    if (ours.type.is_tensor()) return "type " + to_string(ours.type) + ", recorded a sequence";
    return judge_elements(ours, observed, pool, bindings, strictness);
  }
  if (!observed.is_present) return {};
  const RecordedTensor& tensor = observed.tensors.front();
  if (ours.type.dtype != tensor.dtype) {
    return "type " + to_string(ours.type) + ", recorded " + std::string(name(tensor.dtype));
  }
  std::string why = judge_shape(ours.shape, tensor.extents, pool, bindings, strictness);
  return why.empty() ? judge_value(ours, tensor, pool, bindings) : why;
}

}  // namespace haoline::proof
