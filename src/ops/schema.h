// What the specification says of an operator at a version: arity, parameter names and types, attributes
// with their defaults. Generated from the published schemas (tools/make_schema_tables.py).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ir/op.h"

namespace haoline {

struct SchemaParam {
  std::string_view name;  // "X", "scale"
  std::string_view type;  // a type variable "T", or a type "tensor(int64)", "seq(tensor(float))"
  char option;            // 's' single, 'o' optional, 'v' variadic of one type, 'h' variadic of any types
};

struct SchemaDefault {
  bool present = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text = {};
};

struct SchemaAttribute {
  std::string_view name;
  char kind;  // i f s t g x y, upper case for lists
  bool required;
  SchemaDefault fallback;
};

struct Schema {
  Op op;
  std::int32_t since;
  bool deprecated;
  std::int32_t min_inputs, max_inputs, min_outputs, max_outputs;
  std::span<const SchemaParam> inputs;
  std::span<const SchemaParam> outputs;
  std::span<const SchemaAttribute> attributes;  // sorted by name
};

std::span<const Schema> onnx_schemas();
std::span<const Schema> ml_schemas();
std::span<const Schema> microsoft_schemas();

// The schema in force at that version of the operator's domain: the newest with since <= version (the oldest
// for version 0, which files without an import have). Null for an operator without any schema.
const Schema* find_schema(Op op, std::int32_t version);

// The parameter that operand `index` belongs to (the last one repeats when it is variadic); null beyond.
const SchemaParam* input_param(const Schema& schema, std::size_t index);
const SchemaParam* output_param(const Schema& schema, std::size_t index);

}  // namespace haoline
