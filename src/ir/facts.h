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

// What a model keeps from one step to the next, as its architecture needs it: layers that keep the same.
struct CacheLayers {
  enum class Kind : std::uint8_t {
    attention,        // keys and values of every token, of grouped heads before they are repeated
    latent,           // one vector per token that keys and values of all heads are made of
    recurrent,        // a state of fixed size per sequence
    cross_attention,  // keys and values of the encoder's output, once per sequence
  };
  Kind kind = Kind::attention;
  std::int64_t layers = 0;
  std::int64_t heads = 0, key_size = 0, value_size = 0;  // attention and cross-attention: per head
  std::int64_t latent_size = 0;     // latent: elements per token, the shared rotary key included
  std::int64_t expanded_size = 0;   // latent: elements per token if keys and values were kept instead
  std::int64_t window = 0;          // attention: tokens that are kept at most; 0: all
  std::int64_t state_elements = 0;  // recurrent: elements per sequence
  std::int64_t source_tokens = 0;   // cross-attention: tokens of the encoder's output where that is fixed

  // Elements of one layer that one more token adds.
  std::int64_t elements_per_token() const;
  friend bool operator==(const CacheLayers&, const CacheLayers&) = default;
};

struct CacheFacts {
  std::vector<CacheLayers> layers;  // in order of first appearance
  std::int64_t element_bits = 16;   // 16 where nothing says otherwise

  std::int64_t bytes_per_token() const;           // all layers, windowed ones below their window
  std::int64_t bytes_per_token_expanded() const;  // with keys and values in place of latents
  std::int64_t state_bytes() const;               // recurrent layers, per sequence
  std::int64_t cross_attention_bytes() const;  // per sequence, where the encoder's output has a fixed length
};

// Mixtures of experts: how much of the model a token meets.
struct ExpertFacts {
  std::int64_t experts = 0, top_k = 0;  // routed ones, per layer; as in the first layer that has them
  std::int64_t layers = 0;              // layers with routed experts
  std::int64_t parameters = 0;          // of all routed experts
  std::int64_t active_parameters = 0;   // of the whole model: all but the routed experts that a token misses
};

// What a symbol is where nobody binds it, if not 1: a number, or whatever another symbol is.
struct SymbolDefault {
  std::string_view symbol;
  std::int64_t value = 0;
  std::string_view like;
};

// What a blueprint knows beside the graph that it built.
struct BlueprintFacts {
  std::string_view name;     // the table that was used: "llama"
  std::int64_t layers = 0;   // of the main stack
  CacheFacts cache;          // no layers: nothing is kept
  ExpertFacts experts;       // layers 0: none
  std::int64_t context = 0;  // tokens the model was made for; 0: not said
  std::int64_t vocabulary = 0;
  std::vector<SymbolDefault> defaults;
};

}  // namespace haoline
