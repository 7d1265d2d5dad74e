#include "ops/domains.h"

#include <utility>

namespace haoline {

std::string_view domain_hint(std::string_view domain) {
  static constexpr std::pair<std::string_view, std::string_view> kHints[] = {
      {"ai.onnx.contrib",
       "it belongs to onnxruntime-extensions (pre- and postprocessing), which defines no shapes"},
      {"com.microsoft.extensions", "it belongs to onnxruntime-extensions, which defines no shapes"},
      {"com.microsoft.nchwc",
       "ONNX Runtime's optimizer wrote it for one kind of processor; save the model at a lower optimization "
       "level"},
      {"com.ms.internal.nhwc",
       "ONNX Runtime's optimizer wrote it for one provider; save the model at a lower optimization level"},
      {"com.microsoft", "it is newer than this table of ONNX Runtime's operators"},
      {"tflite", "only its shapes are known, from what the file declares"},
      {"custom", "it is a custom operator of the file, whose code is not in it"},
      {"", "it is newer than this table of ONNX operators, or misspelled"},
      {"ai.onnx.ml", "it is newer than this table of ONNX-ML operators, or misspelled"},
      {"org.pytorch.aten",
       "the exporter left a PyTorch operator as it is; export again without the ATen fallback"},
      {"trt.plugins", "it is a TensorRT plugin, whose code is not in the file"},
  };
  for (const auto& [known, hint] : kHints) {
    if (known == domain) return hint;
  }
  return {};
}

}  // namespace haoline
