#include "cli/console.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/file_output.h"
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

bool is_terminal_output() {
  return ::isatty(STDOUT_FILENO) != 0;
}
bool is_terminal_error() {
  return ::isatty(STDERR_FILENO) != 0;
}

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
  const std::optional<Error> error = write_file(path, text);
  if (!error) return kFine;
  complain(path + ": " + error->to_string());
  return kCannotWrite;
}

}  // namespace haoline::cli
