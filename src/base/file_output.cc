#include "base/file_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/system_error.h"

namespace haoline {
namespace {

Error unwritable(int code) {
  Error error;
  error.kind = ErrorKind::unreadable;
  error.message = "cannot be written: " + system_message(code);
  return error;
}

// 0, or the errno.
int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::optional<Error> write_directly(const std::string& path, std::string_view content) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return unwritable(errno);
  const int code = write_all(descriptor, content);
  ::close(descriptor);
  return code != 0 ? std::optional(unwritable(code)) : std::nullopt;
}

// Where a chain of symbolic links ends, so that the link stays a link.
std::string resolved(const std::string& path) {
  char* const real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string text(real);
  std::free(real);
  return text;
}

int open_beside(const std::string& path, std::string& temporary) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    temporary = path + "." + std::to_string(::getpid()) + "." + std::to_string(attempt) + ".tmp";
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
  errno = EEXIST;
  return -1;
}

}  // namespace

std::optional<Error> write_file(const std::string& given, std::string_view content) {
  struct stat status{};
  const bool exists = ::stat(given.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return unwritable(EISDIR);
  if (exists && !S_ISREG(status.st_mode)) return write_directly(given, content);
  const std::string path = exists ? resolved(given) : given;
  std::string temporary;
  const int descriptor = open_beside(path, temporary);
  if (descriptor < 0) return unwritable(errno);
  int code = write_all(descriptor, content);
  if (code == 0 && exists && ::fchmod(descriptor, status.st_mode & 07777) != 0) code = errno;
  if (::close(descriptor) != 0 && code == 0) code = errno;
  if (code == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) code = errno;
  if (code == 0) return std::nullopt;
  ::unlink(temporary.c_str());
  return unwritable(code);
}

std::optional<Error> make_folder(const std::string& path) {
  for (std::size_t end = 0; end != path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    if (::mkdir(path.substr(0, end).c_str(), 0777) == 0 || errno == EEXIST) continue;
    const int code = errno;
    struct stat status{};
    if (::stat(path.substr(0, end).c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
    return unwritable(code);
  }
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return unwritable(errno);
  return S_ISDIR(status.st_mode) ? std::nullopt : std::optional(unwritable(ENOTDIR));
}

}  // namespace haoline
