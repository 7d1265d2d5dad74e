// One operation of an ML program while it is translated. Internal to this folder.
#pragma once

#include <span>

#include "formats/coreml/mil.h"

namespace haoline::coreml {

class Call {
 public:
  Call(Reading& reading, Scope& place, const MilOperation& from)
      : r(reading), scope(place), operation(from) {}

  Reading& r;
  Scope& scope;
  const MilOperation& operation;
  Made made;

  // --- arguments: names of tensors, or values in place; compressed constants have them as attributes
  bool has(std::string_view key) const {
    return operation.input(key) != nullptr || operation.attribute(key) != nullptr;
  }
  TensorId tensor(std::string_view key);  // none: absent. A value in place becomes a constant.
  std::optional<Integers> integers(std::string_view key);
  std::int64_t integer(std::string_view key, std::int64_t otherwise);
  bool flag(std::string_view key, bool otherwise) { return integer(key, otherwise ? 1 : 0) != 0; }
  double real(std::string_view key, double otherwise);
  std::string_view text(std::string_view key, std::string_view otherwise);
  std::optional<std::size_t> rank(std::string_view key);
  std::int64_t dim(std::string_view key, std::size_t axis);

  // --- what the node gets
  void set(std::string_view key, std::int64_t value) { made.attributes.push_back({key, value, {}}); }
  void set(std::string_view key, const Integers& values) {
    made.attributes.push_back({key, r.model.arena.copy(std::span<const std::int64_t>(values)), {}});
  }
  void set(std::string_view key, std::string_view value) { made.attributes.push_back({key, value, {}}); }
  void set(std::string_view key, double value) { made.attributes.push_back({key, value, {}}); }
  void add(TensorId operand) { made.inputs.push_back(operand); }
  TensorId make(std::string_view role, const Integers& values, bool is_scalar = false);
  TensorId make(std::string_view role, std::span<const float> values);

 private:
  const TensorData* data(std::string_view key);
};

struct MilTranslation {
  std::string_view type;
  Op op = Op::unknown;
  std::string_view operands = {};      // in canonical order: "x weight bias"; "*values": all of a list
  bool (*translate)(Call&) = nullptr;  // false: it stays as itself
};
std::span<const MilTranslation> mil_math();      // mil_math.cc
std::span<const MilTranslation> mil_networks();  // mil_networks.cc
std::span<const MilTranslation> mil_movement();  // mil_movement.cc
const MilTranslation* find_mil(std::string_view type);

}  // namespace haoline::coreml
