// Plain values that cross rooms: what a file says of a model's architecture when it holds weights and no
// graph.
//
// One vocabulary for all sources: the keys of a Hugging Face config.json ("hidden_size",
// "num_key_value_heads"), nested ones dotted ("text_config.hidden_size"). A reader of another source (GGUF
// metadata, a checkpoint's own arguments) translates into it, so that a blueprint reads one language. The
// views live as long as the model that owns the facts.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace haoline {

struct FactValue {
  enum class Kind : std::uint8_t { null, boolean, integer, real, text, list };
  Kind kind = Kind::null;
  std::int64_t integer = 0;  // of a boolean: 0 or 1
  double real = 0;           // of an integer as well
  std::string_view text;
  std::span<const FactValue> list;  // of scalars; lists of objects are flattened: "experts.0.size"
};

struct Fact {
  std::string_view key;
  FactValue value;
};

// How the tensors are named, which decides the table that finds them.
enum class TensorNaming : std::uint8_t { huggingface, ggml, other };

struct ArchitectureFacts {
  std::string_view source;  // where they come from: "config.json", "GGUF metadata", "tensor names"
  std::string_view family;  // as the source spells it: "llama" (model_type, general.architecture)
  std::vector<std::string_view> classes;  // "LlamaForCausalLM" (config "architectures")
  TensorNaming naming = TensorNaming::huggingface;
  std::vector<Fact> entries;  // sorted by key

  // Null when the source does not say.
  const FactValue* find(std::string_view key) const;
};

}  // namespace haoline
