// Superblock and object headers: where everything begins.
#include <algorithm>
#include <bit>

#include "formats/shared/hdf5_reading.h"

namespace haoline::hdf5 {

Bytes Cursor::take(std::uint64_t size) {
  if (!ok_ || size > left()) {
    ok_ = false;
    return {};
  }
  const Bytes bytes = bytes_.subspan(at_, static_cast<std::size_t>(size));
  at_ += static_cast<std::size_t>(size);
  return bytes;
}

std::uint64_t Cursor::number(unsigned size) {
  const Bytes bytes = take(size);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= std::uint64_t{load<std::uint8_t>(&bytes[i])} << (8 * i);
  return value;
}

std::uint64_t Cursor::offset() {
  const std::uint64_t value = number(offset_size_);
  const bool nowhere = offset_size_ < 8 && value == (std::uint64_t{1} << (8 * offset_size_)) - 1;
  return nowhere ? Storage::kNowhere : value;
}

std::string_view Cursor::text_until_zero() {
  const std::string_view rest = as_text(bytes_.subspan(at_));
  const std::size_t end = rest.find('\0');
  if (!ok_ || end == std::string_view::npos) {
    ok_ = false;
    return {};
  }
  at_ += end + 1;
  return rest.substr(0, end);
}

unsigned log2_floor(std::uint64_t value) {
  return value == 0 ? 0 : static_cast<unsigned>(std::bit_width(value) - 1);
}

unsigned bytes_for(std::uint64_t limit) {
  return log2_floor(limit) / 8 + 1;
}

bool Reading::fail(std::uint64_t offset, std::string_view record, std::string message, ErrorKind kind) {
  if (failed) return false;
  failed = true;
  error.kind = kind;
  error.path = "hdf5";
  if (!record.empty()) error.path += "." + std::string(record);
  error.offset = offset;
  error.has_offset = true;
  error.message = std::move(message);
  error.advice = kind == ErrorKind::unsupported ? "Save the model again with a current Keras"
                                                : "The file is cut short or damaged; get it again";
  return false;
}

Cursor Reading::at(std::uint64_t address, std::uint64_t size, std::string_view record) {
  Cursor cursor = over({});
  cursor.fail();
  if (failed) return cursor;
  if (address > file.size() || base > file.size() - address) {
    fail(std::min<std::uint64_t>(address, file.size()), record,
         "stands at byte " + std::to_string(address) + ", the file has " + std::to_string(file.size()),
         ErrorKind::truncated);
    return cursor;
  }
  const std::uint64_t start = base + address;
  const std::uint64_t end = file.size() - start < size ? file.size() : start + size;
  return over(file.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start)));
}

bool Reading::spend(std::uint64_t address, std::string_view record) {
  if (blocks_left == 0)
    return fail(address, record, "leads in circles: more records than the file has room for");
  --blocks_left;
  return true;
}

namespace {

constexpr std::string_view kSignature{"\x89HDF\r\n\x1a\n", 8};
constexpr std::uint64_t kLargestMessages = 1u << 20;

bool sizes_are_fit(Reading& r) {
  const auto fit = [](unsigned size) { return size == 2 || size == 4 || size == 8; };
  return (fit(r.offset_size) && fit(r.length_size)) ||
         r.fail(r.base, "superblock", "has addresses of " + std::to_string(r.offset_size) + " bytes",
                ErrorKind::unsupported);
}

// Messages of one block: version 1 with a reserved tail, version 2 with a creation order where the header
// keeps it.
struct Block {
  Bytes bytes;
  bool version2 = false;
  bool has_order = false;
};

bool read_block(Reading& r, const Block& block, std::vector<HeaderMessage>& messages,
                std::vector<Stretch>& more) {
  Cursor cursor = r.over(block.bytes);
  const std::size_t prefix = block.version2 ? (block.has_order ? 6 : 4) : 8;
  while (cursor.ok() && cursor.left() >= prefix) {
    HeaderMessage m;
    const std::uint64_t place = r.offset_of(block.bytes.data() + cursor.at());
    m.type = block.version2 ? cursor.u8() : cursor.u16();
    const std::uint16_t size = cursor.u16();
    m.shared = (cursor.u8() & 2) != 0;
    cursor.skip(prefix - (block.version2 ? 4 : 5));
    m.data = cursor.take(size);
    if (!cursor.ok())
      return r.fail(place, "header", "has a message of " + std::to_string(size) + " bytes that is not there");
    if (m.type == 0) continue;
    if (m.type == message::continuation) {
      Cursor c = r.over(m.data);
      const std::uint64_t address = c.offset();
      more.push_back({address, c.length()});
      if (!c.ok()) return r.fail(place, "header", "has a continuation that is cut short");
      continue;
    }
    if (messages.size() >= kLargestMessages) return r.fail(place, "header", "has too many messages");
    messages.push_back(m);
  }
  return true;
}

bool read_version1(Reading& r, std::uint64_t address, Block& block) {
  Cursor cursor = r.at(address, ~std::uint64_t{0}, "header");
  cursor.skip(8);
  const std::uint32_t size = cursor.u32();
  cursor.skip(4);
  block.bytes = cursor.take(size);
  return cursor.ok() ||
         r.fail(address, "header", "claims " + std::to_string(size) + " bytes that are not there",
                ErrorKind::truncated);
}

bool read_version2(Reading& r, std::uint64_t address, Block& block) {
  Cursor cursor = r.at(address, ~std::uint64_t{0}, "header");
  cursor.skip(4);
  const std::uint8_t version = cursor.u8();
  const std::uint8_t flags = cursor.u8();
  if (cursor.ok() && version != 2)
    return r.fail(address, "header", "has version " + std::to_string(version), ErrorKind::unsupported);
  if (flags & 0x20) cursor.skip(16);
  if (flags & 0x10) cursor.skip(4);
  const std::uint64_t size = cursor.number(1u << (flags & 3));
  block.version2 = true;
  block.has_order = (flags & 4) != 0;
  block.bytes = cursor.take(size);
  return cursor.ok() ||
         r.fail(address, "header", "claims " + std::to_string(size) + " bytes that are not there",
                ErrorKind::truncated);
}

bool read_continuation(Reading& r, const Stretch& where, Block& block) {
  Cursor cursor = r.at(where.offset, where.size, "header");
  if (block.version2) {
    if (!cursor.magic("OCHK") || cursor.left() < 4)
      return r.fail(where.offset, "header", "continues where no continuation is");
    block.bytes =
        cursor.take(where.size < 8 || where.size - 8 > cursor.left() ? cursor.left() : where.size - 8);
  } else {
    block.bytes = cursor.take(where.size);
  }
  return cursor.ok() || r.fail(where.offset, "header", "continues outside the file", ErrorKind::truncated);
}

}  // namespace

std::uint64_t read_superblock(Reading& r) {
  // The format begins at 0 or, after a block of the user's own, at 512, 1024, 2048 …
  std::uint64_t start = 0;
  while (start + kSignature.size() <= r.file.size() &&
         as_text(r.file.subspan(static_cast<std::size_t>(start), kSignature.size())) != kSignature) {
    start = start == 0 ? 512 : start * 2;
  }
  if (start + kSignature.size() > r.file.size()) {
    r.fail(0, "superblock", "has no HDF5 signature");
    return 0;
  }
  Cursor cursor = r.over(r.file.subspan(static_cast<std::size_t>(start)));
  cursor.skip(8);
  const std::uint8_t version = cursor.u8();
  if (version > 3) {
    r.fail(start, "superblock", "has version " + std::to_string(version), ErrorKind::unsupported);
    return 0;
  }
  if (version < 2) cursor.skip(4);
  r.offset_size = cursor.u8();
  r.length_size = cursor.u8();
  if (cursor.ok() && !sizes_are_fit(r)) return 0;
  cursor.skip(version < 2 ? 9 : 1);
  if (version == 1) cursor.skip(4);
  Cursor addresses = r.over(cursor.take(std::min<std::uint64_t>(cursor.left(), 64)));
  r.base = addresses.offset();
  std::uint64_t root = 0;
  addresses.offset();  // free space, or the superblock's extension
  addresses.offset();  // end of the file
  if (version < 2) {
    addresses.offset();  // driver information
    addresses.offset();  // the root's name
  }
  root = addresses.offset();
  if (!addresses.ok() || !cursor.ok()) {
    r.fail(start, "superblock", "is cut short", ErrorKind::truncated);
    return 0;
  }
  if (r.base != start)
    r.base = start;  // what stands before was moved or cut; addresses still count from here
  return root;
}

bool read_messages(Reading& r, std::uint64_t address, std::vector<HeaderMessage>& messages) {
  if (!r.spend(address, "header")) return false;
  Cursor probe = r.at(address, 4, "header");
  if (!r.ok()) return false;
  Block block;
  if (probe.magic("OHDR")) {
    if (!read_version2(r, address, block)) return false;
  } else {
    Cursor version = r.at(address, 1, "header");
    if (version.u8() != 1 || !version.ok()) return r.fail(address, "header", "is no object header");
    if (!read_version1(r, address, block)) return false;
  }
  std::vector<Stretch> more;
  if (!read_block(r, block, messages, more)) return false;
  for (std::size_t i = 0; i < more.size(); ++i) {
    const Stretch next = more[i];  // the vector grows
    if (!r.spend(next.offset, "header") || !read_continuation(r, next, block)) return false;
    if (!read_block(r, block, messages, more)) return false;
  }
  return true;
}

bool resolve_shared(Reading& r, HeaderMessage& m) {
  if (!m.shared) return true;
  const std::uint64_t place = r.offset_of(m.data.data());
  Cursor cursor = r.over(m.data);
  const std::uint8_t version = cursor.u8();
  const std::uint8_t kind = cursor.u8();
  if (version == 1) cursor.skip(6);
  if (!cursor.ok() || version == 0 || version > 3)
    return r.fail(place, "header", "has a damaged shared message");
  if (version == 3 && kind == 1)
    return r.fail(place, "header", "keeps messages in a shared table", ErrorKind::unsupported);
  const std::uint64_t address = cursor.offset();
  std::vector<HeaderMessage> messages;
  if (!cursor.ok()) return r.fail(place, "header", "has a damaged shared message");
  if (!read_messages(r, address, messages)) return false;
  for (const HeaderMessage& found : messages) {
    if (found.type != m.type || found.shared) continue;
    m = found;
    return true;
  }
  return r.fail(address, "header", "lacks the message that another header shares");
}

}  // namespace haoline::hdf5
