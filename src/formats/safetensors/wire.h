// What the bytes of a SafeTensors file are: the header's length (64 bit), the header as JSON, the data.
//
//   {"__metadata__": {"format": "pt"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
//
// Offsets count from the end of the header. One pass reads the JSON into records; a tree of it would cost
// more than everything else that is done with such a file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "ir/dtype.h"
#include "ir/model.h"

namespace haoline::safetensors {

inline constexpr std::uint64_t kLongestHeader = 100'000'000;  // as the reference implementation has it

// Unknown for a word that the format does not have.
DType dtype_of(std::string_view word);

struct Record {
  std::string_view name;
  std::string_view dtype;
  std::span<const std::int64_t> extents;
  std::uint64_t begin = 0, end = 0;  // from the end of the header
  std::uint64_t at = 0;              // byte of the record in the file
};

struct Header {
  std::vector<Record> tensors;  // in the file's order
  std::vector<MetadataEntry> metadata;
  std::uint64_t metadata_begin = 0, metadata_end = 0;  // bytes of the value of __metadata__
  std::uint64_t data = 0;                              // where the data begins
};

bool begins_like_safetensors(Bytes head, std::uint64_t file_size);
Result<Header> read_header(Bytes file, Arena& arena);

}  // namespace haoline::safetensors
