#include "formats/shared/hdf5.h"

#include <algorithm>

#include "formats/shared/hdf5_reading.h"

namespace haoline::hdf5 {
namespace {

// What may be unpacked of one file: in proportion to it, and enough for small ones.
constexpr std::uint64_t kBudgetRatio = 32, kBudgetFloor = std::uint64_t{64} << 20;

Elements absent(std::string why) {
  Elements elements;
  elements.why = std::move(why);
  return elements;
}

void swap_bytes(std::span<std::byte> bytes, std::size_t width) {
  for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + width));
  }
}

// Copies what of a chunk lies inside the dataset, row by row of the last axis.
void place_chunk(const Object& dataset, const Chunk& chunk, Bytes from, std::span<std::byte> to) {
  const std::span<const std::uint64_t> extents = dataset.space.extents, size = dataset.storage.chunk;
  const std::uint64_t element = dataset.type.size;
  const std::size_t rank = extents.size();
  std::vector<std::uint64_t> begin(rank), count(rank), at(rank, 0);
  for (std::size_t i = 0; i < rank; ++i) {
    if (chunk.scaled[i] > extents[i] / size[i]) return;
    begin[i] = chunk.scaled[i] * size[i];
    if (begin[i] >= extents[i]) return;
    count[i] = std::min(size[i], extents[i] - begin[i]);
  }
  const std::uint64_t row = rank == 0 ? element : count[rank - 1] * element;
  while (true) {
    std::uint64_t source = 0, target = 0;
    for (std::size_t i = 0; i < rank; ++i) {
      source = source * size[i] + at[i];
      target = target * extents[i] + begin[i] + at[i];
    }
    std::memcpy(to.data() + target * element, from.data() + source * element, static_cast<std::size_t>(row));
    std::size_t axis = rank < 2 ? 0 : rank - 1;
    while (axis > 0 && ++at[axis - 1] == count[axis - 1]) at[--axis] = 0;
    if (axis == 0) return;
  }
}

bool reaches_over_edge(const Object& dataset, const Chunk& chunk) {
  for (std::size_t i = 0; i < chunk.scaled.size(); ++i) {
    const std::uint64_t size = dataset.storage.chunk[i];
    if (chunk.scaled[i] >= dataset.space.extents[i] / size) return true;
  }
  return false;
}

Elements read_chunks(Reading& r, const Object& dataset, std::uint64_t total, Arena& arena) {
  std::vector<Chunk> chunks;
  if (!list_chunks(r, dataset, chunks)) {
    r.failed = false;  // the tree stands; only these elements are lost
    return absent("its chunks cannot be found: " + r.error.message);
  }
  if (chunks.empty()) return {Elements::State::unwritten, {}, 0, {}};
  std::uint64_t chunk_bytes = dataset.type.size;
  for (const std::uint64_t extent : dataset.storage.chunk) chunk_bytes *= extent;  // list_chunks checked it
  std::uint64_t spent = total;
  for (const Chunk& chunk : chunks) {
    if (chunk.size > r.file.size() || __builtin_add_overflow(spent, chunk_bytes, &spent))
      spent = ~std::uint64_t{0};
    if (spent > r.budget) return absent("it unpacks to more than is reasonable for a file of this size");
  }
  r.budget -= spent;
  const std::span<std::byte> out = arena.allocate<std::byte>(static_cast<std::size_t>(total));
  std::fill(out.begin(), out.end(), std::byte{0});
  std::vector<std::byte> bytes;
  for (const Chunk& chunk : chunks) {
    Cursor cursor = r.at(chunk.address, chunk.size, "chunks");
    const Bytes stored = cursor.take(chunk.size);
    if (!cursor.ok()) {
      r.failed = false;
      return absent("a chunk stands outside the file");
    }
    bytes.assign(stored.begin(), stored.end());
    const bool plain = dataset.storage.edges_unfiltered && reaches_over_edge(dataset, chunk);
    std::string why;
    if (!plain && !undo_filters(dataset, chunk.mask, chunk_bytes, bytes, why)) return absent(why);
    if (bytes.size() < chunk_bytes) return absent("a chunk is shorter than its extents");
    place_chunk(dataset, chunk, bytes, out);
  }
  return {Elements::State::unpacked, out, 0, {}};
}

Elements read_contiguous(Reading& r, const Object& dataset, std::uint64_t total) {
  const Storage& storage = dataset.storage;
  if (storage.address == Storage::kNowhere) return {Elements::State::unwritten, {}, 0, {}};
  if (storage.size < total) return absent("the file keeps fewer bytes of it than its extents need");
  if (storage.address > r.file.size() - r.base || total > r.file.size() - r.base - storage.address)
    return absent("its bytes end after the file");
  const std::uint64_t at = r.base + storage.address;
  return {Elements::State::view,
          r.file.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(total)),
          at,
          {}};
}

// A text without the padding of fixed ones.
std::string_view trimmed(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  return text.substr(0, text.find('\0'));
}

}  // namespace

const Attribute* Object::attribute(std::string_view wanted) const {
  for (const Attribute& a : attributes) {
    if (a.name == wanted) return &a;
  }
  return nullptr;
}

File::File(std::unique_ptr<Reading> reading) : reading_(std::move(reading)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

bool File::sniff(Bytes head) {
  return as_text(head).starts_with(std::string_view("\x89HDF\r\n\x1a\n", 8));
}

Result<File> File::open(Bytes file) {
  auto reading = std::make_unique<Reading>(file);
  reading->budget = std::max(kBudgetFloor, file.size() * kBudgetRatio);
  const std::uint64_t root = read_superblock(*reading);
  std::uint32_t index = 0;
  if (reading->ok()) read_object(*reading, root, {}, "/", 0, index);
  if (!reading->ok()) return reading->error;
  reading->blocks_left = file.size() / 16 + 64;  // for what is asked later
  return File(std::move(reading));
}

std::span<const Object> File::objects() const {
  return reading_->objects;
}

const Object* File::child(const Object& group, std::string_view name) const {
  const auto at = std::lower_bound(
      group.children.begin(), group.children.end(), name,
      [&](std::uint32_t index, std::string_view wanted) { return reading_->objects[index].name < wanted; });
  if (at == group.children.end() || reading_->objects[*at].name != name) return nullptr;
  return &reading_->objects[*at];
}

const Object* File::find(const Object& from, std::string_view path) const {
  const Object* object = &from;
  while (object && !path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) object = child(*object, path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return object;
}

std::optional<std::vector<std::string_view>> File::texts(const Attribute& attribute) const {
  const std::optional<std::uint64_t> count = attribute.space.elements();
  const std::uint64_t size = attribute.type.size;
  if (!count || size == 0 || *count > attribute.data.size() / size) return std::nullopt;
  std::vector<std::string_view> found;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const Bytes element =
        attribute.data.subspan(static_cast<std::size_t>(i * size), static_cast<std::size_t>(size));
    if (attribute.type.kind == Type::Kind::text) {
      found.push_back(trimmed(element));
    } else if (attribute.type.kind == Type::Kind::variable_text) {
      Cursor cursor = reading_->over(element);
      const std::uint32_t length = cursor.u32();
      const std::uint64_t heap = cursor.offset();
      const Bytes object = global_object(*reading_, heap, cursor.u32());
      if (!cursor.ok() || length > object.size()) return std::nullopt;
      found.push_back(trimmed(object.first(length)));
    } else {
      return std::nullopt;
    }
  }
  return found;
}

std::optional<std::string_view> File::text(const Attribute& attribute) const {
  std::optional<std::vector<std::string_view>> all = texts(attribute);
  if (!all || all->size() != 1) return std::nullopt;
  return all->front();
}

Elements File::read(const Object& dataset, Arena& arena) const {
  Reading& r = *reading_;
  const std::optional<std::uint64_t> count = dataset.space.elements();
  std::uint64_t total = 0;
  if (!dataset.is_dataset || !count || __builtin_mul_overflow(*count, dataset.type.size, &total))
    return absent("it has no elements of a known size");
  Elements elements;
  switch (dataset.storage.layout) {
    case Layout::compact:
      if (dataset.storage.compact.size() < total)
        return absent("the file keeps fewer bytes of it than its extents need");
      elements = {
          Elements::State::view, dataset.storage.compact.first(static_cast<std::size_t>(total)), 0, {}};
      elements.offset = total == 0 ? 0 : r.offset_of(elements.bytes.data());
      break;
    case Layout::contiguous:
      elements = read_contiguous(r, dataset, total);
      break;
    case Layout::chunked:
      elements = read_chunks(r, dataset, total, arena);
      break;
    default:
      return absent("its elements are in other files");
  }
  const bool swap = dataset.type.big_endian && dataset.type.size > 1 && !elements.bytes.empty();
  if (!swap) return elements;
  if (total > r.budget) return absent("it unpacks to more than is reasonable for a file of this size");
  r.budget -= total;
  const std::span<std::byte> copy = arena.allocate<std::byte>(elements.bytes.size());
  std::copy(elements.bytes.begin(), elements.bytes.end(), copy.begin());
  swap_bytes(copy, static_cast<std::size_t>(dataset.type.size));
  return {Elements::State::unpacked, copy, 0, {}};
}

std::vector<Stretch> File::stored(const Object& dataset) const {
  Reading& r = *reading_;
  std::vector<Stretch> found;
  Arena unused;
  if (dataset.storage.layout == Layout::chunked) {
    std::vector<Chunk> chunks;
    if (!list_chunks(r, dataset, chunks)) r.failed = false;
    for (const Chunk& c : chunks) {
      if (c.address <= r.file.size() - r.base && c.size <= r.file.size() - r.base - c.address)
        found.push_back({r.base + c.address, c.size});
    }
  } else if (dataset.storage.layout == Layout::contiguous) {
    const std::optional<std::uint64_t> count = dataset.space.elements();
    std::uint64_t total = 0;
    if (!count || __builtin_mul_overflow(*count, dataset.type.size, &total)) return found;
    const Elements elements = read_contiguous(r, dataset, total);
    if (elements.state == Elements::State::view) found.push_back({elements.offset, total});
  } else if (!dataset.storage.compact.empty()) {
    found.push_back({r.offset_of(dataset.storage.compact.data()), dataset.storage.compact.size()});
  }
  return found;
}

}  // namespace haoline::hdf5
