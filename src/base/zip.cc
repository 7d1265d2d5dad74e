#include "base/zip.h"

#include <algorithm>
#include <string>
#include <utility>

namespace haoline {
namespace {

// Record layouts of PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14–16.
constexpr std::uint32_t kLocalMark = 0x04034b50, kMemberMark = 0x02014b50, kEndMark = 0x06054b50;
constexpr std::uint32_t kEnd64Mark = 0x06064b50, kLocator64Mark = 0x07064b50;
constexpr std::size_t kLocalSize = 30, kMemberSize = 46, kEndSize = 22, kEnd64Size = 56, kLocator64Size = 20;
constexpr std::size_t kLongestComment = 65535;
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint16_t kZip64Field = 1;

// What may be unpacked of one archive: in proportion to it, and enough for small ones.
constexpr std::uint64_t kBudgetRatio = 32, kBudgetFloor = std::uint64_t{64} << 20;
constexpr std::uint64_t kLargestRatio = 1032;  // of deflate

Error failure(std::uint64_t offset, std::string message, ErrorKind kind = ErrorKind::malformed) {
  Error error;
  error.kind = kind;
  error.path = "zip";
  error.offset = offset;
  error.has_offset = true;
  error.message = std::move(message);
  error.advice = kind == ErrorKind::unsupported
                     ? "Pack it again without encryption, with method stored or deflate"
                     : "The file is cut short or damaged; get it again";
  return error;
}

struct Directory {
  std::uint64_t offset = 0, size = 0, count = 0;
  std::uint64_t end = 0;  // where the records after it begin
};

// The end record is the last one whose comment reaches exactly to the end of the file, else the last one.
std::uint64_t find_end(Bytes file) {
  if (file.size() < kEndSize) return file.size();
  const std::size_t last = file.size() - kEndSize;
  const std::size_t first = last > kLongestComment ? last - kLongestComment : 0;
  std::size_t found = file.size();
  for (std::size_t at = last + 1; at-- > first;) {
    if (load<std::uint32_t>(file.data() + at) != kEndMark) continue;
    if (at + kEndSize + load<std::uint16_t>(file.data() + at + 20) == file.size()) return at;
    if (found == file.size()) found = at;
  }
  return found;
}

Result<Directory> find_directory(Bytes file) {
  const std::uint64_t at = find_end(file);
  if (at == file.size()) return failure(file.size(), "has no directory at its end", ErrorKind::truncated);
  const std::byte* end = file.data() + at;
  Directory d{load<std::uint32_t>(end + 16), load<std::uint32_t>(end + 12), load<std::uint16_t>(end + 10),
              at};
  if (at < kLocator64Size || load<std::uint32_t>(end - kLocator64Size) != kLocator64Mark) return d;
  const std::uint64_t at64 = load<std::uint64_t>(end - kLocator64Size + 8);
  if (at64 > at - kLocator64Size || at - kLocator64Size - at64 < kEnd64Size ||
      load<std::uint32_t>(file.data() + at64) != kEnd64Mark) {
    return failure(at - kLocator64Size, "points to no 64-bit end record");
  }
  const std::byte* end64 = file.data() + at64;
  return Directory{load<std::uint64_t>(end64 + 48), load<std::uint64_t>(end64 + 40),
                   load<std::uint64_t>(end64 + 32), at64};
}

// Sizes and offset that do not fit 32 bits stand in an extra field, in this order, each only if needed.
bool read_zip64(Bytes extra, ZipMember& member) {
  while (extra.size() >= 4) {
    const std::uint16_t id = load<std::uint16_t>(extra.data());
    const std::size_t size = load<std::uint16_t>(extra.data() + 2);
    if (size > extra.size() - 4) return false;
    Bytes field = extra.subspan(4, size);
    extra = extra.subspan(4 + size);
    if (id != kZip64Field) continue;
    for (std::uint64_t* value : {&member.size, &member.packed, &member.header}) {
      if (*value != 0xffffffff) continue;
      if (field.size() < 8) return false;
      *value = load<std::uint64_t>(field.data());
      field = field.subspan(8);
    }
    return true;
  }
  return true;
}

}  // namespace

bool Zip::sniff(Bytes head) {
  return head.size() >= 4 && load<std::uint32_t>(head.data()) == kLocalMark;
}

Result<Zip> Zip::open(Bytes file) {
  Result<Directory> found = find_directory(file);
  if (!found) return std::move(found).error();
  const Directory d = *found;
  if (d.size > d.end || d.offset > d.end - d.size)
    return failure(d.end, "claims a directory of " + std::to_string(d.size) + " bytes that is not there");
  if (d.count > d.size / kMemberSize)
    return failure(d.end, "claims " + std::to_string(d.count) + " members in a directory of " +
                              std::to_string(d.size) + " bytes");
  Zip zip;
  zip.file_ = file;
  zip.base_ = d.end - d.size - d.offset;
  zip.directory_offset_ = d.end - d.size;
  zip.budget_ = std::max(kBudgetFloor, file.size() * kBudgetRatio);
  zip.members_.reserve(static_cast<std::size_t>(d.count));
  Bytes left =
      file.subspan(static_cast<std::size_t>(zip.directory_offset_), static_cast<std::size_t>(d.size));
  for (std::uint64_t i = 0; i < d.count; ++i) {
    const std::byte* at = left.data();
    const std::uint64_t offset = static_cast<std::uint64_t>(at - file.data());
    if (left.size() < kMemberSize || load<std::uint32_t>(at) != kMemberMark)
      return failure(offset, "has no directory entry where one is due");
    const std::size_t name = load<std::uint16_t>(at + 28), extra = load<std::uint16_t>(at + 30);
    const std::size_t whole = kMemberSize + name + extra + load<std::uint16_t>(at + 32);
    if (whole > left.size()) return failure(offset, "has a directory entry that runs out of the directory");
    ZipMember member{as_text(left.subspan(kMemberSize, name)),
                     load<std::uint16_t>(at + 10),
                     load<std::uint16_t>(at + 8),
                     load<std::uint32_t>(at + 42),
                     load<std::uint32_t>(at + 20),
                     load<std::uint32_t>(at + 24)};
    if (!read_zip64(left.subspan(kMemberSize + name, extra), member))
      return failure(offset, "has a directory entry with a damaged 64-bit field");
    zip.members_.push_back(member);
    left = left.subspan(whole);
  }
  return zip;
}

const ZipMember* Zip::find(std::string_view name) const {
  for (const ZipMember& member : members_) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

const ZipMember* Zip::find_below(std::string_view suffix) const {
  for (const ZipMember& member : members_) {
    if (!member.name.ends_with(suffix)) continue;
    const std::size_t before = member.name.size() - suffix.size();
    if (before == 0 || member.name[before - 1] == '/') return &member;
  }
  return nullptr;
}

Result<Bytes> Zip::packed(const ZipMember& member) const {
  const std::uint64_t room = directory_offset_ - base_;  // members stand before the directory
  const std::uint64_t at = base_ + member.header;
  if (member.header > room || room - member.header < kLocalSize ||
      load<std::uint32_t>(file_.data() + at) != kLocalMark) {
    return failure(at, "has no member where the directory says");
  }
  const std::uint64_t before = kLocalSize + load<std::uint16_t>(file_.data() + at + 26) +
                               std::uint64_t{load<std::uint16_t>(file_.data() + at + 28)};
  const std::uint64_t left = room - member.header;
  if (before > left || member.packed > left - before)
    return failure(at, "claims a member of " + std::to_string(member.packed) + " bytes that is not there",
                   ErrorKind::truncated);
  return file_.subspan(static_cast<std::size_t>(at + before), static_cast<std::size_t>(member.packed));
}

Result<Bytes> Zip::read(const ZipMember& member, Arena& arena) {
  Result<Bytes> bytes = packed(member);
  if (!bytes) return bytes;
  const std::uint64_t at = base_ + member.header;
  if ((member.flags & kEncrypted) != 0)
    return failure(at, "holds an encrypted member", ErrorKind::unsupported);
  if (member.is_stored()) {
    if (member.packed != member.size) return failure(at, "has a stored member of two sizes");
    return bytes;
  }
  if (member.method != 8)
    return failure(at, "uses compression method " + std::to_string(member.method), ErrorKind::unsupported);
  if (member.size > member.packed * kLargestRatio + 64 || member.size > budget_)
    return failure(at,
                   "claims to unpack to " + std::to_string(member.size) + " bytes, more than is reasonable");
  budget_ -= member.size;
  const std::span<std::byte> room = arena.allocate<std::byte>(static_cast<std::size_t>(member.size));
  if (!inflate_raw(*bytes, room)) return failure(at, "has a member that does not unpack to its size");
  return Bytes(room);
}

}  // namespace haoline
