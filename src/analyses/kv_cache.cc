#include "analyses/kv_cache.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "analyses/parameter_roles.h"

namespace haoline {
namespace {

// Where an attention operator reads and writes its cache. 2-in-1 caches hold keys and values in one tensor.
struct CacheSlots {
  Op op;
  std::array<std::uint8_t, 2> past;
  std::array<std::uint8_t, 2> present;
  std::int8_t token_axis;  // from the end
  bool together = false;   // only the first of each pair, keys and values in one
};
constexpr CacheSlots kCacheSlots[] = {
    {Op::Attention, {4, 5}, {1, 2}, -2},
    {Op::MsGroupQueryAttention, {3, 4}, {1, 2}, -2},
    {Op::MsMultiHeadAttention, {6, 7}, {1, 2}, -2},
    {Op::MsDecoderMaskedMultiHeadAttention, {5, 6}, {1, 2}, -2},
    {Op::MsDecoderAttention, {6, 7}, {1, 2}, -2},
    {Op::MsSparseAttention, {3, 4}, {1, 2}, -2},
    {Op::MsAttention, {4, 4}, {1, 1}, -2, true},
    {Op::MsQAttention, {8, 8}, {1, 1}, -2, true},
    {Op::MsDecoderMaskedSelfAttention, {4, 4}, {1, 1}, -2, true},
};

// One cache tensor on its way in and out, and its shape where one more token is added.
struct Pair {
  TensorId input, output;
  DType dtype;
  const Shape* shape;
  std::size_t token_axis;
  bool together;
  bool named;  // past, present, cache …
};

bool contains_word(std::string_view name, std::initializer_list<std::string_view> words) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return std::any_of(words.begin(), words.end(),
                     [&lower](std::string_view word) { return lower.find(word) != std::string::npos; });
}

class Search {
 public:
  Search(const Model& model, const Inference& inference)
      : graph_(model.main()), facts_(inference.graphs[Model::kMain]) {}

  std::vector<Pair> run() {
    mark_inputs();
    mark_outputs();
    for (const Node& node : graph_.nodes) {
      if (node.op == Op::Concat) {
        visit_concat(node);
      } else if (node.op == Op::TensorScatter) {
        visit_scatter(node);
      } else {
        visit_attention(node);
      }
    }
    drop_unlikely();
    if (pairs_.empty()) pair_by_name();
    return std::move(pairs_);
  }

 private:
  // Which graph input a tensor is a form of (views, casts, one layer of a stack).
  void mark_inputs() {
    from_.resize(graph_.tensors.size());
    for (const TensorId input : graph_.inputs) from_[input] = input;
    for (const Node& node : graph_.nodes) {
      if (!is_form(node) || node.inputs.empty() || !node.inputs[0] || !from_[node.inputs[0]]) continue;
      for (const TensorId output : node.outputs) {
        if (output) from_[output] = from_[node.inputs[0]];
      }
    }
  }
  // Which graph output a tensor ends in, alone or stacked with others.
  void mark_outputs() {
    to_.resize(graph_.tensors.size());
    for (const TensorId output : graph_.outputs) to_[output] = output;
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      const Node& node = graph_.nodes[NodeId{static_cast<std::uint32_t>(i)}];
      if (node.outputs.empty() || !node.outputs[0] || !to_[node.outputs[0]]) continue;
      const bool stacks = node.op == Op::Concat;
      if (!stacks && !is_form(node)) continue;
      for (const TensorId input :
           node.inputs.first(stacks ? node.inputs.size() : std::min<std::size_t>(1, node.inputs.size()))) {
        if (input && !to_[input]) to_[input] = to_[node.outputs[0]];
      }
    }
  }
  static bool is_form(const Node& node) {
    const bool lone = node.op == Op::Concat && node.inputs.size() == 1;
    return lone || node.op == Op::Gather || passing_of(node.op) == Passing::first;
  }

  void add(TensorId operand, TensorId result, std::size_t token_axis, bool together) {
    if (!from_[operand] || !to_[result]) return;
    const OperandFacts& entry = facts_.tensors[operand];
    const DType dtype = facts_.tensors[from_[operand]].type.dtype;
    if (!is_float(dtype) && info(dtype).bits > 8) return;  // token ids are no cache
    if (entry.shape.rank() < 3 || token_axis >= entry.shape.rank()) return;
    const bool named =
        contains_word(graph_.tensors[from_[operand]].name, {"past", "cache", "present", "kv"}) ||
        contains_word(graph_.tensors[to_[result]].name, {"past", "cache", "present", "kv"});
    pairs_.push_back({from_[operand], to_[result], dtype, &entry.shape, token_axis, together, named});
  }

  void visit_concat(const Node& node) {
    const Attribute* attribute = node.attribute("axis");
    const auto* axis = attribute ? std::get_if<std::int64_t>(&attribute->value) : nullptr;
    if (!axis || node.outputs.empty() || !node.outputs[0] || node.inputs.size() != 2) return;
    const TensorId operand = node.inputs[0];
    if (!operand || !node.inputs[1] || from_[node.inputs[1]]) return;
    const auto at = normalize_axis(*axis, facts_.tensors[operand].shape.rank());
    if (at) add(operand, node.outputs[0], *at, false);
  }

  void visit_scatter(const Node& node) {
    if (node.inputs.empty() || !node.inputs[0] || node.outputs.empty() || !node.outputs[0]) return;
    const Attribute* attribute = node.attribute("axis");
    const auto* axis = attribute ? std::get_if<std::int64_t>(&attribute->value) : nullptr;
    const auto at = normalize_axis(axis ? *axis : -2, facts_.tensors[node.inputs[0]].shape.rank());
    if (at) add(node.inputs[0], node.outputs[0], *at, false);
  }

  void visit_attention(const Node& node) {
    const auto* slots = std::find_if(std::begin(kCacheSlots), std::end(kCacheSlots),
                                     [&node](const CacheSlots& s) { return s.op == node.op; });
    if (slots == std::end(kCacheSlots)) return;
    for (std::size_t i = 0; i < (slots->together ? 1u : 2u); ++i) {
      if (slots->past[i] >= node.inputs.size() || slots->present[i] >= node.outputs.size()) continue;
      const TensorId past = node.inputs[slots->past[i]], present = node.outputs[slots->present[i]];
      if (!past || !present) continue;
      const auto at = normalize_axis(slots->token_axis, facts_.tensors[past].shape.rank());
      if (!at) continue;
      const std::size_t before = pairs_.size();
      add(past, present, *at, slots->together);
      if (pairs_.size() > before) pairs_.back().named = true;  // the operator says what it is
    }
  }

  // A lone Concat of an input may be anything; keys and values come together and grow along the axis before
  // the last.
  void drop_unlikely() {
    const auto likely = [](const Pair& pair) { return pair.token_axis + 2 == pair.shape->rank(); };
    const bool several = std::count_if(pairs_.begin(), pairs_.end(), likely) >= 2;
    std::erase_if(pairs_, [&](const Pair& pair) { return !pair.named && !(several && likely(pair)); });
  }

  // past_key_values.3.key and present.3.key: the same name but for the word. What crosses from an encoder
  // does not grow.
  void pair_by_name() {
    std::unordered_map<std::string, TensorId> presents;
    for (const TensorId output : graph_.outputs) {
      const std::string_view name = graph_.tensors[output].name;
      if (contains_word(name, {"present"})) presents.emplace(stem(name), output);
    }
    for (const TensorId input : graph_.inputs) {
      const std::string_view name = graph_.tensors[input].name;
      if (!contains_word(name, {"past"}) || contains_word(name, {"encoder", "cross"})) continue;
      const auto present = presents.find(stem(name));
      if (present == presents.end()) continue;
      const OperandFacts& before = facts_.tensors[input];
      const Shape& after = facts_.tensors[present->second].shape;
      if (before.shape.rank() < 3 || after.rank() != before.shape.rank()) continue;
      std::size_t axis = before.shape.rank() - 2;
      for (std::size_t i = 0; i < after.rank(); ++i) {
        if (before.shape[i] != after[i]) axis = i;
      }
      pairs_.push_back({input, present->second, before.type.dtype, &before.shape, axis, false, true});
    }
  }
  static std::string stem(std::string_view name) {
    std::string out(name);
    for (const std::string_view word :
         {"past_key_values", "past_key_value", "past", "present_key_values", "present"}) {
      const std::size_t at = out.find(word);
      if (at != std::string::npos) return out.erase(at, word.size());
    }
    return out;
  }

  const Graph& graph_;
  const GraphFacts& facts_;
  IdVector<TensorId, TensorId> from_, to_;
  std::vector<Pair> pairs_;
};

// Bytes of one entry of one sequence: every extent but that of tokens and that of the batch.
std::optional<Int128> entry_bytes(const Pair& pair, const DimPool& dims, const Bindings& bindings) {
  const std::size_t rank = pair.shape->rank();
  const std::size_t batch = rank >= 5 ? 1 : 0;  // in front of a batch: keys and values, or layers
  Int128 elements = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    if (i == pair.token_axis || i == batch) continue;
    const auto extent = dims.evaluate((*pair.shape)[i], bindings);
    const auto product = extent ? checked_mul(elements, *extent) : std::nullopt;
    if (!product) return std::nullopt;
    elements = *product;
  }
  return byte_size(pair.dtype, elements);
}

template <class T>
void agree(std::optional<T>& known, std::optional<T> value, bool first) {
  if (first) {
    known = value;
  } else if (known != value) {
    known = std::nullopt;
  }
}

}  // namespace

std::optional<KvCache> find_kv_cache(const Model& model, Inference& inference, const BoundSymbols& bound) {
  const std::vector<Pair> pairs = Search(model, inference).run();
  if (pairs.empty()) return std::nullopt;
  KvCache cache;
  std::size_t halves = 0;
  std::optional<Int128> sum = 0;
  for (const Pair& pair : pairs) {
    const bool first = halves == 0;
    halves += pair.together ? 2 : 1;
    const auto bytes = entry_bytes(pair, inference.dims, bound.values);
    sum = sum && bytes ? checked_add(*sum, *bytes) : std::nullopt;
    const std::size_t rank = pair.shape->rank();
    std::optional<std::int64_t> heads, size;
    if (rank >= 4 && pair.token_axis + 2 == rank) {
      heads = (*pair.shape)[rank - 3].number();
      size = (*pair.shape)[rank - 1].number();
    }
    agree(cache.heads, heads, first);
    agree(cache.head_size, size, first);
    if (std::find(cache.inputs.begin(), cache.inputs.end(), pair.input) == cache.inputs.end()) {
      cache.inputs.push_back(pair.input);
    }
    if (std::find(cache.outputs.begin(), cache.outputs.end(), pair.output) == cache.outputs.end()) {
      cache.outputs.push_back(pair.output);
    }
  }
  cache.layers = (halves + 1) / 2;
  if (sum && *sum >= 0 && *sum < (Int128{1} << 63)) cache.bytes_per_token = static_cast<std::uint64_t>(*sum);
  return cache;
}

}  // namespace haoline
