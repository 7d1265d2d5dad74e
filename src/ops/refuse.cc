#include "ops/refuse.h"

namespace haoline {

OpError refuse(const DimPool& pool, std::initializer_list<Said> pieces) {
  Message message;
  for (const Said& piece : pieces) {
    if (!piece.is_dim) {
      message.add(piece.text);
    } else if (piece.dim.is_unknown() || pool.constant(piece.dim)) {
      message.add(pool.to_string(piece.dim));
    } else {
      message.name(pool.to_string(piece.dim));
    }
  }
  return message;
}

bool certainly_differ(const DimPool& pool, Dim a, Dim b) {
  if (a.is_unknown() || b.is_unknown() || a == b) return false;
  const std::optional<bool> equal = pool.equal(a, b);
  return equal && !*equal;
}

bool certainly_below(const DimPool& pool, Dim a, std::int64_t bound) {
  if (a.is_unknown()) return false;
  if (const std::optional<Int128> number = pool.constant(a)) return *number < bound;
  return pool.range(a).high < bound;
}

Dim better_known(Dim a, Dim b) {
  if (a.is_unknown()) return b;
  if (b.is_unknown()) return a;
  return b.is_inline() && !a.is_inline() ? b : a;
}

}  // namespace haoline
