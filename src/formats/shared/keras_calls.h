// The wiring of a Functional model: which tensors every call of every layer takes. Three spellings of the
// same. Private to src/formats/shared/keras_*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/shared/json.h"

namespace haoline::keras {

// A result of a call: of which layer, its how manieth call, its how manieth result.
struct Reference {
  std::string_view layer;
  std::int64_t call = 0;
  std::int64_t result = 0;
  json::Value shape;         // what the config says of it; nothing in old files
  std::string_view keyword;  // empty: positional
};

struct CallSpec {
  std::vector<Reference> references;  // operands in order
  json::Value arguments, keywords;
};

// The calls of a layer of a Functional model ("inbound_nodes").
std::vector<CallSpec> read_calls(json::Value layer);
// "input_layers", "output_layers".
std::vector<Reference> read_references(json::Value list);

}  // namespace haoline::keras
