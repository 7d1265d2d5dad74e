// NATIVE: opens paths. The only place where inspecting meets the file system.
#include <deque>
#include <optional>
#include <utility>

#include "base/folder.h"
#include "base/mapped_file.h"
#include "inspect/inspect.h"

namespace haoline {
namespace {

// Files beside the model, mapped when it names them and kept as long as the report is made.
class FolderProvider final : public FileProvider {
 public:
  explicit FolderProvider(std::string path) : path_(std::move(path)) {}

  Result<Opened> open(std::string_view name) override {
    if (!folder_) {
      Result<Folder> folder = Folder::open(path_);
      if (!folder) return std::move(folder).error();
      folder_.emplace(std::move(*folder));
    }
    Result<MappedFile> file = folder_->map(name);
    if (!file) return std::move(file).error();
    return Opened{files_.emplace_back(std::move(*file)).bytes()};
  }

 private:
  std::string path_;
  std::optional<Folder> folder_;
  std::deque<MappedFile> files_;
};

// Opens the model and calls `use` with its bytes and where to find the rest.
template <class T, class Use>
Result<T> with_file(const std::string& path, Use use) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file) return std::move(file).error();
  FolderProvider provider(folder_of(path));
  ReadOptions source;
  source.name = path;
  source.files = path == "-" ? nullptr : &provider;
  return use(file->bytes(), source);
}

}  // namespace

Result<Report> inspect_file(const std::string& path, const InspectOptions& options) {
  return with_file<Report>(
      path, [&](Bytes bytes, const ReadOptions& source) { return inspect(bytes, source, options); });
}

Result<Explanation> explain_file(const std::string& path, const InspectOptions& options,
                                 std::string_view node, Figure figure) {
  return with_file<Explanation>(path, [&](Bytes bytes, const ReadOptions& source) {
    return explain(bytes, source, options, node, figure);
  });
}

}  // namespace haoline
