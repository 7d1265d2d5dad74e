#include "formats/safetensors/companions.h"

#include <algorithm>

#include "formats/shared/huggingface.h"

namespace haoline::safetensors {
namespace {

struct Companion {
  std::string_view name, role, prefix;
};
constexpr Companion kMetadataFiles[] = {
    {"generation_config.json", "generation config", "generation."},
    {"tokenizer_config.json", "tokenizer config", "tokenizer."},
};
constexpr std::size_t kLongestConfig = std::size_t{16} << 20;

Bytes open(FileProvider* files, const std::string& name, std::string_view role, Model& model) {
  if (files == nullptr) return {};
  const Result<FileProvider::Opened> opened = files->open(name);
  if (!opened || opened->bytes.empty()) return {};
  const FileId file = model.files.add({name, role, opened->bytes});
  model.spans.push_back({file, ByteLabel::metadata, DType::unknown, 0, opened->bytes.size()});
  return opened->bytes;
}

std::string_view find(const Model& model, std::string_view key) {
  for (const MetadataEntry& entry : model.metadata) {
    if (entry.key == key) return entry.value;
  }
  return {};
}

// The narrow side of the first factor; 0 where there is none.
std::int64_t rank_of(const Model& model) {
  for (const Tensor& tensor : model.main().tensors) {
    if (tensor.name.find("lora_A") == std::string_view::npos &&
        tensor.name.find("lora_down") == std::string_view::npos)
      continue;
    const auto extents = tensor.constant->extents;
    if (extents.size() >= 2) return std::min(extents[0], extents[1]);
  }
  return 0;
}

}  // namespace

void describe_adapter(FileProvider* files, const std::string& folder, Model& model) {
  // A config beside it is that of the base model; the adapter is no model that a blueprint could build.
  model.architecture.reset();
  const Bytes config = open(files, folder + "adapter_config.json", "adapter config", model);
  if (!config.empty()) add_json_metadata(config, "adapter.", model);
  if (find(model, "adapter.r").empty()) {
    if (const std::int64_t rank = rank_of(model))
      model.metadata.push_back({"adapter.r", model.arena.text(std::to_string(rank))});
  }
}

void read_companions(FileProvider* files, const std::string& folder, Model& model) {
  if (files == nullptr) return;
  if (const Bytes config = open(files, folder + "config.json", "config", model); !config.empty()) {
    Result<ArchitectureFacts> facts = read_config(config, model);
    if (facts) {
      model.architecture = *std::move(facts);
    } else {
      model.findings.push_back(
          {FindingKind::unread_content, Message("config.json: " + facts.error().to_string())});
    }
  }
  for (const Companion& companion : kMetadataFiles) {
    const Bytes bytes = open(files, folder + std::string(companion.name), companion.role, model);
    if (bytes.size() <= kLongestConfig && !bytes.empty()) add_json_metadata(bytes, companion.prefix, model);
  }
  const Bytes tokenizer = open(files, folder + "tokenizer.json", "tokenizer", model);
  if (const auto tokens = tokenizer.empty() ? std::nullopt : count_tokens(tokenizer))
    model.metadata.push_back({"tokenizer.vocabulary_size", model.arena.text(std::to_string(*tokens))});
}

}  // namespace haoline::safetensors
