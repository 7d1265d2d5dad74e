#include "base/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/system_error.h"

namespace haoline {
namespace {

Error failure(ErrorKind kind, std::string message) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  return error;
}

Error refused(std::string message) {
  return failure(ErrorKind::malformed, "refused: " + std::move(message));
}

// What is wrong with a name before anything is opened; empty when nothing is.
std::string objection(std::string_view name) {
  if (name.empty()) return "the name is empty";
  if (name.find('\0') != std::string_view::npos) return "the name holds a zero byte";
  if (name.front() == '/' || name.find('\\') != std::string_view::npos ||
      (name.size() > 1 && name[1] == ':')) {
    return "the path is not relative to the model's folder";
  }
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    if (name.substr(at, end - at) == "..") return "the path leaves the model's folder";
    at = end + 1;
  }
  return {};
}

Error open_failure(int code) {
  if (code == ELOOP) return refused("it is a symbolic link");
  return failure(ErrorKind::unreadable, code == ENOENT ? "the file is not there" : system_message(code));
}

bool is_link(int folder, const std::string& name) {
  struct stat status{};
  return ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

}  // namespace

Folder::Folder(Folder&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Folder& Folder::operator=(Folder&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
Folder::~Folder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Folder> Folder::open(const std::string& path) {
  const int descriptor = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failure(ErrorKind::unreadable, "cannot be opened: " + system_message(errno));
  return Folder(descriptor);
}

Result<MappedFile> Folder::map(std::string_view name) const {
  if (std::string why = objection(name); !why.empty()) return refused(std::move(why));
  Folder at(::dup(descriptor_));
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const bool is_last = end == name.size();
    const std::string part(name.substr(begin, end - begin));
    begin = end + 1;
    if (!is_last && (part.empty() || part == ".")) continue;
    // Not blocking: a pipe in the model's folder must not stop the reader.
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (is_last ? 0 : O_DIRECTORY);
    const int next = ::openat(at.descriptor_, part.c_str(), flags);
    if (next < 0) {
      const int code = errno;
      return open_failure(is_link(at.descriptor_, part) ? ELOOP : code);
    }
    if (!is_last) {
      at = Folder(next);
      continue;
    }
    struct stat status{};
    if (::fstat(next, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(next);
      return refused("it is no regular file");
    }
    return MappedFile::from_descriptor(next, part);
  }
}

std::string folder_of(const std::string& path) {
  const std::size_t end = path.rfind('/');
  if (end == std::string::npos) return {};
  return end == 0 ? "/" : path.substr(0, end);
}

}  // namespace haoline
