// The only file that knows the compression library (libdeflate). The browser's build has none: there, packed
// members cannot be read, and the caller's error says so.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/zip.h"

#if defined(__wasm__)

namespace haoline {

bool inflate_raw(Bytes, std::span<std::byte>) {
  return false;
}
bool inflate_zlib(Bytes, std::span<std::byte>) {
  return false;
}
bool inflate_gzip(Bytes, std::uint64_t, std::vector<std::byte>&) {
  return false;
}

}  // namespace haoline

#else

#include <libdeflate.h>

namespace haoline {
namespace {

struct Free {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
using Decompressor = std::unique_ptr<libdeflate_decompressor, Free>;

// Every deflate stream unpacks to at most this many times its size.
constexpr std::uint64_t kLargestRatio = 1032;

}  // namespace

bool inflate_raw(Bytes packed, std::span<std::byte> out) {
  const Decompressor d(libdeflate_alloc_decompressor());
  return d && libdeflate_deflate_decompress(d.get(), packed.data(), packed.size(), out.data(), out.size(),
                                            nullptr) == LIBDEFLATE_SUCCESS;
}

bool inflate_zlib(Bytes packed, std::span<std::byte> out) {
  const Decompressor d(libdeflate_alloc_decompressor());
  return d && libdeflate_zlib_decompress(d.get(), packed.data(), packed.size(), out.data(), out.size(),
                                         nullptr) == LIBDEFLATE_SUCCESS;
}

bool inflate_gzip(Bytes packed, std::uint64_t limit, std::vector<std::byte>& out) {
  const Decompressor d(libdeflate_alloc_decompressor());
  if (!d) return false;
  limit = std::min(limit, kLargestRatio * packed.size() + 64);
  // The size at the end of the stream is a hint that anybody can forge: grow from it up to the limit.
  std::uint64_t room = packed.size() < 18 ? 64 : load<std::uint32_t>(packed.data() + packed.size() - 4);
  for (room = std::clamp<std::uint64_t>(room, 64, std::max<std::uint64_t>(limit, 64));;
       room = std::min(room * 2, limit)) {
    out.resize(static_cast<std::size_t>(room));
    std::size_t size = 0;
    const libdeflate_result result =
        libdeflate_gzip_decompress(d.get(), packed.data(), packed.size(), out.data(), out.size(), &size);
    if (result == LIBDEFLATE_SUCCESS) {
      out.resize(size);
      return true;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || room >= limit) break;
  }
  out.clear();
  return false;
}

}  // namespace haoline

#endif
