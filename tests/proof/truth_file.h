// What a reference runtime said of one model: the records of ../shared/models/truth/onnx, in both layouts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace haoline::proof {

// Extents as recorded; an extent nobody knows is -1.
using Extents = std::vector<std::int64_t>;

struct TruthTensor {
  std::string name;
  std::string dtype;         // empty: not known
  bool is_sequence = false;  // then `shapes` holds those of the elements at the first binding
  std::vector<std::optional<Extents>> shapes;  // one per binding; nothing: not known
};

struct Truth {
  std::string name;                                           // of the record, without ending
  std::string file;                                           // of the model, below models/: "onnx/x.onnx"
  std::string source;                                         // "onnxruntime", "onnx", or empty
  std::vector<std::map<std::string, std::int64_t>> bindings;  // at least one, maybe empty
  std::optional<std::int64_t> integer_fill;                   // every integer input was filled with it
  std::vector<TruthTensor> inputs;
  std::vector<TruthTensor> tensors;
};

std::optional<Truth> read_truth(const std::string& path);

}  // namespace haoline::proof
