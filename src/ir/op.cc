#include "ir/op.h"

#include <algorithm>
#include <array>

namespace haoline {
namespace {

constexpr OpName kNames[] = {
    {"", "unknown"},
#define HAOLINE_OP(enumerator, domain, name) {domain, name},
#include "ir/generated/op_names.inc"
#include "ir/op_extra.inc"
#undef HAOLINE_OP
};
static_assert(std::size(kNames) == kOpCount);

// ".Conv", "com.microsoft.Gelu": joined at compile time, so that a display name is a view of static text.
constexpr std::string_view kDisplayNames[] = {
    ".unknown",
#define HAOLINE_OP(enumerator, domain, name) domain "." name,
#include "ir/generated/op_names.inc"
#include "ir/op_extra.inc"
#undef HAOLINE_OP
};
static_assert(std::size(kDisplayNames) == kOpCount);

constexpr std::uint32_t hash_of(std::string_view domain, std::string_view name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  for (const char c : domain) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

// Open addressing, filled at compile time: no start-up work, no global that could be written.
constexpr std::size_t kSlots = 2048;
static_assert(kSlots >= kOpCount * 2, "grow the table");

constexpr std::array<std::uint16_t, kSlots> make_slots() {
  std::array<std::uint16_t, kSlots> slots{};
  for (std::size_t i = 1; i < kOpCount; ++i) {
    std::size_t at = hash_of(kNames[i].domain, kNames[i].name) % kSlots;
    while (slots[at] != 0) at = (at + 1) % kSlots;
    slots[at] = static_cast<std::uint16_t>(i);
  }
  return slots;
}
constexpr std::array<std::uint16_t, kSlots> kSlotTable = make_slots();

}  // namespace

// Our own domain goes without saying: none of its names is one of ONNX.
std::string_view display_name(Op op) {
  constexpr std::string_view kOwn = "haoline.";
  const std::string_view name = kDisplayNames[static_cast<std::size_t>(op)];
  if (name.starts_with(kOwn)) return name.substr(kOwn.size());
  return name.front() == '.' ? name.substr(1) : name;
}

OpName name_of(Op op) {
  return kNames[static_cast<std::size_t>(op)];
}

Op find_op(std::string_view domain, std::string_view name) {
  if (domain == "ai.onnx") domain = {};
  for (std::size_t at = hash_of(domain, name) % kSlots; kSlotTable[at] != 0; at = (at + 1) % kSlots) {
    const OpName& entry = kNames[kSlotTable[at]];
    if (entry.name == name && entry.domain == domain) return static_cast<Op>(kSlotTable[at]);
  }
  return Op::unknown;
}

}  // namespace haoline
