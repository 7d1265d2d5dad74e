// The one table of flags. Parsing, --help, shell completion and docs/cli.md are made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/arguments.h"

namespace haoline::cli {

enum class FlagSection : std::uint8_t { output, model, figures, privacy, terminal, general };
inline constexpr std::size_t kFlagSections = 6;
std::string_view title(FlagSection section);

struct Flag {
  std::string_view name;      // "--out-json"
  char letter;                // 'q' for -q; 0: none
  std::string_view argument;  // "FILE"; empty: a switch
  std::string_view choices;   // words to complete, space-separated; "@file": a path; empty: anything
  FlagSection section;
  std::uint32_t commands;  // bit of each CommandId that knows the flag
  std::string_view help;
  // Fills the arguments; the returned text says what is wrong with the value, empty when nothing is.
  std::string (*apply)(Arguments& arguments, std::string_view value);
};

constexpr std::uint32_t bit(CommandId command) {
  return 1u << static_cast<unsigned>(command);
}

std::span<const Flag> flags();
const Flag* find_flag(std::string_view name);  // "--out-json" or "-q"

}  // namespace haoline::cli
