// What lies beside PyTorch weights of Hugging Face.
#include "formats/pytorch/reading.h"
#include "formats/shared/huggingface.h"

namespace haoline::pytorch {
namespace {

constexpr std::size_t kLongestConfig = std::size_t{16} << 20;

Bytes open(FileProvider* files, std::string_view name, std::string_view role, Model& model) {
  if (files == nullptr) return {};
  const Result<FileProvider::Opened> opened = files->open(name);
  if (!opened || opened->bytes.empty() || opened->bytes.size() > kLongestConfig) return {};
  const FileId file = model.files.add({std::string(name), role, opened->bytes});
  model.spans.push_back({file, ByteLabel::metadata, DType::unknown, 0, opened->bytes.size()});
  return opened->bytes;
}

}  // namespace

void read_companions(Reading& r, FileProvider* files) {
  if (const Bytes config = open(files, "config.json", "config", r.model); !config.empty()) {
    Result<ArchitectureFacts> facts = read_config(config, r.model);
    if (facts) {
      r.model.architecture = std::move(*facts);
    } else {
      r.remark(FindingKind::unread_content, "config.json: " + facts.error().to_string());
    }
  }
  const Bytes generation = open(files, "generation_config.json", "generation config", r.model);
  if (!generation.empty()) add_json_metadata(generation, "generation.", r.model);
  if (!r.model.architecture) assume_architecture(r.model);
}

}  // namespace haoline::pytorch
