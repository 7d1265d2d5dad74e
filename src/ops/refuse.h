// Refusals with their extents spelled out, and the two questions every rule asks about extents.
//
//   return refuse(call.pool(), {"input has ", channels, " channels, the weight expects ", per_group});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "ir/dim.h"
#include "ir/finding.h"
#include "ops/op_row.h"

namespace haoline {

// A piece of a refusal: words, or an extent. An extent with symbols in it is marked as a name, so that
// redaction finds it.
struct Said {
  std::string_view text;
  Dim dim;
  bool is_dim = false;

  Said(const char* words) : text(words) {}
  Said(std::string_view words) : text(words) {}
  Said(Dim extent) : dim(extent), is_dim(true) {}
  Said(Expr extent) : Said(extent.dim()) {}
  Said(std::int64_t number) : Said(Dim(number)) {}
  Said(std::size_t number) : Said(Dim(static_cast<std::int64_t>(number))) {}
};
OpError refuse(const DimPool& pool, std::initializer_list<Said> pieces);

// Both are known and no binding makes them equal.
bool certainly_differ(const DimPool& pool, Dim a, Dim b);
// Proven to be below `bound` under every binding.
bool certainly_below(const DimPool& pool, Dim a, std::int64_t bound);

// The one of two equal extents that says more: a number over an expression over unknown.
Dim better_known(Dim a, Dim b);

}  // namespace haoline
