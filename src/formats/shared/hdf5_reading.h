// The inside of hdf5::File: a cursor that cannot leave its bytes, and what the parts share while they read.
// Private to src/formats/shared/hdf5*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "formats/shared/hdf5.h"

namespace haoline::hdf5 {

// Reads little-endian numbers of any width. Past the end everything is zero and `ok` is false, for good.
class Cursor {
 public:
  Cursor() = default;
  Cursor(Bytes bytes, unsigned offset_size, unsigned length_size)
      : bytes_(bytes), offset_size_(offset_size), length_size_(length_size) {}

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  Bytes take(std::uint64_t size);
  void skip(std::uint64_t size) { take(size); }
  void align8() { skip((8 - at_ % 8) % 8); }
  std::uint64_t number(unsigned size);  // of at most 8 bytes
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  // All ones of whatever width is "nowhere".
  std::uint64_t offset();
  std::uint64_t length() { return number(length_size_); }
  bool magic(std::string_view expected) { return as_text(take(expected.size())) == expected; }
  std::string_view text_until_zero();
  void fail() { ok_ = false; }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  unsigned offset_size_ = 8, length_size_ = 8;
  bool ok_ = true;
};

// One message of an object header; `shared` ones hold a reference to the real one.
struct HeaderMessage {
  std::uint16_t type = 0;
  bool shared = false;
  Bytes data;
};

namespace message {
inline constexpr std::uint16_t dataspace = 1, link_info = 2, datatype = 3, link = 6, external_files = 7,
                               layout = 8, filters = 11, attribute = 12, continuation = 16, symbol_table = 17,
                               attribute_info = 21;
}  // namespace message

// Number of bytes that hold any value up to `limit`.
unsigned bytes_for(std::uint64_t limit);
unsigned log2_floor(std::uint64_t value);

// What each step down costs; a file that asks for more than it could hold is damaged.
class Reading {
 public:
  explicit Reading(Bytes whole) : file(whole), blocks_left(whole.size() / 16 + 64) {}

  bool ok() const { return !failed; }
  // Records the first defect. Always false, so that a caller can return it.
  bool fail(std::uint64_t offset, std::string_view record, std::string message,
            ErrorKind kind = ErrorKind::malformed);
  // A cursor over at most `size` bytes at an address; the first defect when they are not there.
  Cursor at(std::uint64_t address, std::uint64_t size, std::string_view record);
  Cursor over(Bytes bytes) const { return {bytes, offset_size, length_size}; }
  std::uint64_t offset_of(const std::byte* byte) const {
    return static_cast<std::uint64_t>(byte - file.data());
  }
  bool spend(std::uint64_t address, std::string_view record);  // one more block of metadata

  Bytes file;
  std::uint64_t base = 0;
  unsigned offset_size = 8, length_size = 8;
  std::uint64_t blocks_left;
  bool failed = false;
  Error error;

  std::vector<Object> objects;
  Arena arena;
  std::unordered_set<std::uint64_t> open_groups;  // headers of the groups above
  std::uint64_t budget = 0;                       // bytes that may still be unpacked
  // Objects of the global heap's collections, by number: many texts stand in one collection.
  std::unordered_map<std::uint64_t, std::unordered_map<std::uint32_t, Bytes>> collections;
};

// --- hdf5_header.cc
std::uint64_t read_superblock(Reading& r);  // address of the root's header
bool read_messages(Reading& r, std::uint64_t address, std::vector<HeaderMessage>& messages);
// The message itself, where the header only refers to it.
bool resolve_shared(Reading& r, HeaderMessage& message);

// --- hdf5_type.cc
bool read_type(Reading& r, Cursor& cursor, Type& type, int depth = 0);
bool read_space(Reading& r, Cursor& cursor, Space& space);
bool read_layout(Reading& r, Cursor& cursor, Object& object);
bool read_filters(Reading& r, Cursor& cursor, Object& object);
bool read_attribute(Reading& r, Bytes message, Attribute& attribute);

// --- hdf5_heap.cc
struct FractalHeap {
  std::uint64_t address = 0, root = 0, huge_tree = 0;
  unsigned id_size = 0, flags = 0, filter_size = 0, rows = 0, width = 0, heap_bits = 0;
  std::uint64_t start_size = 0, largest_direct = 0, largest_managed = 0;
  unsigned offset_bytes() const { return (heap_bits + 7) / 8; }
  unsigned length_bytes() const;
};
bool read_fractal_heap(Reading& r, std::uint64_t address, FractalHeap& heap);
Bytes heap_object(Reading& r, const FractalHeap& heap, Bytes id);
Bytes local_heap(Reading& r, std::uint64_t address);
// An object of the global heap; empty when it is not there.
Bytes global_object(Reading& r, std::uint64_t address, std::uint32_t index);
// Every record of a version 2 tree, in order.
bool read_tree2(Reading& r, std::uint64_t address, std::vector<Bytes>& records);

// --- hdf5_group.cc
bool read_object(Reading& r, std::uint64_t address, std::string_view name, std::string_view path, int depth,
                 std::uint32_t& index);

// --- hdf5_chunks.cc
struct Chunk {
  std::uint64_t address = 0;
  std::uint64_t size = 0;             // as stored
  std::uint32_t mask = 0;             // filters that were left out
  std::vector<std::uint64_t> scaled;  // position, in chunks
};
bool list_chunks(Reading& r, const Object& dataset, std::vector<Chunk>& chunks);

// --- hdf5_filters.cc
// Undoes the pipeline in `bytes`; false with a reason.
bool undo_filters(const Object& dataset, std::uint32_t mask, std::uint64_t chunk_bytes,
                  std::vector<std::byte>& bytes, std::string& why);

}  // namespace haoline::hdf5
