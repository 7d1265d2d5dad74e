// Numbers, shapes and names as people read them. The same in every locale.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/checked.h"
#include "report/values.h"

namespace haoline {

// A space at which `wrapped` does not break; it comes out as a space.
inline constexpr std::string_view kNoBreak = "\u00a0";

std::string grouped(Int128 value);                    // "4,089,184,256"
std::string scaled(Int128 value);                     // "4.089 G"; below 10,000 all digits
std::string bytes_text(Int128 bytes);                 // "9.19 MiB"
std::string percent_text(double part, double whole);  // "2.9 %"; empty when there is no whole
// The formula with `·` for products, powers and grouped digits. Expects the report's ascii grammar.
std::string people_formula(std::string_view ascii);
// An operator of a well-known domain without that domain: "MatMulNBits" for "com.microsoft.MatMulNBits".
std::string_view short_operator(std::string_view display);
// A symbol as formulas spell it: in backquotes when it is no identifier.
std::string symbol_text(std::string_view name);
// "[batch, 3, 224, 224]", "?" for an unknown rank; names are made safe.
std::string shape_text(const ShapeText& shape);
// "1x3x224x224"; "?" for what is unknown, "scalar".
std::string shape_text(const ValueShape& shape);

// "2.05 G", "at least 2.05 G", "at most 3.1 k", "unknown".
std::string quantity_text(const Quantity& quantity, std::string (*unit)(Int128) = scaled);

std::string plural(std::size_t count, std::string_view noun);  // "1 node", "3 nodes"
// The end of a name is what tells it from its neighbours: "…stage4.2/conv2". `name` is safe text.
std::string shortened(std::string_view name, std::size_t width);
std::string padded(std::string text, std::size_t width);  // to the right
std::string right_aligned(std::string text, std::size_t width);
// Breaks at spaces; later lines begin with `indent` spaces. A word longer than a line is broken.
std::string wrapped(std::string_view text, std::size_t first_column, std::size_t indent, std::size_t width);

}  // namespace haoline
