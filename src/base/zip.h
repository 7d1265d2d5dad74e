// A zip archive over mapped bytes: its directory, and its members as views where they are stored plain.
//
// Nothing is unpacked before somebody asks; what is unpacked has a budget in proportion to the archive, so a
// bomb is an error. Zip64 and archives with something in front of them (TFLite metadata) are read; encrypted
// members and other methods than stored and deflate are located errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"

namespace haoline {

struct ZipMember {
  std::string_view name;  // as the directory has it; '/' between levels
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  std::uint64_t header = 0;  // byte of its local header in the file
  std::uint64_t packed = 0;  // bytes in the file
  std::uint64_t size = 0;    // bytes when unpacked
  bool is_stored() const { return method == 0; }
  bool is_folder() const { return !name.empty() && name.back() == '/'; }
};

class Zip {
 public:
  static bool sniff(Bytes head);  // begins like one
  static Result<Zip> open(Bytes file);

  std::span<const ZipMember> members() const { return members_; }  // in the order of the directory
  const ZipMember* find(std::string_view name) const;              // null: there is none
  // The one member whose name is `suffix` or ends in "/" + suffix (PyTorch's have a folder of any name); null
  // when there is none; the first of several.
  const ZipMember* find_below(std::string_view suffix) const;

  // Where the packed bytes stand in the file.
  Result<Bytes> packed(const ZipMember& member) const;
  // The member's bytes: a view into the file when stored, else unpacked into the arena.
  Result<Bytes> read(const ZipMember& member, Arena& arena);

  std::uint64_t directory_offset() const { return directory_offset_; }
  Bytes file() const { return file_; }

 private:
  Bytes file_;
  std::vector<ZipMember> members_;
  std::uint64_t base_ = 0;  // where the archive's own byte 0 stands in the file
  std::uint64_t directory_offset_ = 0;
  std::uint64_t budget_ = 0;  // bytes that may still be unpacked
};

// Raw deflate and zlib streams of known unpacked size, exactly. False: not a stream of that size.
bool inflate_raw(Bytes packed, std::span<std::byte> out);
bool inflate_zlib(Bytes packed, std::span<std::byte> out);
// A gzip or zlib stream of unknown size up to `limit`; empty pointer-free result on failure.
bool inflate_gzip(Bytes packed, std::uint64_t limit, std::vector<std::byte>& out);

}  // namespace haoline
