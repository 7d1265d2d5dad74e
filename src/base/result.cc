#include "base/result.h"

#include <array>
#include <charconv>

namespace haoline {

std::string Error::to_string() const {
  std::string text = path;
  if (has_offset) {
    std::array<char, 20> hex;
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), offset, 16).ptr;
    text += (text.empty() ? "at byte 0x" : " at byte 0x") + std::string(hex.data(), end);
  }
  if (!text.empty()) text += ": ";
  text += message;
  if (!advice.empty()) text += ". " + advice;
  return text;
}

}  // namespace haoline
