#include "analyses/weight_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "ir/tensor_elements.h"

namespace haoline {
namespace {

constexpr std::size_t kBlock = 4096;  // elements; what lies in the first cache

// Blocks are summed about their own mean and then joined (Chan, Golub and LeVeque 1979): no digits are lost
// over billions of elements, and each is read from memory once.
class Sums {
 public:
  void add(std::span<double> block) {
    all_.elements += block.size();
    const std::span<double> finite = block.first(drop_others(block));
    if (finite.empty()) return;
    double sum = 0, low = finite[0], high = finite[0];
    std::uint64_t zeros = 0;
    for (const double value : finite) {
      sum += value;
      low = std::min(low, value);
      high = std::max(high, value);
      zeros += value == 0 ? 1 : 0;
    }
    const double mean = sum / static_cast<double>(finite.size());
    double squares = 0;
    for (const double value : finite) squares += (value - mean) * (value - mean);
    join(finite.size(), mean, squares, low, high);
    all_.zeros += zeros;
  }

  void add_zeros(std::uint64_t count) {
    if (count == 0) return;
    all_.elements += count;
    all_.zeros += count;
    join(count, 0, 0, 0, 0);
  }

  WeightStatistics result() const {
    WeightStatistics out = all_;
    if (out.finite != 0) out.deviation = std::sqrt(squares_ / static_cast<double>(out.finite));
    return out;
  }

 private:
  // Moves the finite elements to the front and counts the others; how many are finite.
  std::size_t drop_others(std::span<double> block) {
    std::size_t kept = 0;
    for (const double value : block) {
      if (std::isfinite(value)) {
        block[kept++] = value;
      } else {
        ++(std::isnan(value) ? all_.nans : all_.infinities);
      }
    }
    return kept;
  }

  void join(std::uint64_t count, double mean, double squares, double low, double high) {
    const auto mine = static_cast<double>(all_.finite), its = static_cast<double>(count);
    const double apart = mean - all_.mean;
    all_.minimum = all_.finite == 0 ? low : std::min(all_.minimum, low);
    all_.maximum = all_.finite == 0 ? high : std::max(all_.maximum, high);
    all_.mean += apart * its / (mine + its);
    squares_ += squares + apart * apart * mine * its / (mine + its);
    all_.finite += count;
  }

  WeightStatistics all_;
  double squares_ = 0;  // of the distances from the mean
};

}  // namespace

std::optional<WeightStatistics> measure(const TensorData& data) {
  const std::optional<std::int64_t> count = element_count(data);
  if (!count) return std::nullopt;
  TensorData stored = data;
  const std::array<std::int64_t, 1> values{static_cast<std::int64_t>(data.stored_elements)};
  if (data.is_sparse) {
    if (data.stored_elements > static_cast<std::uint64_t>(*count)) return std::nullopt;
    stored.is_sparse = false;
    stored.extents = values;
  }
  ElementReader reader(stored);
  if (!reader.can_read()) return std::nullopt;
  Sums sums;
  std::array<double, kBlock> block;
  for (std::size_t n = 0; (n = reader.read(std::span<double>(block))) != 0;)
    sums.add(std::span(block).first(n));
  if (data.is_sparse) sums.add_zeros(static_cast<std::uint64_t>(*count) - data.stored_elements);
  return sums.result();
}

const TensorData* stored_constant(const Graph& graph, TensorId id) {
  const Tensor& tensor = graph.tensors[id];
  if (tensor.constant) return tensor.constant;
  if (!tensor.producer || graph.nodes[tensor.producer].op != Op::Constant) return nullptr;
  for (const std::string_view name : {"value", "sparse_value"}) {
    const Attribute* value = graph.nodes[tensor.producer].attribute(name);
    const auto* data = value ? std::get_if<const TensorData*>(&value->value) : nullptr;
    if (data) return *data;
  }
  return nullptr;
}

}  // namespace haoline
