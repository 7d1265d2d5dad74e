#include "cli/console.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

#include "report/utf8.h"

namespace haoline::cli {
namespace {

int cannot_write(std::string_view path, int error) {
  complain(std::string(path) + ": cannot be written: " + std::strerror(error));
  return kCannotWrite;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

bool is_terminal_output() { return ::isatty(STDOUT_FILENO) != 0; }
bool is_terminal_error() { return ::isatty(STDERR_FILENO) != 0; }

bool wants_colour(const Arguments& arguments) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return !arguments.no_color && (!no_color || *no_color == '\0') &&
         (!terminal || std::string_view(terminal) != "dumb") && is_terminal_output();
}

int print(std::string_view text) {
  return write_all(STDOUT_FILENO, text) ? kFine : cannot_write("standard output", errno);
}

void complain(std::string_view text) {
  const std::string line = "haoline: " + safe(text) + "\n";
  write_all(STDERR_FILENO, line);
}

void remark(const Arguments& arguments, std::string_view text) {
  if (!arguments.quiet && arguments.log_level <= LogLevel::info) complain(text);
}

int write_output(const std::string& path, std::string_view text) {
  if (path == "-") return print(text);
  // A file beside the target, renamed over it at the end: nobody ever sees half a report. Devices and pipes cannot be
  // replaced, they are written to.
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    std::FILE* device = std::fopen(path.c_str(), "wb");
    if (!device) return cannot_write(path, errno);
    const bool good = std::fwrite(text.data(), 1, text.size(), device) == text.size();
    return std::fclose(device) == 0 && good ? kFine : cannot_write(path, errno);
  }
  std::string temporary = path + ".XXXXXX";
  const int file = ::mkstemp(temporary.data());
  if (file < 0) return cannot_write(path, errno);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  bool good = ::fchmod(file, 0666 & ~mask) == 0 && write_all(file, text);
  good = ::close(file) == 0 && good;
  good = good && std::rename(temporary.c_str(), path.c_str()) == 0;
  if (good) return kFine;
  const int error = errno;
  ::unlink(temporary.c_str());
  return cannot_write(path, error);
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool make_folder(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
      cannot_write(path, errno);
      return false;
    }
    if (end == std::string::npos) break;
  }
  if (is_folder(path)) return true;
  cannot_write(path, ENOTDIR);
  return false;
}

Result<std::string> read_standard_input() {
  std::string text;
  std::string block(std::size_t{1} << 20, '\0');
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error{.kind = ErrorKind::unreadable, .message = std::string("cannot be read: ") + std::strerror(errno)};
    if (count == 0) return text;
    text.append(block, 0, static_cast<std::size_t>(count));
  }
}

}  // namespace haoline::cli
