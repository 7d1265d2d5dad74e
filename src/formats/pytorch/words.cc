// Plain values of a pickle as text.
#include <charconv>

#include "formats/pytorch/reading.h"

namespace haoline::pytorch {
namespace {

using pickle::Kind;
using pickle::Ref;

constexpr std::size_t kMaxItems = 256;  // of a list that is written out

std::string real_text(double value) {
  char room[40];
  const auto [end, problem] = std::to_chars(room, room + sizeof room, value);
  return problem == std::errc() ? std::string(room, end) : std::string("nan");
}

bool append_words(const pickle::Pickle& p, Ref ref, std::string& out, int depth) {
  if (depth > 4 || out.size() > kMaxText) return false;
  switch (p.kind(ref)) {
    case Kind::none:
      out += "none";
      return true;
    case Kind::boolean:
      out += p.boolean(ref) ? "true" : "false";
      return true;
    case Kind::integer:
      out += std::to_string(p.integer(ref));
      return true;
    case Kind::real:
      out += real_text(p.real(ref));
      return true;
    case Kind::text:
      out += p.text(ref).substr(0, kMaxText);
      return true;
    case Kind::global:
      out.append(p.module(ref)).append(1, '.').append(p.name(ref));
      return true;
    case Kind::tuple:
    case Kind::list:
    case Kind::set: {
      if (p.items(ref).size() > kMaxItems) return false;
      out += p.kind(ref) == Kind::tuple ? '(' : '[';
      bool first = true;
      for (const Ref item : p.items(ref)) {
        if (!first) out += ", ";
        first = false;
        if (!append_words(p, item, out, depth + 1)) return false;
      }
      out += p.kind(ref) == Kind::tuple ? ')' : ']';
      return true;
    }
    case Kind::call:
      // pathlib.PosixPath('a', 'b') and the like: the arguments say it.
      if (p.module(p.callee(ref)) == "pathlib") {
        bool first = true;
        for (const Ref part : p.arguments(ref)) {
          if (!p.is_text(part)) return false;
          if (!first && !out.ends_with('/')) out += '/';
          first = false;
          out += p.text(part);
        }
        return true;
      }
      if (p.name(p.callee(ref)) == "device" || p.name(p.callee(ref)) == "Size") {
        return append_words(p, p.argument(ref, 0), out, depth + 1);
      }
      return false;
    default:
      return false;
  }
}

}  // namespace

std::optional<std::string> as_words(const pickle::Pickle& p, Ref ref) {
  std::string out;
  if (!append_words(p, ref, out, 0)) return std::nullopt;
  return out;
}

std::string key_text(const pickle::Pickle& p, Ref key) {
  if (p.is_text(key)) return std::string(p.text(key));
  return as_words(p, key).value_or("?");
}

void say_all(Reading& r, const pickle::Pickle& p, std::string_view prefix, Ref ref, std::size_t depth) {
  if (!r.visit(depth) || r.metadata_left == 0) return;
  Ref mapping = p.is_mapping(ref) ? ref : pickle::kNone;
  // Objects that are only a bag of settings: argparse.Namespace, IterableSimpleNamespace, omegaconf's nodes.
  if (mapping == pickle::kNone && p.is_call(ref)) mapping = p.attributes(ref);
  if (mapping == pickle::kNone) {
    if (const std::optional<std::string> words = as_words(p, ref)) r.say(prefix, *words);
    return;
  }
  const auto items = p.items(mapping);
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    const std::string key = key_text(p, items[i]);
    if (key.starts_with("__")) continue;
    say_all(r, p, prefix.empty() ? key : std::string(prefix) + "." + key, items[i + 1], depth + 1);
  }
}

}  // namespace haoline::pytorch
