#include "analyses/infer_repeats.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

namespace haoline::engine {
namespace {

constexpr std::size_t kMostElements = 64;  // of a value that is compared
constexpr std::size_t kMostBytes = 256;    // of an attribute's list or tensor
constexpr std::size_t kMostOperands = 64;

class Hash {
 public:
  // An address is mixed in, so that a file cannot be made to collide.
  explicit Hash(const void* seed) : sum_(reinterpret_cast<std::uintptr_t>(seed) * 0xbf58476d1ce4e5b9u) {}
  void add(std::uint64_t word) {
    sum_ = (sum_ ^ word) * 0x9e3779b97f4a7c15u;
    sum_ ^= sum_ >> 32;
  }
  void add(const void* data, std::size_t size) {
    const auto* at = static_cast<const char*>(data);
    add(size);
    for (; size >= 8; at += 8, size -= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      add(word);
    }
    std::uint64_t word = 0;
    if (size != 0) std::memcpy(&word, at, size);
    add(word);
  }
  std::uint64_t sum() const { return sum_; }
  std::uint32_t small() const { return static_cast<std::uint32_t>(sum_ * 0x9e3779b97f4a7c15u >> 32); }

 private:
  std::uint64_t sum_;
};

// --- facts

void add(Hash& hash, const Value& value) {
  hash.add(value.size());
  for (const Number& n : value.elements()) {
    hash.add(n.numerator.bits() ^ static_cast<std::uint64_t>(n.denominator) << 1);
    hash.add(std::bit_cast<std::uint64_t>(n.real) + static_cast<std::uint64_t>(n.kind));
  }
}

std::uint32_t hash_of(const OperandFacts& facts, const void* seed) {
  Hash hash(seed);
  hash.add(static_cast<std::uint64_t>(facts.type.dtype) | static_cast<std::uint64_t>(facts.type.key) << 8 |
           facts.type.containers.size() << 16 | std::uint64_t{facts.shape.has_rank()} << 24 |
           std::uint64_t{facts.is_constant} << 25 | std::uint64_t{facts.shape.rank()} << 32);
  for (const Dim dim : facts.shape) hash.add(dim.bits());
  if (!facts.length.is_unknown()) hash.add(facts.length.bits());
  if (facts.value) add(hash, facts.value);
  return hash.small();
}

bool is_same(const Number& a, const Number& b) {
  return a.kind == b.kind && a.numerator == b.numerator && a.denominator == b.denominator &&
         std::bit_cast<std::uint64_t>(a.real) == std::bit_cast<std::uint64_t>(b.real);
}

bool is_same(const Value& a, const Value& b) {
  if (bool(a) != bool(b) || a.size() != b.size()) return false;
  if (a.elements().data() == b.elements().data()) return true;
  return std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(),
                    [](const Number& x, const Number& y) { return is_same(x, y); });
}

bool is_same(const OperandFacts& a, const OperandFacts& b) {
  return a.type == b.type && a.shape == b.shape && a.is_constant == b.is_constant && a.length == b.length &&
         a.elements == b.elements && is_same(a.value, b.value);
}

// --- attributes

// Constants that are read as values: short, and all there.
bool is_short(const TensorData& data) {
  return (data.encoding == TensorData::Encoding::raw || data.encoding == TensorData::Encoding::varint) &&
         !data.is_sparse && !data.bytes.empty() && data.bytes.size() <= kMostBytes &&
         data.extents.size() * sizeof(std::int64_t) <= kMostBytes;
}

template <class T>
bool add_list(Hash& hash, std::span<const T> list) {
  hash.add(list.data(), list.size_bytes());
  return list.size_bytes() <= kMostBytes;
}

struct AddPayload {
  Hash& hash;
  bool operator()(std::int64_t value) const { return hash.add(static_cast<std::uint64_t>(value)), true; }
  bool operator()(double value) const { return hash.add(std::bit_cast<std::uint64_t>(value)), true; }
  bool operator()(std::string_view text) const { return add_list(hash, std::span(text)); }
  bool operator()(std::span<const std::int64_t> list) const { return add_list(hash, list); }
  bool operator()(std::span<const float> list) const { return add_list(hash, list); }
  bool operator()(const TensorData* data) const {
    if (data == nullptr || !is_short(*data)) return false;
    hash.add(static_cast<std::uint64_t>(data->dtype) | static_cast<std::uint64_t>(data->encoding) << 8);
    return add_list(hash, data->extents) && add_list(hash, data->bytes);
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;  // bodies, types, lists of tensors
  }
};

// False where an attribute is of a sort that is not compared.
bool add_attribute(Hash& hash, const Attribute& attribute) {
  if (!attribute.reference.empty()) return false;
  hash.add(attribute.name.data(), attribute.name.size());
  hash.add(attribute.value.index());
  return std::visit(AddPayload{hash}, attribute.value);
}

template <class List>
bool same_bytes(const List& a, const List& b) {
  if (a.size() != b.size()) return false;
  return a.empty() || a.data() == b.data() ||
         std::memcmp(a.data(), b.data(), a.size() * sizeof(*a.data())) == 0;
}

struct SamePayload {
  bool operator()(std::int64_t a, std::int64_t b) const { return a == b; }
  bool operator()(double a, double b) const {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  }
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  bool operator()(std::span<const std::int64_t> a, std::span<const std::int64_t> b) const {
    return same_bytes(a, b);
  }
  bool operator()(std::span<const float> a, std::span<const float> b) const { return same_bytes(a, b); }
  bool operator()(const TensorData* a, const TensorData* b) const {
    return a->dtype == b->dtype && a->encoding == b->encoding && same_bytes(a->extents, b->extents) &&
           same_bytes(a->bytes, b->bytes);
  }
  template <class A, class B>
  bool operator()(const A&, const B&) const {
    return false;
  }
};

bool is_same(std::span<const Attribute> a, std::span<const Attribute> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Attribute& x, const Attribute& y) {
    return x.name == y.name && std::visit(SamePayload{}, x.value, y.value);
  });
}

}  // namespace

std::optional<Kind> FactKinds::of(FactTable& table, OperandFacts& facts) {
  if (facts.value.size() > kMostElements || facts.shape.rank() > kMostOperands) return std::nullopt;
  const std::uint32_t hash = hash_of(facts, this);
  const auto known = index_.find(hash, [&](Kind kind) { return is_same(table.of_kind(kind), facts); });
  if (known) return known;
  if (table.kind_count() > 2 * table.size() + 1024) return std::nullopt;
  const Kind made = table.add_kind(std::move(facts));
  index_.insert(hash, made);
  return made;
}

Dim FactKinds::bytes(const FactTable& table, Kind kind, DimPool& pool) {
  if (kind >= bytes_.size()) bytes_.resize(std::max<std::size_t>(kind + 1, 2 * bytes_.size()));
  Bytes& known = bytes_[kind];
  if (!known.known) {
    const OperandFacts& facts = table.of_kind(kind);
    known = {byte_size(facts.type, facts.shape, pool), true};
  }
  return known.bytes;
}

void FactKinds::forget_bytes(Kind kind) {
  if (kind < bytes_.size()) bytes_[kind].known = false;
}

// Operator, version, operands by kind, which results are wanted, how often it runs, attributes.
bool Repeats::make_key(const FactTable& table, const Node& node, Dim executions) {
  if (node.op == Op::unknown || node.inputs.size() > kMostOperands || node.outputs.size() > 32) return false;
  std::uint64_t wanted = 0;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) wanted |= std::uint64_t{bool(node.outputs[i])} << i;
  key_.clear();
  key_.push_back(static_cast<std::uint64_t>(node.op) | static_cast<std::uint64_t>(node.version) << 32);
  key_.push_back(wanted | std::uint64_t{node.outputs.size()} << 32 | std::uint64_t{node.inputs.size()} << 48);
  key_.push_back(executions.bits());
  for (const TensorId input : node.inputs) key_.push_back(input ? table.kind(input) : ~std::uint64_t{0});
  Hash hash(this);
  for (const Attribute& attribute : node.attributes) {
    if (!add_attribute(hash, attribute)) return false;
  }
  key_.push_back(hash.sum());
  for (const std::uint64_t word : key_) hash.add(word);
  hash_ = hash.small();
  return true;
}

const Repeat* Repeats::find(const FactTable& table, const Node& node, Dim executions) {
  can_add_ = make_key(table, node, executions);
  if (!can_add_) return nullptr;
  const auto found = index_.find(hash_, [&](std::uint32_t index) {
    const Repeat& repeat = repeats_[index];
    return repeat.key_size == key_.size() &&
           std::equal(key_.begin(), key_.end(), keys_.begin() + repeat.key) &&
           is_same(repeat.first->attributes, node.attributes);
  });
  if (found) return &repeats_[*found];
  if (repeats_.size() > 2 * table.size() + 1024) can_add_ = false;
  return nullptr;
}

void Repeats::add(const Node& node, std::span<const Kind> derived, std::span<const Kind> settled, Kind kind) {
  index_.insert(hash_, static_cast<std::uint32_t>(repeats_.size()));
  repeats_.push_back({&node, static_cast<std::uint32_t>(keys_.size()),
                      static_cast<std::uint32_t>(key_.size()), static_cast<std::uint32_t>(kinds_.size()),
                      static_cast<std::uint32_t>(derived.size()), kind});
  keys_.insert(keys_.end(), key_.begin(), key_.end());
  kinds_.insert(kinds_.end(), derived.begin(), derived.end());
  kinds_.insert(kinds_.end(), settled.begin(), settled.end());
}

}  // namespace haoline::engine
