// Small text helpers that know no locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace haoline {

// "3,221,225,472"
std::string grouped(std::uint64_t number);

// "1 node", "2 nodes"
std::string counted(std::uint64_t number, std::string_view noun);

// All of the text as one decimal number; nothing for an empty, signed, spaced or overlong one.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace haoline
