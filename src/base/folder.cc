#include "base/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
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

// "../../blobs/3fa9…" with nothing but digits behind it: how the Hugging Face cache keeps one copy of a file.
bool is_hub_blob(std::string_view target) {
  std::size_t ups = 0;
  for (; target.starts_with("../"); target.remove_prefix(3)) ++ups;
  constexpr std::string_view kBlobs = "blobs/";
  if (ups < 2 || ups > 8 || !target.starts_with(kBlobs)) return false;
  target.remove_prefix(kBlobs.size());
  return target.size() >= 32 && target.size() <= 128 &&
         target.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Where a link of the cache leads, relative to its folder; empty: it is none.
std::string hub_blob(int folder, const std::string& name) {
  std::string target(256, '\0');
  const ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
  target.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return is_hub_blob(target) ? target : std::string();
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

constexpr std::size_t kDeepest = 12, kMostFiles = 100'000;

// Takes the descriptor over.
void list_below(int descriptor, const std::string& prefix, std::size_t depth, std::vector<std::string>& out) {
  const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(descriptor));
  if (!folder) {
    if (descriptor >= 0) ::close(descriptor);
    return;
  }
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == ".." || out.size() >= kMostFiles) continue;
    struct stat status{};
    if (::fstatat(descriptor, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(status.st_mode) || (S_ISLNK(status.st_mode) && !hub_blob(descriptor, name).empty())) {
      out.push_back(prefix + name);
    } else if (S_ISDIR(status.st_mode) && depth < kDeepest) {
      const int below = ::openat(descriptor, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      list_below(below, prefix + name + "/", depth + 1, out);
    }
  }
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
    int next = ::openat(at.descriptor_, part.c_str(), flags);
    if (next < 0 && is_last && errno == ELOOP) {
      const std::string blob = hub_blob(at.descriptor_, part);
      if (!blob.empty()) next = ::openat(at.descriptor_, blob.c_str(), flags);
      if (next < 0 && blob.empty()) errno = ELOOP;
    }
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

std::vector<std::string> Folder::list() const {
  std::vector<std::string> names;
  // A descriptor of its own: reading a folder moves a position that copies of a descriptor share.
  list_below(::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "", 0, names);
  std::sort(names.begin(), names.end());
  return names;
}

bool is_folder(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string folder_of(const std::string& path) {
  const std::size_t end = path.rfind('/');
  if (end == std::string::npos) return {};
  return end == 0 ? "/" : path.substr(0, end);
}

}  // namespace haoline
