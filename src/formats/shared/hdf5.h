// HDF5 over mapped bytes: the tree of groups and datasets, attributes, and elements where they lie.
//
// A reader of our own, because the usual library crashes on hostile bytes and does not compile for a browser.
// It follows "HDF5 File Format Specification Version 3.0": superblocks 0 to 3, both kinds of object headers,
// groups as symbol tables and as links (compact or dense), attributes (compact or dense), every dataset
// layout but virtual ones and external files, all chunk indexes, the filters deflate, shuffle, Fletcher-32
// and LZF.
//
// Opening reads all metadata and no element: a contiguous dataset is a view into the file. What has to be
// unpacked is unpacked when asked for, within a budget in proportion to the file. The file's bytes must
// outlive everything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "ir/dtype.h"

namespace haoline::hdf5 {

struct Type {
  enum class Kind : std::uint8_t { integer, real, text, variable_text, boolean, opaque, other };
  Kind kind = Kind::other;
  DType dtype = DType::unknown;  // of numbers and booleans
  std::uint64_t size = 0;        // bytes of one element
  bool big_endian = false;
};

// Extents of what has no elements at all (a null dataspace) are none, and `is_null`.
struct Space {
  std::span<const std::uint64_t> extents;
  std::span<const std::uint64_t> largest;  // all ones: without limit
  bool is_null = false;
  std::optional<std::uint64_t> elements() const;  // nothing beyond 64 bits
};

struct Attribute {
  std::string_view name;
  Type type;
  Space space;
  Bytes data;  // elements as stored; variable texts are references, see File::texts
};

struct Filter {
  std::uint16_t id = 0;
  std::span<const std::uint32_t> parameters;
};

enum class Layout : std::uint8_t { none, compact, contiguous, chunked, other };
enum class ChunkIndex : std::uint8_t { tree1, single, implicit, fixed_array, extensible_array, tree2 };

struct Storage {
  Layout layout = Layout::none;
  Bytes compact;
  std::uint64_t address = kNowhere;  // of the elements, or of the chunk index
  std::uint64_t size = 0;            // of contiguous elements, as the file says
  ChunkIndex index = ChunkIndex::tree1;
  std::span<const std::uint64_t> chunk;  // extents of one
  bool edges_unfiltered = false;         // chunks that reach over the end pass no filter
  bool single_is_filtered = false;
  std::uint64_t single_size = 0;
  std::uint32_t single_mask = 0;
  std::span<const Filter> filters;
  static constexpr std::uint64_t kNowhere = ~std::uint64_t{0};
};

struct Object {
  std::string_view name;  // last part of the path; empty for the root
  std::string_view path;  // "/model_weights/conv2d", "/" for the root
  bool is_dataset = false;
  Type type;
  Space space;
  Storage storage;
  std::uint64_t header = 0;  // byte where its header begins
  std::vector<Attribute> attributes;
  std::vector<std::uint32_t> children;  // indices into File::objects(), by name

  const Attribute* attribute(std::string_view wanted) const;  // null: there is none
};

// Where elements are.
struct Elements {
  enum class State : std::uint8_t {
    view,       // `bytes` lie in the file at `offset`
    unpacked,   // `bytes` are in the arena
    unwritten,  // the file has none: they are the fill value
    absent,     // `why`
  };
  State state = State::absent;
  Bytes bytes;
  std::uint64_t offset = 0;
  std::string why;
};

struct Stretch {
  std::uint64_t offset = 0, size = 0;
};

class Reading;

class File {
 public:
  static bool sniff(Bytes head);
  static Result<File> open(Bytes file);
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  const Object& root() const { return objects().front(); }
  std::span<const Object> objects() const;  // the root first, a parent before its children
  const Object* child(const Object& group, std::string_view name) const;
  const Object* find(const Object& from, std::string_view path) const;  // '/' between names

  // The elements of an attribute or dataset of texts, fixed or variable, without padding; nothing for other
  // types.
  std::optional<std::vector<std::string_view>> texts(const Attribute& attribute) const;
  std::optional<std::string_view> text(const Attribute& attribute) const;  // of one element
  // All elements of a dataset, in C order and little-endian.
  Elements read(const Object& dataset, Arena& arena) const;
  // Bytes of the file that hold elements of the dataset, packed or not.
  std::vector<Stretch> stored(const Object& dataset) const;

 private:
  explicit File(std::unique_ptr<Reading> reading);
  std::unique_ptr<Reading> reading_;
};

}  // namespace haoline::hdf5
