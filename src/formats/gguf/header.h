// The header of one GGUF file as records. Values stay where they lie: of an array only its length is known,
// so a vocabulary of a hundred thousand texts costs a walk over their lengths.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "formats/gguf/wire.h"

namespace haoline::gguf {

struct Pair {
  std::string_view key;
  ValueType type = ValueType::uint8;
  ValueType element = ValueType::uint8;  // of an array
  std::uint64_t count = 0;               // of an array
  std::uint64_t begin = 0, end = 0;      // of the value (of an array: its first element)
  std::string_view text;                 // of a text
};

struct TensorRecord {
  std::string_view name;
  std::span<const std::int64_t> extents;  // outermost first
  std::uint32_t type = 0;
  std::uint64_t offset = 0;  // into the data
  std::uint64_t at = 0;      // of the record
};

struct Header {
  Bytes file;
  std::uint32_t version = 0;
  bool is_big_endian = false;
  std::vector<Pair> pairs;
  std::vector<TensorRecord> tensors;
  std::uint64_t alignment = kDefaultAlignment;
  std::uint64_t pairs_begin = 0, pairs_end = 0;
  std::uint64_t tensors_end = 0;  // of the records
  std::uint64_t data = 0;         // where the data begins

  const Pair* find(std::string_view key) const;
  // Null for what is of another kind. An integer is also a real number.
  std::optional<std::int64_t> integer(const Pair& pair) const;
  std::optional<double> real(const Pair& pair) const;
  // One element of an array of numbers, as if it were a pair of its own.
  Pair element(const Pair& array, std::uint64_t index) const;
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::string_view text(std::string_view key) const;  // empty: there is none
  // Calls `use` with the texts of an array, at most `most` of them.
  void texts(const Pair& array, std::uint64_t most, std::vector<std::string_view>& out) const;

 private:
  Cursor cursor_at(std::uint64_t at) const;
};

bool begins_like_gguf(Bytes head);
Result<Header> read_header(Bytes file, Arena& arena);

}  // namespace haoline::gguf
