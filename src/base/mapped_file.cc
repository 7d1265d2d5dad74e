#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/system_error.h"
#include "base/text.h"

namespace haoline {
namespace {

Error unreadable(std::string message, std::string advice = {}) {
  Error error;
  error.kind = ErrorKind::unreadable;
  error.message = std::move(message);
  error.advice = std::move(advice);
  return error;
}

// 0 at the end, -1 on failure.
ssize_t read_some(int descriptor, std::byte* to, std::size_t size) {
  ssize_t got = 0;
  do {
    got = ::read(descriptor, to, size);
  } while (got < 0 && errno == EINTR);
  return got;
}

Result<std::vector<std::byte>> slurp(int descriptor, std::size_t limit) {
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  std::vector<std::byte> bytes;
  std::size_t used = 0;
  for (;;) {
    if (bytes.size() - used < kChunk / 2) bytes.resize(std::max(used + kChunk, used + used / 2));
    const ssize_t got = read_some(descriptor, bytes.data() + used, bytes.size() - used);
    if (got < 0) return unreadable("cannot be read: " + system_message(errno));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit) {
      return unreadable("is longer than the " + grouped(limit) + " bytes that are read from a stream",
                        "Save it to a file first.");
    }
  }
  bytes.resize(used);
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

MappedFile::MappedFile(MappedFile&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      slurped_(std::move(other.slurped_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(mapping_, other.mapping_);
  std::swap(size_, other.size_);
  std::swap(slurped_, other.slurped_);
  return *this;
}

MappedFile::~MappedFile() {
  if (mapping_ != nullptr) ::munmap(const_cast<std::byte*>(mapping_), size_);
}

Result<MappedFile> MappedFile::open(const std::string& path, std::size_t limit) {
  if (path == "-") return from_descriptor(::dup(STDIN_FILENO), path, limit);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return unreadable("cannot be opened: " + system_message(errno), "Check the path and its permissions.");
  }
  return from_descriptor(descriptor, path, limit);
}

Result<MappedFile> MappedFile::from_descriptor(int descriptor, const std::string& path, std::size_t limit) {
  struct Closer {
    int descriptor;
    ~Closer() {
      if (descriptor >= 0) ::close(descriptor);
    }
  } closer{descriptor};
  struct stat status{};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
    return unreadable("cannot be opened: " + system_message(errno));
  }
  if (S_ISDIR(status.st_mode)) return unreadable("is a folder, not a file");
  MappedFile file;
  const bool is_mappable = S_ISREG(status.st_mode) && path != "-";
  if (is_mappable && status.st_size > 0) {
    file.size_ = static_cast<std::size_t>(status.st_size);
    void* const at = ::mmap(nullptr, file.size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (at == MAP_FAILED) return unreadable("cannot be mapped: " + system_message(errno));
    file.mapping_ = static_cast<const std::byte*>(at);
    return file;
  }
  Result<std::vector<std::byte>> bytes = slurp(descriptor, limit);
  if (!bytes) return std::move(bytes).error();
  file.slurped_ = *std::move(bytes);
  return file;
}

}  // namespace haoline
