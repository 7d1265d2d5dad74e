#include "analyses/accounting.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/sort.h"

namespace haoline {
namespace {

// A constant's bytes where they lie, and whether anything uses them.
struct Stored {
  const TensorData* data;
  bool used;
};

bool lies_in_a_file(const TensorData& data) {
  return bool(data.file) && data.stored_bytes > 0;
}

// Tensors that something reads: operands, results of the graph, names that a body refers to.
std::vector<std::vector<bool>> used_tensors(const Model& model) {
  std::vector<std::vector<bool>> used(model.graphs.size());
  // A file that holds weights and no graph is there for its weights.
  if (used.size() == 1 && model.main().nodes.empty() && model.main().outputs.empty()) {
    used[0].assign(model.main().tensors.size(), true);
    return used;
  }
  for (const GraphId id : model.graphs.ids()) {
    const Graph& graph = model.graphs[id];
    auto& here = used[id.index];
    here.resize(graph.tensors.size());
    const auto use = [&here](TensorId tensor) {
      if (tensor && tensor.index < here.size()) here[tensor.index] = true;
    };
    for (const Node& node : graph.nodes) std::for_each(node.inputs.begin(), node.inputs.end(), use);
    std::for_each(graph.outputs.begin(), graph.outputs.end(), use);
    // Scales and zero points beside a packed weight are read where it is unpacked, which no node spells out.
    for (const TensorId tensor : graph.tensors.ids()) {
      if (graph.tensors[tensor].trained == Trained::auxiliary) use(tensor);
    }
  }
  // A body comes after its parent, so going backwards a use travels outwards through any number of bodies.
  for (std::size_t g = used.size(); g-- > 1;) {
    const Graph& graph = model.graphs[GraphId{static_cast<std::uint32_t>(g)}];
    if (!graph.parent || graph.parent.index >= used.size()) continue;
    auto& outside = used[graph.parent.index];
    for (const Tensor& tensor : graph.tensors) {
      if (tensor.outer && tensor.outer.index < outside.size()) outside[tensor.outer.index] = true;
    }
  }
  return used;
}

void collect_attribute(const Attribute& attribute, std::vector<Stored>& all) {
  const auto add = [&all](const TensorData* data) {
    if (data && lies_in_a_file(*data)) all.push_back({data, true});
  };
  if (const auto* one = std::get_if<const TensorData*>(&attribute.value)) add(*one);
  if (const auto* list = std::get_if<std::span<const TensorData* const>>(&attribute.value)) {
    std::for_each(list->begin(), list->end(), add);
  }
}

// One entry per place in the files, in order of place; shared storage is used if any of its tensors is.
std::vector<Stored> stored_constants(const Model& model) {
  const auto used = used_tensors(model);
  std::vector<Stored> all;
  for (const GraphId id : model.graphs.ids()) {
    const Graph& graph = model.graphs[id];
    for (const TensorId tensor : graph.tensors.ids()) {
      const TensorData* data = graph.tensors[tensor].constant;
      if (data && lies_in_a_file(*data)) all.push_back({data, used[id.index][tensor.index]});
    }
    for (const Node& node : graph.nodes) {
      for (const Attribute& attribute : node.attributes) collect_attribute(attribute, all);
    }
  }
  const auto place = [](const Stored& s) { return std::pair(s.data->file, s.data->offset); };
  sort_stably(all, [&](const Stored& a, const Stored& b) {
    return place(a) != place(b) ? place(a) < place(b) : a.used > b.used;
  });
  all.erase(std::unique(all.begin(), all.end(),
                        [&](const Stored& a, const Stored& b) { return place(a) == place(b); }),
            all.end());
  return all;
}

std::uint64_t hash_of(Bytes bytes) {
  std::uint64_t hash = 0x9e3779b97f4a7c15u ^ bytes.size();
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    hash = (hash ^ load<std::uint64_t>(bytes.data() + at)) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  for (; at < bytes.size(); ++at) hash = (hash ^ std::to_integer<std::uint64_t>(bytes[at])) * 0x100000001b3u;
  return hash;
}

// Labels move between the sums, never out of them: the total stays what the files have.
class Ledger {
 public:
  explicit Ledger(ByteAccounting& sums) : sums_(sums) {}

  void add(DType dtype, std::uint64_t bytes) {
    if (bytes != 0) weights_of(dtype) += bytes;
  }
  void take(DType dtype, std::uint64_t bytes, std::uint64_t& into) {
    std::uint64_t& weights = weights_of(dtype);
    const std::uint64_t moved = std::min(weights, bytes);
    weights -= moved;
    into += moved;
  }

 private:
  std::uint64_t& weights_of(DType dtype) {
    for (ByteAccounting::Weights& w : sums_.weights) {
      if (w.dtype == dtype) return w.bytes;
    }
    sums_.weights.push_back({dtype, 0});
    return sums_.weights.back().bytes;
  }
  ByteAccounting& sums_;
};

void label_duplicates(const std::vector<Stored>& constants, Ledger& ledger, ByteAccounting& sums) {
  std::unordered_multimap<std::uint64_t, const TensorData*> seen;
  for (const Stored& stored : constants) {
    const TensorData& data = *stored.data;
    if (!stored.used || data.bytes.empty()) continue;
    const std::uint64_t hash = hash_of(data.bytes);
    const auto [first, last] = seen.equal_range(hash);
    const bool repeated = std::any_of(first, last, [&data](const auto& other) {
      return other.second->dtype == data.dtype && other.second->bytes.size() == data.bytes.size() &&
             std::memcmp(other.second->bytes.data(), data.bytes.data(), data.bytes.size()) == 0;
    });
    if (repeated) {
      ledger.take(data.dtype, data.stored_bytes, sums.duplicate);
    } else {
      seen.emplace(hash, &data);
    }
  }
}

}  // namespace

ByteAccounting account_bytes(const Model& model, bool by_content) {
  ByteAccounting sums;
  Ledger ledger(sums);
  for (const ModelFile& file : model.files) sums.total += file.bytes.size();
  std::uint64_t labelled = 0;
  for (const ByteSpan& span : model.spans) {
    const std::uint64_t size = std::min(span.size, sums.total - labelled);
    labelled += size;
    switch (span.label) {
      case ByteLabel::weights:
        ledger.add(span.dtype, size);
        break;
      case ByteLabel::metadata:
        sums.metadata += size;
        break;
      case ByteLabel::padding:
        sums.padding += size;
        break;
      case ByteLabel::unreachable:
        sums.unreachable += size;
        break;
    }
  }
  sums.structure = sums.total - labelled;
  const std::vector<Stored> constants = stored_constants(model);
  for (const Stored& stored : constants) {
    if (!stored.used) ledger.take(stored.data->dtype, stored.data->stored_bytes, sums.unreachable);
  }
  if (by_content) label_duplicates(constants, ledger, sums);
  std::erase_if(sums.weights, [](const ByteAccounting::Weights& w) { return w.bytes == 0; });
  std::sort(sums.weights.begin(), sums.weights.end(),
            [](const auto& a, const auto& b) { return name(a.dtype) < name(b.dtype); });
  return sums;
}

}  // namespace haoline
