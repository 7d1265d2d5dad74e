// ML programs (MIL) as records: what protobuf (mil_wire.cc) and the text of a compiled model (mil_text.cc)
// both spell. Internal to this folder.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "formats/coreml/reading.h"

namespace haoline::coreml {

struct MilType {
  DType dtype = DType::unknown;
  std::uint32_t bits = 0;  // of one element; of types that DType does not have as well
  bool is_list = false, is_state = false, is_other = false;  // tuples, dictionaries
  bool has_rank = true;
  Integers dims;  // -1: not fixed
};

// A constant: elements where they lie, or in a weight file.
struct MilValue {
  MilType type;
  TensorData data;
};

struct MilBinding {
  std::string_view name;  // of a value that something made; empty: `value`
  const MilValue* value = nullptr;
};

struct MilArgument {
  std::string_view name;
  SmallVector<MilBinding, 2> bindings;
};

struct MilNamed {
  std::string_view name;
  MilType type;
};

struct MilBlock;
struct MilOperation {
  std::string_view type;
  std::uint64_t at = 0;
  std::vector<MilArgument> inputs;
  std::vector<MilNamed> outputs;
  std::vector<MilBlock> blocks;
  std::vector<std::pair<std::string_view, const MilValue*>> attributes;  // "name", "val"

  const MilArgument* input(std::string_view key) const {
    for (const MilArgument& a : inputs) {
      if (a.name == key) return &a;
    }
    return nullptr;
  }
  const MilValue* attribute(std::string_view key) const {
    for (const auto& [name, value] : attributes) {
      if (name == key) return value;
    }
    return nullptr;
  }
};

struct MilBlock {
  std::vector<MilNamed> inputs;
  std::vector<std::string_view> outputs;
  std::vector<MilOperation> operations;
};

struct MilFunction {
  std::string_view name, opset;
  std::vector<MilNamed> inputs;
  MilBlock block;
};

struct MilProgram {
  std::int64_t version = 0;
  std::vector<MilFunction> functions;
  std::deque<MilValue> values;  // what bindings and attributes point to
};

struct MilElement {
  DType dtype = DType::unknown;
  std::uint32_t bits = 0;
};
MilElement mil_element(std::int64_t code);      // of the schema's enumeration
MilElement mil_element(std::string_view name);  // "fp16", "int32" of the text

bool read_mil(Reading& r, Bytes program, const Place& place, MilProgram& out);  // mil_wire.cc
bool read_mil_text(Reading& r, MilProgram& out);                                // mil_text.cc

}  // namespace haoline::coreml
