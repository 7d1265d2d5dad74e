// NATIVE: the files beside a model, from its folder and nowhere else.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "base/folder.h"
#include "formats/format.h"

namespace haoline {

class FolderProvider : public FileProvider {
 public:
  // Of the model at `path`. A folder that cannot be opened shows when the first file is wanted.
  explicit FolderProvider(const std::string& model_path) : folder_(Folder::open(folder_of(model_path))) {}

  Result<Opened> open(std::string_view name) override {
    if (!folder_) return folder_.error();
    Result<MappedFile> file = folder_->map(name);
    if (!file) return std::move(file).error();
    return Opened{files_.emplace_back(*std::move(file)).bytes()};
  }

 private:
  Result<Folder> folder_;
  std::deque<MappedFile> files_;
};

}  // namespace haoline
