#include "formats/safetensors/companions.h"

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

}  // namespace

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
