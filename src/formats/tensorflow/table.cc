#include "formats/tensorflow/table.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "formats/shared/protobuf.h"

namespace haoline::tensorflow {
namespace {

using protobuf::read_varint;

constexpr std::uint64_t kMagic = 0xdb4775248b80fb57;
constexpr std::size_t kFooter = 48;       // two handles, padded to 40 bytes, and the magic number
constexpr std::size_t kBlockTrailer = 5;  // type of compression, checksum
constexpr std::size_t kMostUnpacked = 64;
constexpr std::size_t kRoom = std::size_t{1} << 20;  // small files may unpack to this much anyhow

struct Handle {
  std::uint64_t offset = 0, size = 0;
};

const std::byte* read_handle(const std::byte* at, const std::byte* end, Handle& handle) {
  at = read_varint(at, end, handle.offset);
  return at == nullptr ? nullptr : read_varint(at, end, handle.size);
}

struct Table {
  Bytes file;
  Arena& arena;
  std::size_t unpacked = 0;
  Error error = {};
  bool failed = false;

  void fail(ErrorKind kind, std::uint64_t offset, std::string message) {
    if (failed) return;
    failed = true;
    error.kind = kind;
    error.path = "variables.index";
    error.offset = offset;
    error.has_offset = true;
    error.message = std::move(message);
    error.advice = "The file is cut short or damaged; export the model again.";
  }
};

// The content of a block, unpacked if need be.
Bytes block_at(Table& table, Handle handle, std::uint64_t told_at) {
  const std::uint64_t size = table.file.size();
  if (handle.offset > size || handle.size > size - handle.offset ||
      size - handle.offset - handle.size < kBlockTrailer) {
    table.fail(ErrorKind::malformed, told_at, "points to a block outside the file");
    return {};
  }
  const Bytes packed = table.file.subspan(handle.offset, handle.size);
  const auto type = std::to_integer<unsigned>(table.file[handle.offset + handle.size]);
  if (type == 0) return packed;
  if (type != 1) {
    table.fail(ErrorKind::unsupported, handle.offset, "is compressed in a way this reader does not know");
    return {};
  }
  bool ok = false;
  const std::size_t most = table.file.size() * kMostUnpacked + kRoom - table.unpacked;
  const std::vector<std::byte> content = unpack_snappy(packed, most, ok);
  if (!ok) {
    table.fail(ErrorKind::malformed, handle.offset, "holds a compressed block that does not unpack");
    return {};
  }
  table.unpacked += content.size();
  return table.arena.copy(content);
}

// Calls step(key, value) for every entry of a block.
template <class Step>
void each_entry(Table& table, Bytes block, std::uint64_t told_at, Step step) {
  std::uint32_t restarts = 0;
  if (block.size() >= 4) restarts = load<std::uint32_t>(block.data() + block.size() - 4);
  const std::uint64_t index_size = (std::uint64_t{restarts} + 1) * 4;
  if (block.size() < 4 || index_size > block.size()) {
    return table.fail(ErrorKind::malformed, told_at, "holds a block without an end");
  }
  const std::byte* at = block.data();
  const std::byte* const end = at + (block.size() - index_size);
  std::string key;
  while (at != end) {
    std::uint64_t shared = 0, own = 0, length = 0;
    at = read_varint(at, end, shared);
    if (at != nullptr) at = read_varint(at, end, own);
    if (at != nullptr) at = read_varint(at, end, length);
    const std::uint64_t left = at == nullptr ? 0 : static_cast<std::uint64_t>(end - at);
    if (at == nullptr || shared > key.size() || own > left || length > left - own) {
      return table.fail(ErrorKind::malformed, told_at, "holds an entry that runs past its block");
    }
    key.resize(shared);
    key.append(reinterpret_cast<const char*>(at), own);
    at += own;
    step(std::string_view(key), Bytes(at, length));
    at += length;
    if (table.failed) return;
  }
}

bool copy_back(std::vector<std::byte>& out, std::size_t offset, std::size_t length, std::size_t size) {
  if (offset == 0 || offset > out.size() || length > size - out.size()) return false;
  for (std::size_t i = 0; i < length; ++i) out.push_back(out[out.size() - offset]);
  return true;
}

}  // namespace

bool is_table(Bytes file) {
  return file.size() >= kFooter && load<std::uint64_t>(file.data() + file.size() - 8) == kMagic;
}

Result<std::vector<TableEntry>> read_table(Bytes file, Arena& arena) {
  Table table{file, arena};
  std::vector<TableEntry> entries;
  const std::uint64_t footer = file.size() < kFooter ? 0 : file.size() - kFooter;
  if (!is_table(file)) {
    table.fail(ErrorKind::malformed, footer, "does not end as an index of variables does");
    return table.error;
  }
  const std::byte* const end = file.data() + footer + 40;
  Handle meta, index;
  const std::byte* at = read_handle(file.data() + footer, end, meta);
  if (at != nullptr) at = read_handle(at, end, index);
  if (at == nullptr) table.fail(ErrorKind::malformed, footer, "ends without pointing to its index");
  const Bytes index_block = table.failed ? Bytes{} : block_at(table, index, footer);
  std::uint64_t key_bytes = 0;
  if (!table.failed) {
    each_entry(table, index_block, index.offset, [&](std::string_view, Bytes value) {
      Handle handle;
      if (read_handle(value.data(), value.data() + value.size(), handle) == nullptr)
        return table.fail(ErrorKind::malformed, index.offset, "points nowhere");
      const Bytes block = block_at(table, handle, index.offset);
      if (table.failed) return;
      each_entry(table, block, handle.offset, [&](std::string_view key, Bytes content) {
        // Shared beginnings, written out, could outgrow the file; so could a block that is pointed to twice.
        key_bytes += key.size() + 1;
        if (key_bytes > file.size() * kMostUnpacked + kRoom)
          return table.fail(ErrorKind::malformed, handle.offset, "has longer keys than its size justifies");
        entries.push_back({arena.text(key), content});
      });
    });
  }
  if (table.failed) return table.error;
  return entries;
}

// Elements of literals and copies: the tag's low bits say which, the rest how long.
std::vector<std::byte> unpack_snappy(Bytes packed, std::size_t most, bool& ok) {
  ok = false;
  std::vector<std::byte> out;
  const std::byte* at = packed.data();
  const std::byte* const end = at + packed.size();
  std::uint64_t size = 0;
  at = read_varint(at, end, size);
  // A copy of three bytes makes at most 64.
  if (at == nullptr || size > most || size > packed.size() * 64) return out;
  out.reserve(size);
  while (at != end) {
    const auto tag = std::to_integer<std::size_t>(*at++);
    const auto left = static_cast<std::size_t>(end - at);
    std::size_t length = (tag >> 2) + 1;
    const auto number = [&](std::size_t bytes) {
      std::size_t value = 0;
      for (std::size_t i = 0; i < bytes; ++i) value |= std::to_integer<std::size_t>(at[i]) << (8 * i);
      return value;
    };
    if ((tag & 3) == 0) {
      if (length > 60) {
        const std::size_t bytes = length - 60;
        if (bytes > left) return out;
        length = number(bytes) + 1;
        at += bytes;
      }
      if (length > static_cast<std::size_t>(end - at) || length > size - out.size()) return out;
      out.insert(out.end(), at, at + length);
      at += length;
      continue;
    }
    const std::size_t bytes = (tag & 3) == 1 ? 1 : (tag & 3) == 2 ? 2 : 4;
    if (bytes > left) return out;
    std::size_t offset = number(bytes);
    if ((tag & 3) == 1) {
      length = ((tag >> 2) & 7) + 4;
      offset |= (tag >> 5) << 8;
    }
    at += bytes;
    if (!copy_back(out, offset, length, size)) return out;
  }
  ok = out.size() == size;
  return out;
}

}  // namespace haoline::tensorflow
