// NATIVE: opens files. One of the few doors to the operating system; the WebAssembly build has none of it.
//
// A file's bytes, mapped read-only: only the pages that somebody looks at are ever read. If another process
// shortens the file meanwhile, the system ends this one (SIGBUS); models are not edited while they are
// inspected.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace haoline {

class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  static constexpr std::size_t kSlurpLimit = std::size_t{8} << 30;

  // A regular file is mapped. "-" (standard input), pipes and devices are read into memory, at most `limit`
  // bytes.
  static Result<MappedFile> open(const std::string& path, std::size_t limit = kSlurpLimit);
  // Takes the descriptor and closes it.
  static Result<MappedFile> from_descriptor(int descriptor, const std::string& path,
                                            std::size_t limit = kSlurpLimit);

  Bytes bytes() const { return mapping_ ? Bytes(mapping_, size_) : Bytes(slurped_); }

 private:
  const std::byte* mapping_ = nullptr;
  std::size_t size_ = 0;
  std::vector<std::byte> slurped_;
};

}  // namespace haoline
