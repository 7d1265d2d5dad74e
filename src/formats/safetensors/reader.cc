#include "formats/safetensors/reader.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "formats/safetensors/companions.h"
#include "formats/safetensors/quantized.h"
#include "formats/safetensors/wire.h"
#include "formats/shared/huggingface.h"
#include "formats/shared/json.h"
#include "formats/shared/stored_tensors.h"

namespace haoline::safetensors {
namespace {

constexpr std::string_view kEnd = ".safetensors";
constexpr std::string_view kIndexEnd = ".safetensors.index.json";
constexpr std::size_t kMostShards = 100'000;
constexpr std::uint64_t kAlignment = 8;  // of the data's begin; gaps below it are padding

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "model-00001-of-00002.safetensors" → "model"; nothing for another name.
std::optional<std::string_view> shard_stem(std::string_view name) {
  if (!name.ends_with(kEnd)) return std::nullopt;
  name.remove_suffix(kEnd.size());
  const std::size_t of = name.rfind("-of-");
  if (of == std::string_view::npos || !is_digits(name.substr(of + 4))) return std::nullopt;
  const std::size_t dash = name.substr(0, of).rfind('-');
  if (dash == std::string_view::npos || !is_digits(name.substr(dash + 1, of - dash - 1))) return std::nullopt;
  return name.substr(0, dash);
}

bool is_index_text(std::string_view head) {
  return head.starts_with("{") && head.find("\"weight_map\"") != std::string_view::npos &&
         head.find(kEnd) != std::string_view::npos;
}

// What an index says: the shards in order of first use.
struct Index {
  std::vector<std::string> shards;
  std::size_t tensors = 0;
};

Result<Index> read_index(Bytes text) {
  const Result<json::Document> document = json::Document::parse(text);
  if (!document) return document.error();
  const json::Value map = document->root()["weight_map"];
  if (!map.is_object())
    return Error{.path = "weight_map",
                 .message = "the index does not say which tensor is in which file",
                 .advice = "Give one of the .safetensors files."};
  Index index;
  NameTable seen;
  index.tensors = map.size();
  for (std::size_t i = 0; i < map.size(); ++i) {
    const std::string_view shard = map.member(i).value.text();
    if (shard.empty() || index.shards.size() >= kMostShards) continue;
    if (seen.insert(shard, 0).is_new) index.shards.emplace_back(shard);
  }
  std::sort(index.shards.begin(), index.shards.end());
  return index;
}

class Reader {
 public:
  Reader(const ReadOptions& options, FileProvider* files)
      : options_(options), files_(files), tensors_(model_) {
    model_.format = "safetensors";
    model_.graphs.add(Graph());
  }

  Result<Model> from_file(Bytes file) {
    const std::string_view name = base_name(options_.name);
    if (is_index_text(as_text(file.first(std::min<std::size_t>(file.size(), kProbeBytes))))) {
      add_metadata_file(std::string(options_.name), "index", file);
      return from_index(file, {}, {});
    }
    // A shard brings the others in, through its index.
    if (const auto stem = shard_stem(name); stem && files_ != nullptr) {
      const std::string index_name = std::string(*stem) + std::string(kIndexEnd);
      if (const Result<FileProvider::Opened> index = files_->open(index_name)) {
        const FileId main = model_.files.add({std::string(options_.name), "model", file});
        add_metadata_file(index_name, "index", index->bytes);
        return from_index(index->bytes, name, main);
      }
      note("The file is one of several shards; their index " + index_name + " is not beside it");
    } else if (stem) {
      note("The file is one of several shards; the others were not given");
    }
    const FileId main = model_.files.add({std::string(options_.name), "model", file});
    if (auto error = add_shard(main)) return std::move(*error);
    return finish("");
  }

  // A folder: the index when there is one, else its weights.
  Result<Model> from_folder() {
    const std::vector<std::string> names = files_->list();
    const std::string index = find_at_top(names, kIndexEnd);
    if (!index.empty()) {
      const Result<FileProvider::Opened> opened = files_->open(index);
      if (!opened) return opened.error();
      add_metadata_file(index, "index", opened->bytes);
      return from_index(opened->bytes, {}, {});
    }
    for (const std::string& name : weights_of(names)) {
      const Result<FileProvider::Opened> opened = files_->open(name);
      if (!opened) return opened.error();
      const FileId file = model_.files.add({name, "model", opened->bytes});
      if (auto error = add_shard(file)) return std::move(*error);
    }
    return finish("");
  }

 private:
  static bool is_at_top(std::string_view name) { return name.find('/') == std::string_view::npos; }

  static std::string find_at_top(std::span<const std::string> names, std::string_view end) {
    // "model" before variants such as "model.fp16".
    std::string best;
    for (const std::string& name : names) {
      if (is_at_top(name) && name.ends_with(end) && (best.empty() || name.size() < best.size())) best = name;
    }
    return best;
  }

  // "model.safetensors" where it is there, else an adapter, else every file at the top (as after a shard's
  // index was lost).
  static std::vector<std::string> weights_of(std::span<const std::string> names) {
    std::vector<std::string> out;
    for (const std::string_view known :
         {"model.safetensors", "diffusion_pytorch_model.safetensors", "adapter_model.safetensors"}) {
      if (std::find(names.begin(), names.end(), known) != names.end()) return {std::string(known)};
    }
    std::copy_if(names.begin(), names.end(), std::back_inserter(out),
                 [](const std::string& name) { return is_at_top(name) && name.ends_with(kEnd); });
    return out;
  }

  void note(std::string text) {
    model_.findings.push_back({FindingKind::missing_external_data, Message(std::move(text))});
  }

  void add_metadata_file(const std::string& name, std::string_view role, Bytes bytes) {
    const FileId file = model_.files.add({name, role, bytes});
    if (!bytes.empty()) model_.spans.push_back({file, ByteLabel::metadata, DType::unknown, 0, bytes.size()});
  }

  // `main`: a shard that is open already, under that name.
  Result<Model> from_index(Bytes text, std::string_view main_name, FileId main) {
    const Result<Index> index = read_index(text);
    if (!index) return index.error();
    std::size_t missing = 0;
    std::string first, why;
    for (const std::string& shard : index->shards) {
      FileId file = shard == main_name ? main : FileId{};
      if (!file) {
        const Result<FileProvider::Opened> opened = open(shard);
        if (!opened) {
          if (missing++ == 0) first = shard, why = opened.error().message;
          continue;
        }
        file = model_.files.add({shard, "shard", opened->bytes});
      }
      if (auto error = add_shard(file)) {
        error->message = shard + ": " + error->message;
        return std::move(*error);
      }
    }
    if (missing != 0) {
      Message message(grouped(missing) + " of " + counted(index->shards.size(), "shard") +
                      " could not be read, ");
      message.add(missing == 1 ? "" : "the first is ").name(first).add(": " + why);
      model_.findings.push_back({FindingKind::missing_external_data, std::move(message)});
    }
    const std::size_t found = model_.main().tensors.size();
    if (missing == 0 && found != index->tensors) {
      model_.findings.push_back({FindingKind::contradicting_declaration,
                                 Message("The index lists " + counted(index->tensors, "tensor") +
                                         ", its files hold " + grouped(found))});
    }
    return finish("");
  }

  Result<FileProvider::Opened> open(const std::string& name) {
    if (files_ != nullptr) return files_->open(name);
    return Error{.kind = ErrorKind::unreadable, .message = "no other files were given", .advice = {}};
  }

  std::optional<Error> add_shard(FileId file) {
    const Bytes bytes = model_.files[file].bytes;
    Result<Header> header = read_header(bytes, model_.arena);
    if (!header) return std::move(header).error();
    for (const MetadataEntry& entry : header->metadata) add_metadata(entry);
    if (header->metadata_end > header->metadata_begin) {
      model_.spans.push_back({file, ByteLabel::metadata, DType::unknown, header->metadata_begin,
                              header->metadata_end - header->metadata_begin});
    }
    tensors_.reserve(model_.main().tensors.size() + header->tensors.size());
    tensors_.add_region(file, header->data, kAlignment);
    std::uint64_t wrong = 0;
    for (const Record& record : header->tensors) wrong += add_record(file, header->data, record) ? 0 : 1;
    if (wrong != 0) {
      model_.findings.push_back({FindingKind::truncated_weights,
                                 Message(counted(wrong, "tensor") + (wrong == 1 ? " has" : " have") +
                                         " more or fewer bytes than the shape needs")});
    }
    return std::nullopt;
  }

  // False where the stretch of bytes is not as long as the shape needs.
  bool add_record(FileId file, std::uint64_t data, const Record& record) {
    StoredTensors::Stored stored{.name = record.name, .extents = record.extents, .file = file};
    stored.dtype = dtype_of(record.dtype);
    stored.offset = record.begin > ~data ? ~std::uint64_t{0} : data + record.begin;
    stored.size = record.end - record.begin;
    std::optional<Int128> elements = 1;
    for (const std::int64_t extent : record.extents)
      elements = elements ? checked_mul(*elements, extent) : std::nullopt;
    const auto wanted = elements ? byte_size(stored.dtype, *elements) : std::nullopt;
    const bool fits = stored.dtype == DType::unknown || (wanted && *wanted == Int128{stored.size});
    stored.is_readable = fits;
    tensors_.add(stored);
    return fits;
  }

  // Shards repeat what concerns the whole.
  void add_metadata(const MetadataEntry& entry) {
    const bool is_known =
        std::any_of(model_.metadata.begin(), model_.metadata.end(),
                    [&](const MetadataEntry& m) { return m.key == entry.key && m.value == entry.value; });
    if (!is_known) model_.metadata.push_back(entry);
  }

  Result<Model> finish(const std::string& folder) {
    read_companions(files_, folder, model_);
    tensors_.finish();
    describe_quantization(model_, tensors_);
    if (is_adapter(model_)) {
      describe_adapter(files_, folder, model_);
    } else if (!model_.architecture) {
      assume_architecture(model_);
    }
    return std::move(model_);
  }

  const ReadOptions& options_;
  FileProvider* files_;
  Model model_;
  StoredTensors tensors_;
};

}  // namespace

bool sniff(const Probe& probe) {
  return begins_like_safetensors(probe.head, probe.size) || is_index_text(as_text(probe.head));
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  return Reader(options, options.files).from_file(file);
}

bool sniff_folder(std::span<const std::string> files) {
  return std::any_of(files.begin(), files.end(), [](const std::string& name) {
    return name.find('/') == std::string::npos && (name.ends_with(kEnd) || name.ends_with(kIndexEnd));
  });
}

Result<Model> read_folder(FileProvider& files, const ReadOptions& options) {
  return Reader(options, &files).from_folder();
}

}  // namespace haoline::safetensors
