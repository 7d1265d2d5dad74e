#include "base/system_error.h"

#include <cerrno>

namespace haoline {

std::string system_message(int code) {
  struct Row {
    int code;
    const char* words;
  };
  constexpr Row kRows[] = {
      {ENOENT, "no such file or folder"},
      {EACCES, "permission denied"},
      {EPERM, "not permitted"},
      {EISDIR, "it is a folder"},
      {ENOTDIR, "a part of the path is no folder"},
      {ELOOP, "a part of the path is a symbolic link"},
      {ENAMETOOLONG, "the name is too long"},
      {EMFILE, "too many open files"},
      {ENFILE, "too many open files"},
      {ENOMEM, "out of memory"},
      {ENOSPC, "no space left on the device"},
      {EDQUOT, "the disk quota is used up"},
      {EROFS, "the file system is read-only"},
      {EFBIG, "the file is too large"},
      {EIO, "input/output error"},
      {EPIPE, "the reader has gone"},
      {ETXTBSY, "the file is in use"},
  };
  for (const Row& row : kRows) {
    if (row.code == code) return row.words;
  }
  return "error " + std::to_string(code);
}

}  // namespace haoline
