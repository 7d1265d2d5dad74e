// The table that a checkpoint's index is: sorted keys in blocks, as LevelDB writes them, perhaps compressed
// with snappy.
#pragma once

#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"

namespace haoline::tensorflow {

// Whether the bytes end as such a table does.
bool is_table(Bytes file);

struct TableEntry {
  std::string_view key;  // in the arena: keys share their beginnings on disk
  Bytes value;           // in the file, or in the arena where its block was compressed
};
// All entries, in order. Blocks may unpack to `kMostUnpacked` times the file at most.
Result<std::vector<TableEntry>> read_table(Bytes file, Arena& arena);

// One snappy block. Nothing where it is damaged or claims more than `most` bytes.
std::vector<std::byte> unpack_snappy(Bytes packed, std::size_t most, bool& ok);

}  // namespace haoline::tensorflow
