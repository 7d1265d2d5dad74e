// A value or a located error. Bad input is ordinary here, so it is returned, never thrown; exceptions are
// left to broken invariants and lack of memory (the core also compiles without them, for WebAssembly).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace haoline {

enum class ErrorKind : std::uint8_t {
  unreadable,      // the file could not be opened or mapped
  unknown_format,  // no reader recognises the content
  truncated,       // the file ends before what it promised
  malformed,       // the file contradicts itself or its format
  unsupported,     // valid, but beyond what this reader knows
  usage,           // the request contradicts the model or itself
};

// A bad input in one line: which file, where in it, what is wrong, what to do about it.
// Names from the model are only in `path` (record names and numbers, never tensor names), so that
// redaction can drop it.
struct Error {
  ErrorKind kind = ErrorKind::malformed;
  std::string path;          // record inside the file: "graph.node[12].attribute[3]"; may be empty
  std::uint64_t offset = 0;  // byte in the file where that record or field begins
  bool has_offset = false;
  std::string message;  // "claims 3,221,225,472 bytes, 4,096 are left"
  std::string advice;   // "The file is cut short or damaged; download it again."; may be empty

  // "graph.node[12].attribute[3] at byte 0x1c0: claims …. The file is …"
  std::string to_string() const;
};

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }

  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  const E& error() const& { return *std::get_if<1>(&state_); }
  E&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, E> state_;
};

}  // namespace haoline
