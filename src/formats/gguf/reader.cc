#include "formats/gguf/reader.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "formats/gguf/facts.h"
#include "formats/gguf/header.h"
#include "formats/shared/stored_tensors.h"

namespace haoline::gguf {
namespace {

constexpr std::int64_t kMostShards = 65535;  // what a header can say

struct Shard {
  Header header;
  FileId file;
  std::int64_t number = 0;
};

// "models/llama-00002-of-00003.gguf", 2, 3 → "llama-", ".gguf" around the number of another shard.
struct ShardNames {
  std::string_view stem, end;
  std::string name(std::int64_t number, std::int64_t count) const {
    const auto five = [](std::int64_t n) {
      std::string digits = std::to_string(n);
      return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
    };
    return std::string(stem) + five(number + 1) + "-of-" + five(count) + std::string(end);
  }
};

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

// Nothing where the file was renamed.
std::optional<ShardNames> shard_names(std::string_view path, std::int64_t number, std::int64_t count) {
  const std::string_view name = base_name(path);
  constexpr std::string_view kEnd = ".gguf";
  if (!name.ends_with(kEnd)) return std::nullopt;
  const std::string marked = ShardNames{"-", kEnd}.name(number, count);
  if (!name.ends_with(marked)) return std::nullopt;
  return ShardNames{name.substr(0, name.size() - marked.size() + 1), kEnd};
}

class Reader {
 public:
  Reader(Bytes file, const ReadOptions& options) : file_(file), options_(options), tensors_(model_) {}

  Result<Model> run() {
    model_.format = "gguf";
    const FileId main = model_.files.add({std::string(options_.name), "model", file_});
    Result<Header> header = read_header(file_, model_.arena);
    if (!header) return std::move(header).error();
    shards_.push_back({*std::move(header), main, 0});
    if (auto error = open_siblings()) return std::move(*error);

    model_.graphs.add(Graph());
    std::size_t count = 0;
    for (const Shard& shard : shards_) count += shard.header.tensors.size();
    tensors_.reserve(count);
    for (const Shard& shard : shards_) add_shard(shard);
    tensors_.finish();
    describe();
    return std::move(model_);
  }

 private:
  std::optional<Error> open_siblings() {
    const Header& header = shards_.front().header;
    const std::int64_t count = header.integer("split.count").value_or(0);
    const std::int64_t number = header.integer("split.no").value_or(0);
    if (count <= 1 || count > kMostShards || number < 0 || number >= count) return std::nullopt;
    shards_.front().number = number;
    const auto names = shard_names(options_.name, number, count);
    std::int64_t missing = 0;
    std::string first_missing, why;
    for (std::int64_t i = 0; i < count; ++i) {
      if (i == number) continue;
      const std::string name = names ? names->name(i, count) : "shard " + std::to_string(i + 1);
      Bytes bytes;
      std::string problem;
      if (!names) {
        problem = "the file was renamed, so the names of the others are not known";
      } else if (options_.files == nullptr) {
        problem = "no other files were given";
      } else if (Result<FileProvider::Opened> opened = options_.files->open(name)) {
        bytes = opened->bytes;
      } else {
        problem = opened.error().message;
      }
      if (problem.empty() && !begins_like_gguf(bytes)) problem = "it is no GGUF file";
      if (!problem.empty()) {
        if (missing++ == 0) first_missing = name, why = problem;
        continue;
      }
      Result<Header> other = read_header(bytes, model_.arena);
      if (!other) return in_file(std::move(other).error(), name);
      const FileId file = model_.files.add({name, "shard", bytes});
      shards_.push_back({*std::move(other), file, i});
    }
    if (missing != 0) report_missing(missing, count, first_missing, why);
    std::stable_sort(shards_.begin(), shards_.end(),
                     [](const Shard& a, const Shard& b) { return a.number < b.number; });
    return std::nullopt;
  }

  static Error in_file(Error error, const std::string& name) {
    error.message = "shard " + name + ": " + error.message;
    return error;
  }

  void report_missing(std::int64_t missing, std::int64_t count, const std::string& first,
                      const std::string& why) {
    Message message(grouped(static_cast<std::uint64_t>(missing)) + " of " +
                    grouped(static_cast<std::uint64_t>(count)) + " shards could not be read, ");
    message.add(missing == 1 ? "" : "the first is ").name(first).add(": " + why);
    model_.findings.push_back({FindingKind::missing_external_data, std::move(message)});
    has_all_shards_ = false;
  }

  void add_shard(const Shard& shard) {
    const Header& header = shard.header;
    label_header(shard);
    if (!header.tensors.empty()) tensors_.add_region(shard.file, header.data, header.alignment);
    for (const TensorRecord& record : header.tensors) {
      const TensorType* type = find_tensor_type(record.type);
      StoredTensors::Stored stored{.name = record.name, .extents = record.extents, .file = shard.file};
      stored.dtype = type != nullptr ? type->dtype : DType::unknown;
      stored.offset = record.offset > ~header.data ? ~std::uint64_t{0} : header.data + record.offset;
      stored.size = size_of(stored.dtype, record.extents);
      stored.is_readable = !header.is_big_endian && (type == nullptr || !is_interleaved(*type)) &&
                           has_whole_blocks(stored.dtype, record.extents);
      const TensorId id = tensors_.add(stored);
      Tensor& tensor = tensors_.tensor(id);
      if (info(stored.dtype).kind == DTypeClass::block) tensor.quantization = quantization_of(*type);
      has_output_ = has_output_ || record.name == "output.weight";
      has_embedding_ = has_embedding_ || record.name == "token_embd.weight";
      misaligned_ += record.offset % header.alignment != 0 ? 1 : 0;
    }
  }

  // Rows are made of whole blocks.
  static std::uint64_t size_of(DType dtype, std::span<const std::int64_t> extents) {
    const std::int64_t row = extents.empty() ? 1 : extents.back();
    std::optional<Int128> size = byte_size(dtype, row);
    for (std::size_t axis = 0; size && axis + 1 < extents.size(); ++axis)
      size = checked_mul(*size, extents[axis]);
    if (!size) return 0;
    return *size > Int128{INT64_MAX} ? static_cast<std::uint64_t>(INT64_MAX)
                                     : static_cast<std::uint64_t>(*size);
  }

  static bool has_whole_blocks(DType dtype, std::span<const std::int64_t> extents) {
    return extents.empty() || extents.back() % info(dtype).block_elements == 0;
  }

  // Rows in an order made for one processor: as many bytes, but not in ggml's order.
  static bool is_interleaved(const TensorType& type) {
    return (type.code >= 31 && type.code <= 33) || (type.code >= 36 && type.code <= 38);
  }

  // One value per type, shared by its tensors.
  const Quantization* quantization_of(const TensorType& type) {
    for (const auto& [code, known] : quantizations_) {
      if (code == type.code) return known;
    }
    Quantization made;
    made.scheme = "ggml";
    made.block = info(type.dtype).block_elements;
    quantizations_.emplace_back(type.code, model_.arena.create(made));
    return quantizations_.back().second;
  }

  void label_header(const Shard& shard) {
    const Header& header = shard.header;
    if (header.pairs_end > header.pairs_begin) {
      model_.spans.push_back({shard.file, ByteLabel::metadata, DType::unknown, header.pairs_begin,
                              header.pairs_end - header.pairs_begin});
    }
    const std::uint64_t size = header.file.size();
    const std::uint64_t data = header.tensors.empty() ? size : std::min(header.data, size);
    if (data <= header.tensors_end) return;
    const std::uint64_t gap = data - header.tensors_end;
    const bool is_padding = !header.tensors.empty() || gap < header.alignment;
    model_.spans.push_back({shard.file, is_padding ? ByteLabel::padding : ByteLabel::unreachable,
                            DType::unknown, header.tensors_end, gap});
  }

  void describe() {
    // What the others say beside their tensors is only which shard they are.
    const Header& first = shards_.front().header;
    model_.format_version = "v" + std::to_string(first.version) + (first.is_big_endian ? " big-endian" : "");
    model_.metadata = describe_pairs(first, model_.arena);
    model_.producer = first.text("general.quantized_by");
    model_.documentation = first.text("general.description");
    model_.graphs[Model::kMain].name = first.text("general.name");
    const bool is_tied = has_all_shards_ && has_embedding_ && !has_output_;
    const bool is_model = first.text("general.type").empty() || first.text("general.type") == "model" ||
                          first.text("general.type") == "mmproj";
    if (is_model && !first.text("general.architecture").empty())
      model_.architecture = translate(first, is_tied, model_.arena);
    if (first.is_big_endian) {
      model_.findings.push_back({FindingKind::unread_content,
                                 Message("The file is big-endian: its weights are sized, not decoded")});
    }
    if (misaligned_ != 0) {
      model_.findings.push_back(
          {FindingKind::contradicting_declaration,
           Message(counted(misaligned_, "tensor") + (misaligned_ == 1 ? " does" : " do") +
                   " not begin at a multiple of the file's alignment")});
    }
    report_missing_tensors(first);
  }

  void report_missing_tensors(const Header& first) {
    const auto wanted = first.integer("split.tensors.count");
    const auto found = static_cast<std::int64_t>(model_.main().tensors.size());
    if (!wanted || !has_all_shards_ || *wanted == found) return;
    model_.findings.push_back({FindingKind::contradicting_declaration,
                               Message("split.tensors.count says " + std::to_string(*wanted) +
                                       " tensors, the shards have " + std::to_string(found))});
  }

  Bytes file_;
  const ReadOptions& options_;
  Model model_;
  StoredTensors tensors_;
  std::vector<Shard> shards_;
  std::vector<std::pair<std::uint32_t, const Quantization*>> quantizations_;
  std::uint64_t misaligned_ = 0;
  bool has_all_shards_ = true, has_output_ = false, has_embedding_ = false;
};

}  // namespace

bool sniff(const Probe& probe) {
  return begins_like_gguf(probe.head);
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  return Reader(file, options).run();
}

}  // namespace haoline::gguf
