// Compressed weights: an integer constant, Convert, Subtract of a zero point, Multiply by a scale, perhaps a
// Reshape of its groups. The file states no role, but the pattern does: the integers are the weight, the
// others stand beside it.
#include <algorithm>

#include "formats/openvino/reading.h"
#include "ir/tensor_elements.h"

namespace haoline::openvino {
namespace {

constexpr std::uint64_t kMostScales = 65536;  // decoded; more are left where they lie

class Marker {
 public:
  Marker(Reading& reading, Graph& graph) : r_(reading), graph_(graph) {}

  void mark() {
    for (const Node& node : graph_.nodes) {
      if (node.op == Op::Mul && node.inputs.size() == 2) look_at(node);
    }
  }

 private:
  const Node* producer(TensorId tensor, Op op) const {
    const NodeId id = tensor ? graph_.tensors[tensor].producer : NodeId{};
    return id && graph_.nodes[id].op == op && !graph_.nodes[id].inputs.empty() ? &graph_.nodes[id] : nullptr;
  }
  // The constant behind any Converts.
  TensorId constant_behind(TensorId tensor) const {
    for (int steps = 0; tensor && steps < 4; ++steps) {
      if (graph_.tensors[tensor].constant != nullptr) return tensor;
      const Node* cast = producer(tensor, Op::Cast);
      if (cast == nullptr) return {};
      tensor = cast->inputs[0];
    }
    return {};
  }
  bool is_code(TensorId tensor) const {
    if (!tensor) return false;
    const TensorData& data = *graph_.tensors[tensor].constant;
    const bool is_small = info(data.dtype).bits > 0 && info(data.dtype).bits <= 8;
    const Quantization* own = graph_.tensors[tensor].quantization;
    return (is_small && (is_integer(data.dtype) || is_float(data.dtype))) || own != nullptr;
  }

  void look_at(const Node& node) {
    for (const std::size_t side : {0u, 1u}) {
      const TensorId scale = constant_behind(node.inputs[1 - side]);
      const Node* subtract = producer(node.inputs[side], Op::Sub);
      const TensorId weight =
          subtract ? constant_behind(subtract->inputs[0]) : constant_behind(node.inputs[side]);
      const TensorId zero =
          subtract && subtract->inputs.size() == 2 ? constant_behind(subtract->inputs[1]) : TensorId{};
      if (!is_code(weight) || !scale || weight == scale || (subtract && !zero)) continue;
      Tensor& weights = graph_.tensors[weight];
      if (count(weight) <= count(scale) || (zero && count(weight) <= count(zero))) continue;
      weights.trained = Trained::yes;
      graph_.tensors[scale].trained = Trained::auxiliary;
      if (zero) graph_.tensors[zero].trained = Trained::auxiliary;
      weights.quantization = describe(weight, scale, zero);
      return;
    }
  }

  std::uint64_t count(TensorId tensor) const { return graph_.tensors[tensor].constant->stored_elements; }

  // Axis and block from the extents of the scale, aligned at the end: where it has more than one element, and
  // where the weight was split into groups.
  const Quantization* describe(TensorId weight, TensorId scale, TensorId zero) {
    const Tensor& weights = graph_.tensors[weight];
    Quantization q;
    if (weights.quantization != nullptr) q = *weights.quantization;
    if (q.scheme.empty() || q.scheme == "packed") q.scheme = "affine";
    const auto extents = weights.constant->extents, scales = graph_.tensors[scale].constant->extents;
    std::size_t varying = 0;
    for (std::size_t i = 0; i < std::min(extents.size(), scales.size()); ++i) {
      const std::size_t axis = extents.size() - 1 - i;
      if (scales[scales.size() - 1 - i] == 1) continue;
      ++varying;
      q.axis = static_cast<std::int32_t>(axis);
    }
    if (varying > 1 && extents.size() == scales.size() && scales.back() == 1) {
      q.axis = static_cast<std::int32_t>(extents.size() - 1);
      q.block = extents.back();
    }
    if (count(scale) <= kMostScales) q.scales = decode<float>(scale);
    if (zero && count(zero) <= kMostScales) q.zero_points = decode<std::int64_t>(zero);
    return r_.model.arena.create(q);
  }

  template <class T>
  std::span<const T> decode(TensorId tensor) {
    const TensorData& data = *graph_.tensors[tensor].constant;
    ElementReader reader(data);
    if (!reader.can_read()) return {};
    std::vector<double> room(static_cast<std::size_t>(data.stored_elements));
    std::size_t filled = 0;
    while (filled < room.size()) {
      const std::size_t got = reader.read(std::span<double>(room).subspan(filled));
      if (got == 0) return {};
      filled += got;
    }
    const std::span<T> out = r_.model.arena.allocate<T>(room.size());
    for (std::size_t i = 0; i < room.size(); ++i) {
      const double value = room[i] >= -1e15 && room[i] <= 1e15 ? room[i] : 0;
      out[i] = static_cast<T>(value);
    }
    return out;
  }

  Reading& r_;
  Graph& graph_;
};

}  // namespace

void mark_compressed(Reading& r, GraphId graph) {
  Marker(r, r.model.graphs[graph]).mark();
}

}  // namespace haoline::openvino
