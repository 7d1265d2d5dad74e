// Where the chunks of a dataset are: six kinds of index.
#include <algorithm>

#include "formats/shared/hdf5_reading.h"

namespace haoline::hdf5 {
namespace {

constexpr int kMaxDepth = 64;

std::uint64_t chunk_bytes(const Object& dataset) {
  std::uint64_t bytes = dataset.type.size;
  for (const std::uint64_t extent : dataset.storage.chunk) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return 0;
  }
  return bytes;
}

// What the index kinds without positions need: how a number becomes a position.
struct Walk {
  Reading& r;
  const Object& dataset;
  std::vector<Chunk>& chunks;
  std::vector<std::uint64_t> counts;  // chunks along every axis, at the largest extents
  std::size_t slowest = 0;            // the axis that counts first (extensible arrays: the unlimited one)
  bool filtered = false;
  unsigned size_bytes = 0;  // of a stored chunk's size

  // The position of the n-th chunk; false: beyond the last.
  bool position(std::uint64_t n, std::vector<std::uint64_t>& scaled) const {
    scaled.assign(counts.size(), 0);
    for (std::size_t i = counts.size(); i-- > 0;) {
      if (i == slowest) continue;
      scaled[i] = n % counts[i];
      n /= counts[i];
    }
    if (counts.empty()) return n == 0;
    scaled[slowest] = n;
    return n < counts[slowest];
  }
  bool add(std::uint64_t n, std::uint64_t address, std::uint64_t size, std::uint32_t mask) {
    if (address == Storage::kNowhere) return true;
    Chunk chunk{address, size, mask, {}};
    if (position(n, chunk.scaled)) chunks.push_back(std::move(chunk));
    return r.spend(address, "chunks");
  }
  bool element(std::uint64_t n, Cursor& cursor) {
    const std::uint64_t address = cursor.offset();
    const std::uint64_t size = filtered ? cursor.number(size_bytes) : chunk_bytes(dataset);
    const std::uint32_t mask = filtered ? cursor.u32() : 0;
    return cursor.ok() ? add(n, address, size, mask)
                       : r.fail(dataset.header, "chunks", "are cut short", ErrorKind::truncated);
  }
  // The width of stored sizes follows from the width of an entry.
  bool set_entry(unsigned entry, bool is_filtered) {
    filtered = is_filtered;
    const unsigned other = r.offset_size + (filtered ? 4 : 0);
    if (entry < other || entry - other > 8 || (!filtered && entry != other)) return false;
    size_bytes = entry - other;
    return true;
  }
};

bool damaged(const Walk& w, std::uint64_t address) {
  return w.r.fail(address, "chunks", "have a damaged index");
}

// Position and size stand in the keys of a version 1 tree.
bool walk_tree1(Walk& w, std::uint64_t address, int depth) {
  if (depth > kMaxDepth) return damaged(w, address);
  if (!w.r.spend(address, "chunks")) return false;
  Cursor cursor = w.r.at(address, ~std::uint64_t{0}, "chunks");
  if (!cursor.magic("TREE") || cursor.u8() != 1) return damaged(w, address);
  const unsigned level = cursor.u8();
  const std::size_t count = cursor.u16();
  cursor.offset();
  cursor.offset();
  const std::span<const std::uint64_t> extents = w.dataset.storage.chunk;
  for (std::size_t i = 0; i < count; ++i) {
    Chunk chunk;
    chunk.size = cursor.u32();
    chunk.mask = cursor.u32();
    for (const std::uint64_t extent : extents) chunk.scaled.push_back(cursor.number(8) / extent);
    cursor.skip(8);
    chunk.address = cursor.offset();
    if (!cursor.ok()) return damaged(w, address);
    if (level > 0) {
      if (!walk_tree1(w, chunk.address, depth + 1)) return false;
    } else {
      w.chunks.push_back(std::move(chunk));
    }
  }
  return true;
}

bool walk_tree2(Walk& w, std::uint64_t address) {
  std::vector<Bytes> records;
  if (!read_tree2(w.r, address, records)) return false;
  const std::size_t rank = w.dataset.storage.chunk.size();
  for (const Bytes record : records) {
    if (record.size() < 8 * rank) return damaged(w, address);
    if (!w.set_entry(static_cast<unsigned>(record.size() - 8 * rank), !w.dataset.storage.filters.empty()))
      return damaged(w, address);
    Cursor cursor = w.r.over(record);
    Chunk chunk;
    chunk.address = cursor.offset();
    chunk.size = w.filtered ? cursor.number(w.size_bytes) : chunk_bytes(w.dataset);
    chunk.mask = w.filtered ? cursor.u32() : 0;
    for (std::size_t i = 0; i < rank; ++i) chunk.scaled.push_back(cursor.number(8));
    w.chunks.push_back(std::move(chunk));
  }
  return true;
}

bool walk_single(Walk& w, const Storage& storage) {
  const std::uint64_t size = storage.single_is_filtered ? storage.single_size : chunk_bytes(w.dataset);
  return w.add(0, storage.address, size, storage.single_mask);
}

bool walk_implicit(Walk& w, std::uint64_t address) {
  const std::uint64_t size = chunk_bytes(w.dataset);
  std::vector<std::uint64_t> scaled;
  for (std::uint64_t n = 0; w.position(n, scaled); ++n) {
    if (!w.add(n, address, size, 0)) return false;
    if (__builtin_add_overflow(address, size, &address)) return damaged(w, address);
  }
  return true;
}

// Elements that may be in pages, of which a bitmap says which were ever written.
bool walk_pages(Walk& w, Cursor prefix, Bytes bitmap, std::uint64_t first, std::uint64_t count,
                std::uint64_t page, unsigned entry) {
  constexpr unsigned kChecksum = 4;
  for (std::uint64_t begin = 0, n = 0; begin < count; begin += page, ++n) {
    const std::uint64_t here = std::min(page, count - begin);
    const bool written =
        n / 8 < bitmap.size() &&
        (load<std::uint8_t>(&bitmap[static_cast<std::size_t>(n / 8)]) & (0x80u >> (n % 8))) != 0;
    if (!written) {
      prefix.skip(here * entry + kChecksum);
      if (!prefix.ok()) return w.r.fail(w.dataset.header, "chunks", "are cut short", ErrorKind::truncated);
      continue;
    }
    for (std::uint64_t i = 0; i < here; ++i) {
      if (!w.element(first + begin + i, prefix)) return false;
    }
    prefix.skip(kChecksum);
  }
  return true;
}

bool walk_fixed_array(Walk& w, std::uint64_t address) {
  Cursor header = w.r.at(address, 64, "chunks");
  if (!header.magic("FAHD")) return damaged(w, address);
  header.skip(1);
  const bool filtered = header.u8() == 1;
  const unsigned entry = header.u8(), page_bits = header.u8();
  const std::uint64_t count = header.length();
  const std::uint64_t block = header.offset();
  if (!header.ok() || !w.set_entry(entry, filtered) || page_bits > 32) return damaged(w, address);
  if (block == Storage::kNowhere) return true;
  Cursor cursor = w.r.at(block, ~std::uint64_t{0}, "chunks");
  if (!cursor.magic("FADB")) return damaged(w, block);
  cursor.skip(2 + w.r.offset_size);
  const std::uint64_t page = std::uint64_t{1} << page_bits;
  if (count > cursor.left() / entry) return damaged(w, block);
  if (count > page) {
    const Bytes bitmap = cursor.take(((count + page - 1) / page + 7) / 8);
    cursor.skip(4);
    return walk_pages(w, cursor, bitmap, 0, count, page, entry);
  }
  for (std::uint64_t n = 0; n < count; ++n) {
    if (!w.element(n, cursor)) return false;
  }
  return true;
}

// The first chunks stand in the index block, the next in its data blocks, all others in data blocks that
// secondary blocks point to; every second generation of blocks doubles their size, the others their number.
struct ExtensibleArray {
  unsigned entry = 0, bits = 0, in_index = 0, least = 0, least_pointers = 0, page_bits = 0;
  std::uint64_t used = 0;
  std::uint64_t blocks_of(unsigned generation) const { return std::uint64_t{1} << (generation / 2); }
  std::uint64_t elements_of(unsigned generation) const {
    return (std::uint64_t{1} << ((generation + 1) / 2)) * least;
  }
};

bool walk_data_block(Walk& w, const ExtensibleArray& a, std::uint64_t address, std::uint64_t first,
                     std::uint64_t count, Bytes bitmap) {
  if (address == Storage::kNowhere || first >= a.used) return true;
  if (!w.r.spend(address, "chunks")) return false;
  Cursor cursor = w.r.at(address, ~std::uint64_t{0}, "chunks");
  if (!cursor.magic("EADB")) return damaged(w, address);
  cursor.skip(2 + w.r.offset_size + (a.bits + 7) / 8);
  const std::uint64_t page = std::uint64_t{1} << a.page_bits;
  if (count > page) {
    cursor.skip(4);
    return walk_pages(w, cursor, bitmap, first, count, page, a.entry);
  }
  for (std::uint64_t i = 0; i < count && first + i < a.used; ++i) {
    if (!w.element(first + i, cursor)) return false;
  }
  return true;
}

bool walk_secondary(Walk& w, const ExtensibleArray& a, std::uint64_t address, unsigned generation,
                    std::uint64_t first) {
  if (address == Storage::kNowhere) return true;
  if (!w.r.spend(address, "chunks")) return false;
  Cursor cursor = w.r.at(address, ~std::uint64_t{0}, "chunks");
  if (!cursor.magic("EASB")) return damaged(w, address);
  cursor.skip(2 + w.r.offset_size + (a.bits + 7) / 8);
  const std::uint64_t blocks = a.blocks_of(generation), count = a.elements_of(generation);
  const std::uint64_t page = std::uint64_t{1} << a.page_bits;
  const std::uint64_t map_bytes = count > page ? (count / page + 7) / 8 : 0;
  if (blocks > cursor.left() / w.r.offset_size || (map_bytes != 0 && blocks > cursor.left() / map_bytes))
    return damaged(w, address);
  const Bytes maps = cursor.take(blocks * map_bytes);
  for (std::uint64_t i = 0; i < blocks; ++i, first += count) {
    const Bytes map =
        maps.subspan(static_cast<std::size_t>(i * map_bytes), static_cast<std::size_t>(map_bytes));
    if (!walk_data_block(w, a, cursor.offset(), first, count, map)) return false;
    if (!cursor.ok()) return damaged(w, address);
  }
  return true;
}

bool walk_extensible_array(Walk& w, std::uint64_t address) {
  Cursor header = w.r.at(address, 128, "chunks");
  if (!header.magic("EAHD")) return damaged(w, address);
  ExtensibleArray a;
  header.skip(1);
  const bool filtered = header.u8() == 1;
  a.entry = header.u8();
  a.bits = header.u8();
  a.in_index = header.u8();
  a.least = header.u8();
  a.least_pointers = header.u8();
  a.page_bits = header.u8();
  for (int i = 0; i < 4; ++i) header.length();
  a.used = header.length();
  header.length();
  const std::uint64_t block = header.offset();
  if (!header.ok() || !w.set_entry(a.entry, filtered) || a.bits > 62 || a.least == 0 ||
      a.least_pointers < 2 || a.page_bits > 32 || log2_floor(a.least) > a.bits)
    return damaged(w, address);
  if (block == Storage::kNowhere) return true;
  Cursor cursor = w.r.at(block, ~std::uint64_t{0}, "chunks");
  if (!cursor.magic("EAIB")) return damaged(w, block);
  cursor.skip(2 + w.r.offset_size);
  for (std::uint64_t n = 0; n < a.in_index; ++n) {
    if (n >= a.used) {
      cursor.skip(a.entry);
    } else if (!w.element(n, cursor)) {
      return false;
    }
  }
  const unsigned generations = 1 + a.bits - log2_floor(a.least);
  const unsigned direct = 2 * log2_floor(a.least_pointers);
  std::uint64_t first = a.in_index;
  for (unsigned g = 0; g < generations; ++g) {
    const std::uint64_t blocks = a.blocks_of(g), count = a.elements_of(g);
    if (first >= a.used) break;
    if (g >= direct) {
      if (!walk_secondary(w, a, cursor.offset(), g, first)) return false;
      first += blocks * count;
      continue;
    }
    for (std::uint64_t i = 0; i < blocks; ++i, first += count) {
      if (!walk_data_block(w, a, cursor.offset(), first, count, {})) return false;
    }
    if (!cursor.ok()) return damaged(w, block);
  }
  return true;
}

// Chunks along every axis. An extensible array counts along its unlimited axis first.
bool count_chunks(Walk& w) {
  const Object& d = w.dataset;
  constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  std::uint64_t inner = 1;
  for (std::size_t i = 0; i < d.storage.chunk.size(); ++i) {
    const bool unlimited = d.space.largest[i] == kUnlimited;
    const std::uint64_t extent = unlimited ? d.space.extents[i] : d.space.largest[i];
    const std::uint64_t chunk = d.storage.chunk[i];
    w.counts.push_back(extent / chunk + (extent % chunk != 0));
    if (unlimited && d.storage.index == ChunkIndex::extensible_array) w.slowest = i;
    if (w.counts.back() == 0 || __builtin_mul_overflow(inner, w.counts.back(), &inner)) return false;
  }
  return true;
}

}  // namespace

bool list_chunks(Reading& r, const Object& dataset, std::vector<Chunk>& chunks) {
  const Storage& storage = dataset.storage;
  if (storage.chunk.size() != dataset.space.extents.size() || chunk_bytes(dataset) == 0)
    return r.fail(dataset.header, "layout", "has chunks of another rank than the dataset");
  if (storage.address == Storage::kNowhere) return true;
  Walk w{r, dataset, chunks, {}};
  if (!count_chunks(w)) return true;  // no extent, no chunk
  switch (storage.index) {
    case ChunkIndex::tree1:
      return walk_tree1(w, storage.address, 0);
    case ChunkIndex::tree2:
      return walk_tree2(w, storage.address);
    case ChunkIndex::single:
      return walk_single(w, storage);
    case ChunkIndex::implicit:
      return walk_implicit(w, storage.address);
    case ChunkIndex::fixed_array:
      return walk_fixed_array(w, storage.address);
    case ChunkIndex::extensible_array:
      return walk_extensible_array(w, storage.address);
  }
  return true;
}

}  // namespace haoline::hdf5
