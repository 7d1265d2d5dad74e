// The filters that a chunk passed when it was written, undone in reverse.
#include <algorithm>

#include "base/zip.h"
#include "formats/shared/hdf5_reading.h"

namespace haoline::hdf5 {
namespace {

enum FilterId : std::uint16_t { kDeflate = 1, kShuffle = 2, kFletcher32 = 3, kLzf = 32000 };

// Byte k of every element stands together.
void unshuffle(std::uint64_t size, std::vector<std::byte>& bytes) {
  if (size < 2 || bytes.size() < size) return;
  const auto width = static_cast<std::size_t>(size);
  const std::size_t count = bytes.size() / width;
  std::vector<std::byte> out = bytes;  // what does not fill an element stays at the end
  for (std::size_t k = 0; k < width; ++k) {
    for (std::size_t i = 0; i < count; ++i) out[i * width + k] = bytes[k * count + i];
  }
  bytes.swap(out);
}

// LZF: runs of literals, and copies of what was written up to 8 KiB before.
bool unpack_lzf(Bytes in, std::span<std::byte> out) {
  std::size_t at = 0, filled = 0;
  while (at < in.size()) {
    const unsigned control = load<std::uint8_t>(&in[at++]);
    if (control < 32) {
      const std::size_t run = control + 1;
      if (run > in.size() - at || run > out.size() - filled) return false;
      std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(at), run,
                  out.begin() + static_cast<std::ptrdiff_t>(filled));
      at += run;
      filled += run;
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) {
      if (at >= in.size()) return false;
      length += load<std::uint8_t>(&in[at++]);
    }
    length += 2;
    if (at >= in.size()) return false;
    const std::size_t back = ((control & 31) << 8) + load<std::uint8_t>(&in[at++]) + 1;
    if (back > filled || length > out.size() - filled) return false;
    for (std::size_t i = 0; i < length; ++i, ++filled) out[filled] = out[filled - back];
  }
  return filled == out.size();
}

}  // namespace

bool undo_filters(const Object& dataset, std::uint32_t mask, std::uint64_t chunk_bytes,
                  std::vector<std::byte>& bytes, std::string& why) {
  const std::span<const Filter> filters = dataset.storage.filters;
  for (std::size_t i = filters.size(); i-- > 0;) {
    if (i < 32 && (mask >> i & 1) != 0) continue;
    switch (filters[i].id) {
      case kDeflate:
      case kLzf: {
        // A checksum that was taken before the packing adds four bytes.
        const bool checked = std::any_of(filters.begin(), filters.begin() + static_cast<std::ptrdiff_t>(i),
                                         [](const Filter& f) { return f.id == kFletcher32; });
        std::vector<std::byte> out(static_cast<std::size_t>(chunk_bytes + (checked ? 4 : 0)));
        if (!(filters[i].id == kDeflate ? inflate_zlib(bytes, out) : unpack_lzf(bytes, out))) {
          why = "a chunk does not unpack to its size";
          return false;
        }
        bytes.swap(out);
        break;
      }
      case kShuffle:
        unshuffle(filters[i].parameters.empty() ? dataset.type.size : filters[i].parameters[0], bytes);
        break;
      case kFletcher32:
        if (bytes.size() < 4) {
          why = "a chunk lacks its checksum";
          return false;
        }
        bytes.resize(bytes.size() - 4);
        break;
      default:
        why = "its elements pass filter " + std::to_string(filters[i].id) + ", which haoline does not know";
        return false;
    }
  }
  return true;
}

}  // namespace haoline::hdf5
