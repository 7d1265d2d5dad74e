// NATIVE: opens files below one folder, and never one outside it: a name from a model file is not trusted.
#pragma once

#include <string>
#include <string_view>

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
  // between.
  Result<MappedFile> map(std::string_view name) const;

 private:
  explicit Folder(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// "models/bert.onnx" -> "models"; "" for a bare name.
std::string folder_of(const std::string& path);

}  // namespace haoline
