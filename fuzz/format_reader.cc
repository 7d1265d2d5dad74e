// Any bytes as a file of one format (HAOLINE_FORMAT): read, and what was read is inferred. Whatever other
// file the reader asks for holds the same bytes, so companions (weights, shards, records) are hostile too.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "analyses/inference.h"
#include "formats/format.h"

namespace {

using namespace haoline;

struct Mirror : FileProvider {
  Bytes bytes;
  Result<Opened> open(std::string_view) override { return Opened{bytes}; }
  std::vector<std::string> list() override {
    return {"Data/com.apple.CoreML/model.mlmodel",
            "Data/com.apple.CoreML/weights/weight.bin",
            "Manifest.json",
            "config.json",
            "metadata.json",
            "model.mil",
            "model.safetensors",
            "saved_model.pb",
            "variables/variables.data-00000-of-00001",
            "variables/variables.index"};
  }
};

// Reading is bounded by the bytes; inference of what was read is too, but need not fit a fuzzer's patience.
constexpr std::size_t kMostNodes = 2000;

void use(const Result<Model>& model) {
  if (!model) {
    if (model.error().message.empty()) std::abort();  // an error says what is wrong
    return;
  }
  std::size_t nodes = 0;
  for (const Graph& graph : model->graphs) nodes += graph.nodes.size();
  if (nodes > kMostNodes) return;
  const Result<Inference> inference = infer(*model);
  if (!inference && inference.error().message.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Format* const format = find_format(HAOLINE_FORMAT);
  if (!format) std::abort();
  Mirror mirror;
  mirror.bytes = {reinterpret_cast<const std::byte*>(data), size};
  ReadOptions options;
  options.name = "folder/model-00001-of-00002.gguf";
  options.files = &mirror;
  options.max_nodes = 100'000;
  if (format->read) use(format->read(mirror.bytes, options));
  if (format->read_folder) use(format->read_folder(mirror, options));
  return 0;
}
