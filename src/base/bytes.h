// Bytes of a file: a view that somebody else keeps mapped.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace haoline {

using Bytes = std::span<const std::byte>;

static_assert(std::endian::native == std::endian::little,
              "every format read here is little-endian; a big-endian host needs a swap in load()");

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// An unaligned little-endian scalar. The caller has checked the bounds.
template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

}  // namespace haoline
