// NATIVE: opens files below one folder, and never one outside it: a name from a model file is not trusted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"

namespace haoline {

class Folder {
 public:
  static Result<Folder> open(const std::string& path);  // "" is the current folder
  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&& other) noexcept;
  ~Folder();

  // Maps a file by its '/'-separated name relative to the folder. Refused (malformed): an absolute path,
  // `..`, a symbolic link anywhere in it. Every component is opened by itself, so nothing can be swapped in
  // between. One kind of link is followed: that of the Hugging Face cache, whose files are links to
  // "../../blobs/<hash>".
  Result<MappedFile> map(std::string_view name) const;

  // Names of the files below the folder as `map` takes them, sorted. Bounded in depth and number; links to
  // folders are not followed.
  std::vector<std::string> list() const;

 private:
  explicit Folder(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// Whether there is a folder of that name (a link to one counts: whoever calls named it).
bool is_folder(const std::string& path);

// "models/bert.onnx" -> "models"; "" for a bare name.
std::string folder_of(const std::string& path);

}  // namespace haoline
