#include "formats/shared/protobuf.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace haoline::protobuf {
namespace {

constexpr std::string_view kDamaged = "The file is cut short or damaged; download it again.";

constexpr std::array<std::string_view, 8> kWireTypes = {
    "a number", "eight bytes", "a length and bytes", "a group", "the end of a group", "four bytes", "6", "7"};

}  // namespace

std::string to_string(const Place& place) {
  std::vector<const Place*> chain;
  for (const Place* at = &place; at != nullptr; at = at->parent) chain.push_back(at);
  std::string text;
  for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
    if (!text.empty() && !(*at)->name.empty()) text += '.';
    text += (*at)->name;
    if ((*at)->index != Place::kNoIndex) text += "[" + std::to_string((*at)->index) + "]";
  }
  return text;
}

void Context::fail(ErrorKind kind, const Place& place, const std::byte* at, std::string message,
                   std::string advice) {
  if (!ok_) return;
  ok_ = false;
  error_ = {kind,          to_string(place),   at == nullptr ? 0 : offset_of(at),
            at != nullptr, std::move(message), std::move(advice)};
}

void Fields::fail(ErrorKind kind, std::string message, std::string advice) const {
  const auto* known = std::find_if(names_.data(), names_.data() + names_.size(),
                                   [&](const FieldName& field) { return field.number == number_; });
  const bool is_known = known != names_.data() + names_.size();
  const std::string name = is_known ? std::string(known->name) : "field " + std::to_string(number_);
  Place place{&place_, name};
  if (is_known && known->repeated) place.index = earlier_fields();
  context_.fail(kind, place, tag_, std::move(message), std::move(advice));
}

// How often the field in hand came before. Walks the message again: only an error asks.
std::uint32_t Fields::earlier_fields() const {
  Context unheard({begin_, static_cast<std::size_t>(end_ - begin_)});
  Fields again({begin_, static_cast<std::size_t>(tag_ - begin_)}, place_, {}, unheard);
  std::uint32_t count = 0;
  while (again.next()) count += again.number() == number_ ? 1 : 0;
  return count;
}

bool Fields::fail_tag() {
  context_.fail(ErrorKind::malformed, place_, tag_, "no field begins here", std::string(kDamaged));
  return false;
}

bool Fields::fail_cut(std::string_view what) {
  fail(ErrorKind::truncated, "ends within " + std::string(what), std::string(kDamaged));
  return false;
}

bool Fields::fail_length(const std::byte* after) {
  const auto left = static_cast<std::uint64_t>(end_ - after);
  fail(ErrorKind::truncated,
       "claims " + grouped(value_) + (value_ == 1 ? " byte, " : " bytes, ") + grouped(left) +
           (left == 1 ? " is left" : " are left"),
       std::string(kDamaged));
  return false;
}

bool Fields::fail_type(WireType wanted) {
  fail(ErrorKind::malformed,
       "holds " + std::string(kWireTypes[static_cast<std::size_t>(type_)]) + " where " +
           std::string(kWireTypes[static_cast<std::size_t>(wanted)]) + " should be",
       std::string(kDamaged));
  return false;
}

}  // namespace haoline::protobuf
