// One graph in the making: the tables that apply, what the configuration says, and the modules that every
// architecture is put together from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "blueprints/config.h"
#include "blueprints/emitter.h"
#include "blueprints/family.h"
#include "blueprints/names.h"
#include "blueprints/weights.h"

namespace haoline::blueprints {

class Assembly {
 public:
  Assembly(Model& model, Weights& weights, Emitter& emit, const Family& family, BlueprintFacts& facts);

  Model& model;
  Weights& weights;
  Emitter& emit;
  const Family* family;  // of the part that is being built
  BlueprintFacts& facts;
  const bool ggml;  // the file uses GGUF's names
  Config config;    // of the stack that is being built
  Traits traits;
  Names names;

  std::int64_t hidden = 0, heads = 0, head_size = 0;
  TensorId positions;                 // (batch, tokens), once something asked for it
  TensorId relative_bias;             // shared by the layers of a stack, once the first has made it
  Value relative_table;               // embeddings of distances that every layer projects (DeBERTa)
  Dim batch, tokens;                  // of the stack
  std::string label;                  // before the name of the positions: "", "decoder_"
  std::int64_t expected_layers = -1;  // of the stack; -1: what the configuration says
  std::vector<TensorId> tied_copies;  // stored again although the architecture shares them

  void adopt(const Family& other);  // a part of another kind: its names and traits from now on

  // --- where the stack stands. False: no such place in the file.
  bool enter(Places places);
  std::int64_t count_layers() const;  // in the file, below the place that was entered
  void enter_layer(std::int64_t index);
  std::string layers_prefix() const { return layers_; }
  void read_sizes();  // hidden, heads, head size from the configuration

  // --- modules. `x` without an id stays so.
  Found take(Slot slot);              // marks weight and bias as used
  Found take(std::string_view name);  // of a module by its full name
  Value linear(Slot slot, Value x);   // absent: no value
  Value linear(std::string_view name, Value x);
  Value linear(const Found& found, Value x);
  Value norm(Slot slot,
             Value x);  // absent: x itself, or normalization without weights where the family has it
  Value norm(std::string_view name, Value x);
  Value norm(const Found& found, Value x);
  Value head_norm(Slot slot, Value x, std::int64_t size);  // per head of `size`, or over all
  Value lookup(const Found& table, TensorId ids, std::string_view name);
  Value add(Value a, Value b, const std::string& name);
  Value multiply(Value a, Value b, const std::string& name);
  Value activate(Value x, std::string_view activation, const std::string& name);
  Value scale(Slot slot, Value x);  // a learned factor per channel; absent: x
  std::vector<Value> split(Value x, std::initializer_list<std::int64_t> sizes, const std::string& name);
  Value reshape(Value x, std::initializer_list<std::int64_t> to, const std::string& name);
  Value transpose(Value x, std::vector<std::int64_t> order, const std::string& name);
  Value convolution(std::string_view name, Value x, std::vector<std::int64_t> strides,
                    std::vector<std::int64_t> pads, std::int64_t groups = 1);
  Value parameter(std::string_view name);               // a bare tensor as it is
  Value first_token(Value x, const std::string& name);  // (batch, tokens, width) -> (batch, width)

  // --- inputs
  TensorId token_ids(std::string_view name, std::string_view length);  // sets batch and tokens
  TensorId position_ids();
  std::string_view activation() const;

  // --- what the report has to know
  void assume(Message message);
  void missing(std::string_view what);
  void keep(const CacheLayers& one);  // one more layer that keeps this
  Dim past();                         // the symbol of the tokens that a cache holds: none unless bound
  Dim symbol(std::string_view name, std::int64_t otherwise);  // with a default
  Dim symbol_like(std::string_view name, std::string_view other);

 private:
  std::string layers_;
  std::size_t missing_ = 0;
};

// "model.layers.3.self_attn" of "model.layers.3.self_attn.q_proj"; the name itself where it has no dot.
std::string_view module_of(std::string_view name);

// What a table calls to build a whole model.
void assemble_text(Assembly& a);             // text.cc: one stack of tokens, causal or not
void assemble_rwkv(Assembly& a);             // rwkv.cc
void assemble_t5(Assembly& a);               // seq2seq.cc
void assemble_bart(Assembly& a);             // seq2seq.cc: BART and kin
void assemble_whisper(Assembly& a);          // seq2seq.cc
void assemble_speech(Assembly& a);           // speech.cc: wav2vec2, HuBERT
void assemble_vision(Assembly& a);           // vision.cc: patches and a stack
void assemble_resnet(Assembly& a);           // convolutional.cc
void assemble_convnext(Assembly& a);         // convolutional.cc
void assemble_swin(Assembly& a);             // pyramid.cc
void assemble_segformer(Assembly& a);        // pyramid.cc
void assemble_contrastive(Assembly& a);      // contrastive.cc: CLIP, SigLIP
void assemble_vision_language(Assembly& a);  // vision_language.cc: an image's tokens before those of a text

// --- pieces
struct AttentionPlan {
  bool causal = true;
  bool cached = false;
  bool rotary = false;
  std::int64_t window = 0;         // 0: everything
  Value memory;                    // cross-attention: what keys and values are made of
  std::int64_t layer = 0;          // for the names of the cache
  std::int64_t source_tokens = 0;  // cross-attention: length of the memory where it is fixed
};
Value attention(Assembly& a, Value x, const AttentionPlan& plan);         // attention.cc
Value latent_attention(Assembly& a, Value x, const AttentionPlan& plan);  // latent.cc
Value feed_forward(Assembly& a, Value x);                                 // feed_forward.cc: dense or experts
Value state_space(Assembly& a, Value x, std::int64_t layer);              // recurrent.cc: Mamba 1 and 2
Value gated_recurrence(Assembly& a, Value x, std::int64_t layer);         // recurrent.cc: RG-LRU

struct LayerPlan {
  AttentionPlan attention;
  bool cross = false;  // it has cross-attention to `memory`
  Value memory;
  std::int64_t source_tokens = 0;
};
Value transformer_layer(Assembly& a, Value x, const LayerPlan& plan);  // layer.cc
std::int64_t window_of_layer(const Assembly& a, std::int64_t layer);   // layer.cc: 0: none
// The layers of the place that was entered, one after the other.
Value run_layers(Assembly& a, Value x, const LayerPlan& plan);

Value embed_text(Assembly& a);          // text.cc: enters the stack, tokens to vectors
void text_body(Assembly& a, Value x);   // text.cc: layers, norm, heads
void text_heads(Assembly& a, Value x);  // text.cc: logits, pooler, classifier

}  // namespace haoline::blueprints
