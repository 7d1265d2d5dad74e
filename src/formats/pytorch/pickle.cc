#include "formats/pytorch/pickle.h"

#include <charconv>
#include <cstring>
#include <unordered_map>

#include "base/text.h"

namespace haoline::pickle {

bool Pickle::boolean(Ref ref, bool otherwise) const {
  return kind(ref) == Kind::boolean ? values_[ref].as.integer != 0 : otherwise;
}
std::int64_t Pickle::integer(Ref ref, std::int64_t otherwise) const {
  const Kind k = kind(ref);
  return k == Kind::integer || k == Kind::boolean ? values_[ref].as.integer : otherwise;
}
double Pickle::real(Ref ref, double otherwise) const {
  if (kind(ref) == Kind::real) return values_[ref].as.real;
  return kind(ref) == Kind::integer ? static_cast<double>(values_[ref].as.integer) : otherwise;
}
std::string_view Pickle::text(Ref ref) const {
  const Value& v = values_[ref];
  if (v.kind == Kind::text || v.kind == Kind::bytes || v.kind == Kind::big) return {v.as.text, v.size};
  return v.kind == Kind::global ? module(ref) : std::string_view();
}

std::span<const Ref> Pickle::items(Ref ref) const {
  const Value& v = values_[ref];
  switch (v.kind) {
    case Kind::tuple:
    case Kind::list:
    case Kind::set:
    case Kind::dictionary:
    case Kind::call:
      return std::span(items_).subspan(v.as.items, v.size);
    default:
      return {};
  }
}

bool Pickle::is_mapping(Ref ref) const {
  if (kind(ref) == Kind::dictionary) return true;
  return kind(ref) == Kind::call &&
         (values_[ref].has_pairs || is_call_of(ref, "collections", "OrderedDict") ||
          is_call_of(ref, "collections", "defaultdict"));
}

Ref Pickle::find(Ref mapping, std::string_view key) const {
  if (!is_mapping(mapping)) return kNone;
  const std::span<const Ref> all = items(mapping);
  for (std::size_t i = all.size() / 2; i-- > 0;) {  // the last of repeated keys
    if (is_text(all[2 * i]) && text(all[2 * i]) == key) return all[2 * i + 1];
  }
  return kNone;
}
bool Pickle::has(Ref mapping, std::string_view key) const {
  if (!is_mapping(mapping)) return false;
  const std::span<const Ref> all = items(mapping);
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    if (is_text(all[i]) && text(all[i]) == key) return true;
  }
  return false;
}

std::string_view Pickle::module(Ref global) const {
  const Value& v = values_[global];
  return v.kind == Kind::global ? std::string_view(v.as.text, v.a) : std::string_view();
}
std::string_view Pickle::name(Ref global) const {
  const Value& v = values_[global];
  return v.kind == Kind::global ? std::string_view(v.as.text + v.a + 1, v.size - v.a - 1)
                                : std::string_view();
}
bool Pickle::is_global(Ref ref, std::string_view wanted_module, std::string_view wanted_name) const {
  return kind(ref) == Kind::global && name(ref) == wanted_name && module(ref) == wanted_module;
}
bool Pickle::is_call_of(Ref ref, std::string_view wanted_module, std::string_view wanted_name) const {
  return is_call(ref) && is_global(callee(ref), wanted_module, wanted_name);
}
Ref Pickle::callee(Ref ref) const {
  if (!is_call(ref)) return kNone;
  const Ref called = values_[ref].a;
  if (kind(called) == Kind::persistent && text(argument(called, 0)) == "module") return argument(called, 1);
  return called;
}
std::span<const Ref> Pickle::arguments(Ref ref) const {
  return is_call(ref) ? items(values_[ref].b) : std::span<const Ref>();
}
Ref Pickle::argument(Ref ref, std::size_t index) const {
  if (kind(ref) == Kind::persistent) {
    const Ref id = values_[ref].a;
    if (!is_sequence(id)) return index == 0 ? id : kNone;
    return index < items(id).size() ? items(id)[index] : kNone;
  }
  const std::span<const Ref> all = arguments(ref);
  return index < all.size() ? all[index] : kNone;
}
Ref Pickle::attributes(Ref ref) const {
  const Ref s = state(ref);
  if (is_mapping(s)) return s;
  if (kind(s) == Kind::tuple && items(s).size() == 2 && is_mapping(items(s)[0])) return items(s)[0];
  return kNone;
}

bool sniff(Bytes head) {
  return head.size() >= 2 && head[0] == std::byte{0x80} && std::to_integer<int>(head[1]) >= 2 &&
         std::to_integer<int>(head[1]) <= 5;
}

}  // namespace haoline::pickle
