// Names from files are bytes that only claim to be UTF-8. One decoder for all renderers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace haoline {

struct CodePoint {
  char32_t value;      // U+FFFD where the bytes are not UTF-8
  std::size_t length;  // bytes taken, at least 1
  bool valid;
};

// The character at `at` (< text.size()). Overlong forms, surrogates and values beyond U+10FFFF are invalid.
CodePoint decode_utf8(std::string_view text, std::size_t at);
void append_utf8(std::string& out, char32_t value);

// Controls, line and paragraph separators, bidirectional overrides, zero-width and private marks: what
// changes how the rest of a line is shown.
bool is_disruptive(char32_t value);

// For a terminal or a plain file: invalid bytes become U+FFFD, disruptive characters a visible escape
// ("\x1b", "\u202e").
void append_safe(std::string& out, std::string_view text);
std::string safe(std::string_view text);

// Columns on a terminal: wide East Asian characters and emoji take two, combining marks none. Expects safe
// text.
std::size_t display_width(std::string_view text);

}  // namespace haoline
