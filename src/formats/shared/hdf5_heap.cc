// Heaps (names, long attributes, variable texts) and the second kind of B-tree, which indexes them.
#include <algorithm>

#include "formats/shared/hdf5_reading.h"

namespace haoline::hdf5 {
namespace {

constexpr int kMaxDepth = 64;

struct Tree2 {
  unsigned type = 0, record_size = 0, count_bytes = 0;
  std::uint64_t node_size = 0;
  std::vector<std::uint64_t> most;        // records of a node, by depth
  std::vector<std::uint64_t> most_below;  // records of a node and everything below it
};

// How many records fit into a node decides how wide the counts beside its children are.
bool measure(const Reading& r, Tree2& tree, unsigned depth) {
  constexpr std::uint64_t kPrefix = 10;  // signature, version, type, checksum
  if (tree.record_size == 0 || tree.node_size < kPrefix + tree.record_size || depth > kMaxDepth) return false;
  tree.most.push_back((tree.node_size - kPrefix) / tree.record_size);
  tree.most_below.push_back(tree.most[0]);
  tree.count_bytes = bytes_for(tree.most[0]);
  for (unsigned d = 1; d <= depth; ++d) {
    const std::uint64_t pointer =
        r.offset_size + tree.count_bytes + (d > 1 ? bytes_for(tree.most_below[d - 1]) : 0);
    if (tree.node_size < kPrefix + pointer + tree.record_size) return false;
    const std::uint64_t most = (tree.node_size - kPrefix - pointer) / (tree.record_size + pointer);
    std::uint64_t below = 0;
    if (__builtin_mul_overflow(most + 1, tree.most_below[d - 1], &below)) return false;
    tree.most.push_back(most);
    tree.most_below.push_back(below + most);
  }
  return true;
}

bool read_node(Reading& r, const Tree2& tree, std::uint64_t address, std::uint64_t count, unsigned depth,
               std::vector<Bytes>& records) {
  if (!r.spend(address, "btree")) return false;
  Cursor cursor = r.at(address, tree.node_size, "btree");
  if (!cursor.magic(depth == 0 ? "BTLF" : "BTIN"))
    return r.fail(address, "btree", "has no node where one is due");
  cursor.skip(2);
  const Bytes own = cursor.take(count * tree.record_size);
  if (!cursor.ok() || count > tree.most[depth])
    return r.fail(address, "btree", "claims " + std::to_string(count) + " records in one node");
  const auto record = [&](std::uint64_t i) {
    records.push_back(own.subspan(static_cast<std::size_t>(i * tree.record_size), tree.record_size));
  };
  for (std::uint64_t i = 0; i <= count; ++i) {
    if (depth > 0) {
      const std::uint64_t child = cursor.offset();
      const std::uint64_t children = cursor.number(tree.count_bytes);
      if (depth > 1) cursor.skip(bytes_for(tree.most_below[depth - 1]));
      if (!cursor.ok()) return r.fail(address, "btree", "is cut short", ErrorKind::truncated);
      if (!read_node(r, tree, child, children, depth - 1, records)) return false;
    }
    if (i < count) record(i);
  }
  return true;
}

}  // namespace

bool read_tree2(Reading& r, std::uint64_t address, std::vector<Bytes>& records) {
  Cursor cursor = r.at(address, 64, "btree");
  if (!cursor.magic("BTHD")) return r.fail(address, "btree", "has no header where one is due");
  Tree2 tree;
  cursor.skip(1);
  tree.type = cursor.u8();
  tree.node_size = cursor.u32();
  tree.record_size = cursor.u16();
  const unsigned depth = cursor.u16();
  cursor.skip(2);
  const std::uint64_t root = cursor.offset();
  const std::uint64_t count = cursor.u16();
  if (!cursor.ok() || !measure(r, tree, depth)) return r.fail(address, "btree", "has a damaged header");
  if (root == Storage::kNowhere || count == 0) return true;
  return read_node(r, tree, root, count, depth, records);
}

unsigned FractalHeap::length_bytes() const {
  return std::min((log2_floor(largest_direct) + 7) / 8, bytes_for(largest_managed));
}

bool read_fractal_heap(Reading& r, std::uint64_t address, FractalHeap& heap) {
  if (!r.spend(address, "heap")) return false;
  Cursor cursor = r.at(address, 256, "heap");
  if (!cursor.magic("FRHP")) return r.fail(address, "heap", "has no fractal heap where one is due");
  heap.address = address;
  cursor.skip(1);
  heap.id_size = cursor.u16();
  heap.filter_size = cursor.u16();
  heap.flags = cursor.u8();
  heap.largest_managed = cursor.u32();
  cursor.length();  // next huge id
  heap.huge_tree = cursor.offset();
  cursor.length();  // free space
  cursor.offset();
  for (int i = 0; i < 8; ++i) cursor.length();  // sizes and counts of what the heap holds
  heap.width = cursor.u16();
  heap.start_size = cursor.length();
  heap.largest_direct = cursor.length();
  heap.heap_bits = cursor.u16();
  cursor.skip(2);
  heap.root = cursor.offset();
  heap.rows = cursor.u16();
  const auto is_power = [](std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; };
  if (!cursor.ok() || heap.width == 0 || !is_power(heap.start_size) || !is_power(heap.largest_direct) ||
      heap.largest_direct < heap.start_size || heap.heap_bits == 0 || heap.heap_bits > 64)
    return r.fail(address, "heap", "has a damaged header");
  if (heap.filter_size != 0) return r.fail(address, "heap", "packs its names", ErrorKind::unsupported);
  return true;
}

namespace {

std::uint64_t row_size(const FractalHeap& heap, unsigned row) {
  const unsigned shift = row == 0 ? 0 : row - 1;
  return shift >= 63 - log2_floor(heap.start_size) ? 0 : heap.start_size << shift;
}

Bytes in_direct_block(Reading& r, std::uint64_t block, std::uint64_t block_size, std::uint64_t offset,
                      std::uint64_t size) {
  Cursor cursor = r.at(block, block_size, "heap");
  if (!cursor.magic("FHDB")) {
    r.fail(block, "heap", "has no block where one is due");
    return {};
  }
  cursor.skip(offset < 4 ? ~std::uint64_t{0} : offset - 4);  // offsets count from the block's own header
  const Bytes bytes = cursor.take(size);
  if (!cursor.ok()) r.fail(block, "heap", "has an object that leaves its block");
  return bytes;
}

// Walks from the root to the direct block that covers `offset`: rows of blocks, each row twice the one
// before.
Bytes managed_object(Reading& r, const FractalHeap& heap, std::uint64_t offset, std::uint64_t size) {
  std::uint64_t block = heap.root;
  if (heap.rows == 0) return in_direct_block(r, block, heap.start_size, offset, size);
  const unsigned direct_rows = log2_floor(heap.largest_direct) - log2_floor(heap.start_size) + 2;
  unsigned rows = heap.rows;
  for (int depth = 0; depth < kMaxDepth && rows != 0; ++depth) {
    unsigned row = 0;
    std::uint64_t row_bytes = 0;
    for (; row < rows; ++row) {
      if (row_size(heap, row) == 0 || __builtin_mul_overflow(row_size(heap, row), heap.width, &row_bytes))
        break;
      if (offset < row_bytes) break;
      offset -= row_bytes;
    }
    if (row >= rows || row_size(heap, row) == 0) break;
    const std::uint64_t size_here = row_size(heap, row);
    const std::uint64_t column = offset / size_here;
    offset %= size_here;
    Cursor cursor = r.at(block, ~std::uint64_t{0}, "heap");
    if (!cursor.magic("FHIB")) {
      r.fail(block, "heap", "has no block where one is due");
      return {};
    }
    cursor.skip(1 + r.offset_size + heap.offset_bytes());
    cursor.skip((std::uint64_t{row} * heap.width + column) * r.offset_size);
    const std::uint64_t child = cursor.offset();
    if (!cursor.ok()) break;
    if (row < direct_rows) return in_direct_block(r, child, size_here, offset, size);
    rows = log2_floor(size_here) - log2_floor(heap.start_size * heap.width) + 1;
    block = child;
  }
  r.fail(heap.address, "heap", "lacks an object that it should hold");
  return {};
}

Bytes huge_object(Reading& r, const FractalHeap& heap, Cursor id) {
  std::uint64_t address = 0, size = 0;
  if (heap.id_size - 1u >= r.offset_size + r.length_size) {
    address = id.offset();
    size = id.length();
  } else {
    const std::uint64_t wanted = id.number(std::min(heap.id_size - 1u, r.length_size));
    std::vector<Bytes> records;
    if (!read_tree2(r, heap.huge_tree, records)) return {};
    for (const Bytes record : records) {
      Cursor cursor = r.over(record);
      const std::uint64_t at = cursor.offset(), length = cursor.length();
      if (cursor.length() != wanted || !cursor.ok()) continue;
      address = at;
      size = length;
    }
  }
  Cursor cursor = r.at(address, size, "heap");
  const Bytes bytes = cursor.take(size);
  if (!cursor.ok() || size == 0) r.fail(heap.address, "heap", "lacks an object that it should hold");
  return bytes;
}

}  // namespace

Bytes heap_object(Reading& r, const FractalHeap& heap, Bytes id) {
  Cursor cursor = r.over(id);
  const std::uint8_t head = cursor.u8();
  switch ((head >> 4) & 3) {
    case 0: {
      const std::uint64_t offset = cursor.number(heap.offset_bytes());
      const std::uint64_t size = cursor.number(heap.length_bytes());
      if (cursor.ok()) return managed_object(r, heap, offset, size);
      break;
    }
    case 1:
      return huge_object(r, heap, cursor);
    case 2: {
      const std::uint64_t low = head & 15u;
      const std::uint64_t size = heap.id_size <= 18 ? low + 1 : (low << 8) + cursor.u8() + 1;
      const Bytes bytes = cursor.take(size);
      if (cursor.ok()) return bytes;
      break;
    }
    default:
      break;
  }
  r.fail(r.offset_of(id.data()), "heap", "has a damaged reference into the heap");
  return {};
}

Bytes local_heap(Reading& r, std::uint64_t address) {
  Cursor cursor = r.at(address, 64, "heap");
  if (!cursor.magic("HEAP")) {
    r.fail(address, "heap", "has no local heap where one is due");
    return {};
  }
  cursor.skip(4);
  const std::uint64_t size = cursor.length();
  cursor.length();
  const std::uint64_t data = cursor.offset();
  Cursor segment = r.at(data, size, "heap");
  const Bytes bytes = segment.take(size);
  if (!cursor.ok() || !segment.ok())
    r.fail(address, "heap", "claims names that are not there", ErrorKind::truncated);
  return bytes;
}

namespace {

void read_collection(Reading& r, std::uint64_t address, std::unordered_map<std::uint32_t, Bytes>& objects) {
  if (address > r.file.size() || r.base > r.file.size() - address) return;
  Cursor cursor = r.over(r.file.subspan(static_cast<std::size_t>(r.base + address)));
  if (!cursor.magic("GCOL")) return;
  cursor.skip(4);
  const std::uint64_t size = cursor.length();
  cursor.align8();
  // Collections that overlap would be read again and again: they share what the file has room for.
  while (cursor.ok() && cursor.at() < size && r.blocks_left > 0) {
    --r.blocks_left;
    const std::uint32_t index = cursor.u16();
    cursor.skip(6);
    const std::uint64_t bytes = cursor.length();
    cursor.align8();
    const Bytes object = cursor.take(bytes);
    if (index == 0 || !cursor.ok()) return;  // free space ends the collection
    objects.emplace(index, object);
    cursor.align8();
  }
}

}  // namespace

Bytes global_object(Reading& r, std::uint64_t address, std::uint32_t index) {
  const auto [collection, is_new] = r.collections.try_emplace(address);
  if (is_new) read_collection(r, address, collection->second);
  const auto found = collection->second.find(index);
  return found == collection->second.end() ? Bytes{} : found->second;
}

}  // namespace haoline::hdf5
