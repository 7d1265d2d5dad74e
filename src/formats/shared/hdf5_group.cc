// Objects and groups: the tree of names, by symbol tables (old) or by links (new).
#include <algorithm>

#include "formats/shared/hdf5_reading.h"

namespace haoline::hdf5 {
namespace {

constexpr int kMaxDepth = 64;

struct Link {
  std::string_view name;
  std::uint64_t header = Storage::kNowhere;  // nowhere: a soft or external link
};

// A group's symbol table: a tree whose leaves are nodes of entries; names are in a heap of their own.
struct SymbolTable {
  Bytes names;
  std::vector<Link>& links;
};

bool read_symbols(Reading& r, const SymbolTable& table, std::uint64_t address) {
  if (!r.spend(address, "group")) return false;
  Cursor cursor = r.at(address, ~std::uint64_t{0}, "group");
  if (!cursor.magic("SNOD")) return r.fail(address, "group", "has no symbols where some are due");
  cursor.skip(2);
  const std::size_t count = cursor.u16();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t name = cursor.offset();
    Link link;
    link.header = cursor.offset();
    constexpr std::uint32_t kSoftLink = 2;
    if (cursor.u32() == kSoftLink) link.header = Storage::kNowhere;
    cursor.skip(20);
    Cursor text = r.over(table.names);
    text.skip(name);
    link.name = text.text_until_zero();
    if (!cursor.ok() || !text.ok()) return r.fail(address, "group", "has a symbol without a name");
    table.links.push_back(link);
  }
  return true;
}

bool read_symbol_tree(Reading& r, const SymbolTable& table, std::uint64_t address, int depth) {
  if (depth > kMaxDepth) return r.fail(address, "group", "nests its symbols too deeply");
  if (!r.spend(address, "group")) return false;
  Cursor cursor = r.at(address, ~std::uint64_t{0}, "group");
  if (!cursor.magic("TREE")) return r.fail(address, "group", "has no tree where one is due");
  const std::uint8_t kind = cursor.u8();
  const unsigned level = cursor.u8();
  const std::size_t count = cursor.u16();
  cursor.offset();
  cursor.offset();
  if (!cursor.ok() || kind != 0) return r.fail(address, "group", "has a damaged tree");
  for (std::size_t i = 0; i < count; ++i) {
    cursor.length();
    const std::uint64_t child = cursor.offset();
    if (!cursor.ok()) return r.fail(address, "group", "has a tree that is cut short", ErrorKind::truncated);
    if (!(level == 0 ? read_symbols(r, table, child) : read_symbol_tree(r, table, child, depth + 1)))
      return false;
  }
  return true;
}

bool read_symbol_table(Reading& r, const HeaderMessage& m, std::vector<Link>& links) {
  Cursor cursor = r.over(m.data);
  const std::uint64_t tree = cursor.offset(), heap = cursor.offset();
  if (!cursor.ok()) return r.fail(r.offset_of(m.data.data()), "group", "has a damaged symbol table");
  const SymbolTable table{local_heap(r, heap), links};
  return r.ok() && read_symbol_tree(r, table, tree, 0);
}

bool read_link(Reading& r, Bytes bytes, std::vector<Link>& links) {
  Cursor cursor = r.over(bytes);
  const std::uint8_t version = cursor.u8();
  const std::uint8_t flags = cursor.u8();
  const std::uint8_t kind = flags & 8 ? cursor.u8() : 0;
  if (flags & 4) cursor.skip(8);
  if (flags & 16) cursor.skip(1);
  Link link;
  link.name = as_text(cursor.take(cursor.number(1u << (flags & 3))));
  if (kind == 0) link.header = cursor.offset();
  if (!cursor.ok() || version != 1) return r.fail(r.offset_of(bytes.data()), "link", "is damaged");
  links.push_back(link);
  return true;
}

// What is kept in a heap: its records name the objects, `id_at` says where in a record.
bool read_dense(Reading& r, std::uint64_t heap_address, std::uint64_t tree, std::size_t id_at,
                std::vector<Bytes>& found) {
  if (heap_address == Storage::kNowhere || tree == Storage::kNowhere) return true;
  FractalHeap heap;
  std::vector<Bytes> records;
  if (!read_fractal_heap(r, heap_address, heap) || !read_tree2(r, tree, records)) return false;
  for (const Bytes record : records) {
    if (record.size() < id_at + heap.id_size || heap.id_size == 0)
      return r.fail(tree, "btree", "has records that are too short");
    found.push_back(heap_object(r, heap, record.subspan(id_at, heap.id_size)));
    if (!r.ok()) return false;
  }
  return true;
}

bool read_link_info(Reading& r, const HeaderMessage& m, std::vector<Link>& links) {
  Cursor cursor = r.over(m.data);
  cursor.skip(1);
  if (cursor.u8() & 1) cursor.skip(8);
  const std::uint64_t heap = cursor.offset(), tree = cursor.offset();
  if (!cursor.ok()) return r.fail(r.offset_of(m.data.data()), "group", "has damaged link information");
  std::vector<Bytes> found;
  constexpr std::size_t kAfterHash = 4;
  if (!read_dense(r, heap, tree, kAfterHash, found)) return false;
  return std::all_of(found.begin(), found.end(), [&](Bytes bytes) { return read_link(r, bytes, links); });
}

bool add_attribute(Reading& r, Bytes bytes, Object& object) {
  return read_attribute(r, bytes, object.attributes.emplace_back());
}

bool read_attribute_info(Reading& r, const HeaderMessage& m, Object& object) {
  Cursor cursor = r.over(m.data);
  cursor.skip(1);
  if (cursor.u8() & 1) cursor.skip(2);
  const std::uint64_t heap = cursor.offset(), tree = cursor.offset();
  if (!cursor.ok()) return r.fail(r.offset_of(m.data.data()), "attributes", "are damaged");
  std::vector<Bytes> found;
  if (!read_dense(r, heap, tree, 0, found)) return false;
  return std::all_of(found.begin(), found.end(),
                     [&](Bytes bytes) { return add_attribute(r, bytes, object); });
}

bool read_message(Reading& r, HeaderMessage& m, Object& object, std::vector<Link>& links) {
  if (m.type != message::attribute && !resolve_shared(r, m)) return false;
  Cursor cursor = r.over(m.data);
  const auto checked = [&](bool good, std::string_view record) {
    return good || r.fail(r.offset_of(m.data.data()), record, "is damaged");
  };
  switch (m.type) {
    case message::dataspace:
      return checked(read_space(r, cursor, object.space), "dataspace");
    case message::datatype:
      return checked(read_type(r, cursor, object.type), "datatype");
    case message::layout:
      object.is_dataset = true;
      return checked(read_layout(r, cursor, object), "layout");
    case message::filters:
      return checked(read_filters(r, cursor, object), "filters");
    case message::attribute:
      return m.shared ? resolve_shared(r, m) && add_attribute(r, m.data, object)
                      : add_attribute(r, m.data, object);
    case message::attribute_info:
      return read_attribute_info(r, m, object);
    case message::link:
      return read_link(r, m.data, links);
    case message::link_info:
      return read_link_info(r, m, links);
    case message::symbol_table:
      return read_symbol_table(r, m, links);
    default:
      return true;
  }
}

bool read_children(Reading& r, std::vector<Link>& links, std::string_view path, int depth,
                   std::uint32_t index) {
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) {
    return a.name != b.name ? a.name < b.name : a.header < b.header;
  });
  for (const Link& link : links) {
    // A group that holds itself, by whatever way, is shown once.
    if (link.header == Storage::kNowhere || r.open_groups.contains(link.header)) continue;
    const std::string below = (path == "/" ? "" : std::string(path)) + "/" + std::string(link.name);
    std::uint32_t child = 0;
    if (!read_object(r, link.header, link.name, r.arena.text(below), depth + 1, child)) return false;
    r.objects[index].children.push_back(child);
  }
  return true;
}

}  // namespace

bool read_object(Reading& r, std::uint64_t address, std::string_view name, std::string_view path, int depth,
                 std::uint32_t& index) {
  if (depth > kMaxDepth)
    return r.fail(address, "group", "nests groups deeper than " + std::to_string(kMaxDepth));
  std::vector<HeaderMessage> messages;
  if (!read_messages(r, address, messages)) return false;
  Object object;
  object.name = name;
  object.path = path;
  object.header = r.base + address;
  std::vector<Link> links;
  for (HeaderMessage& m : messages) {
    if (!read_message(r, m, object, links)) return false;
  }
  // External files win over the layout, wherever they stand.
  const bool is_outside = std::any_of(messages.begin(), messages.end(), [](const HeaderMessage& m) {
    return m.type == message::external_files;
  });
  if (is_outside) object.storage.layout = Layout::other;
  index = static_cast<std::uint32_t>(r.objects.size());
  r.objects.push_back(std::move(object));
  if (links.empty()) return true;
  r.open_groups.insert(address);
  if (!read_children(r, links, path, depth, index)) return false;
  r.open_groups.erase(address);
  return true;
}

}  // namespace haoline::hdf5
