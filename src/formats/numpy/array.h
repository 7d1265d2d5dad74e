// The header of a NumPy array file: what its elements are and where they begin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "ir/dtype.h"

namespace haoline::numpy {

struct ArrayHeader {
  DType dtype = DType::unknown;  // unknown: a structure or raw bytes
  std::uint64_t item_bytes = 0;  // 0: not stated in a way this reader follows
  std::string descr;             // as the file spells it
  bool fortran_order = false;    // the first axis varies fastest
  std::vector<std::int64_t> extents;
  std::uint64_t data = 0;  // byte where the elements begin
};

bool sniff_array(Bytes head);
// `place` names the file for errors, `offset` is where it stands in another one.
Result<ArrayHeader> read_array_header(Bytes file, std::string_view place, std::uint64_t offset);

}  // namespace haoline::numpy
