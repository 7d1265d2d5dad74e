// NATIVE: opens paths. The only place where inspecting meets the file system.
#include <deque>
#include <optional>
#include <utility>

#include "base/folder.h"
#include "base/mapped_file.h"
#include "inspect/inspect.h"
#include "report/redact.h"

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

  std::vector<std::string> list() override {
    const Result<Folder> folder = Folder::open(path_);
    return folder ? folder->list() : std::vector<std::string>();
  }

 private:
  std::string path_;
  std::optional<Folder> folder_;
  std::deque<MappedFile> files_;
};

// Opens the model, a file or a folder, and calls `use` with what was read.
template <class T, class Use>
Result<T> with_model(const std::string& path, const InspectOptions& options, Use use) {
  if (options.phase) options.phase->store("reading", std::memory_order_relaxed);
  const bool folder = is_folder(path);
  FolderProvider provider(folder ? path : folder_of(path));
  ReadOptions source = read_options(options);
  source.name = path;
  source.files = path == "-" ? nullptr : &provider;
  const auto told = [&](Error error) {
    return options.redact_names ? without_names(std::move(error)) : std::move(error);
  };
  if (folder) {
    Result<Model> model = load_model_folder(provider, source);
    if (!model) return told(std::move(model).error());
    return use(*model);
  }
  Result<MappedFile> file = MappedFile::open(path);
  if (!file) return std::move(file).error();
  Result<Model> model = load_model(file->bytes(), source);
  if (!model) return told(std::move(model).error());
  return use(*model);
}

std::string_view shown_path(const std::string& path, const InspectOptions& options) {
  return options.display_path.empty() ? path : options.display_path;
}

}  // namespace

Result<Report> inspect_file(const std::string& path, const InspectOptions& options) {
  return with_model<Report>(
      path, options, [&](const Model& model) { return inspect(model, shown_path(path, options), options); });
}

Result<Explanation> explain_file(const std::string& path, const InspectOptions& options,
                                 std::string_view node, Figure figure) {
  return with_model<Explanation>(path, options,
                                 [&](const Model& model) { return explain(model, options, node, figure); });
}

}  // namespace haoline
