// Encoder and decoder: T5, BART and kin, Whisper.
#include "blueprints/assembly.h"
#include "blueprints/dialects_other.h"

namespace haoline::blueprints {
namespace {

// What one side of the model calls itself.
struct Side {
  Places places;
  Dialect slots, first;
  std::string_view heads;  // keys of the configuration that may differ between the sides
  std::string_view layers;
};

bool enter_side(Assembly& a, const Side& side) {
  a.names = Names(a.weights, a.ggml ? ggml_dialect() : side.slots, a.ggml ? Dialect() : side.first);
  if (!a.enter(side.places)) return false;
  a.read_sizes();
  if (const auto said = a.config.integer(side.heads); said && *said > 0) {
    a.heads = *said;
    if (!a.config.integer(Key::head_size) && a.hidden > 0) a.head_size = a.hidden / a.heads;
  }
  a.expected_layers = a.config.integer(side.layers, a.config.integer("num_layers", -1));
  a.relative_bias = {};
  return true;
}

// Embeddings with positions, up to the first layer.
Value embed(Assembly& a, TensorId ids) {
  const Found table = a.take(Slot::embed);
  if (!table) {
    a.missing("token embeddings");
    return {};
  }
  a.facts.vocabulary = a.weights.extent(table.weight, 0);
  Value x = a.lookup(table, ids, a.names.root() + "embed_tokens");
  if (const Found positions = a.take(Slot::position)) {
    const std::string name(positions.name);
    const TensorId where = a.position_ids();
    x = a.add(x, a.lookup(positions, where, name), name + ".add");
  }
  return a.names.has(Slot::embed_norm) ? a.norm(Slot::embed_norm, x) : x;
}

Value encode(Assembly& a, Value x) {
  LayerPlan plan;
  plan.attention.causal = false;
  plan.attention.rotary = a.traits.position == Position::rotary;
  x = run_layers(a, x, plan);
  return a.names.has(Slot::final_norm) ? a.norm(Slot::final_norm, x) : x;
}

void decode(Assembly& a, Value memory, std::int64_t source_tokens) {
  a.label = "decoder_";
  const TensorId ids = a.token_ids("decoder_input_ids", "seq");
  Value x = embed(a, ids);
  LayerPlan plan;
  plan.attention.causal = true;
  plan.attention.cached = true;
  plan.attention.rotary = a.traits.position == Position::rotary;
  plan.cross = true;
  plan.memory = memory;
  plan.source_tokens = source_tokens;
  x = run_layers(a, x, plan);
  if (a.names.has(Slot::final_norm)) x = a.norm(Slot::final_norm, x);
  a.traits.causal = true;  // it may have a head over the vocabulary
  text_heads(a, x);
}

TensorId source_ids(Assembly& a) {
  a.symbol_like("source", "seq");
  return a.token_ids("input_ids", "source");
}

void assemble_sides(Assembly& a, const Side& encoder, const Side& decoder) {
  a.hidden = a.config.integer(Key::hidden, 0);
  if (!enter_side(a, encoder)) {
    a.missing("encoder layers");
    return;
  }
  a.facts.context = a.config.integer(Key::context, 0);
  const Value memory = encode(a, embed(a, source_ids(a)));
  if (!memory) return;
  if (!enter_side(a, decoder)) {
    a.emit.output(memory.id, "last_hidden_state");  // an encoder on its own
    return;
  }
  decode(a, memory, 0);
}

constexpr Place kT5Encoder[] = {{"", "encoder.", "block."}, {"transformer.", "encoder.", "block."}};
constexpr Place kT5Decoder[] = {{"", "decoder.", "block."}, {"transformer.", "decoder.", "block."}};
constexpr Place kEncoder[] = {{"model.", "encoder.", "layers."}, {"", "encoder.", "layers."}};
constexpr Place kDecoder[] = {{"model.", "decoder.", "layers."}, {"", "decoder.", "layers."}};
constexpr Place kGgmlEncoder[] = {{"", "enc.", "blk."}};
constexpr Place kGgmlDecoder[] = {{"", "dec.", "blk."}};

}  // namespace

void assemble_t5(Assembly& a) {
  assemble_sides(a,
                 {a.ggml ? Places(kGgmlEncoder) : Places(kT5Encoder), t5_dialect(), t5_encoder_rows(),
                  "num_heads", "num_layers"},
                 {a.ggml ? Places(kGgmlDecoder) : Places(kT5Decoder), t5_dialect(), t5_decoder_rows(),
                  "num_heads", "num_decoder_layers"});
}

void assemble_bart(Assembly& a) {
  if (a.config.flag("normalize_before", false)) a.traits.post_norm = false;
  const Dialect slots = a.family->slots();
  assemble_sides(a, {kEncoder, slots, {}, "encoder_attention_heads", "encoder_layers"},
                 {kDecoder, slots, {}, "decoder_attention_heads", "decoder_layers"});
}

void assemble_whisper(Assembly& a) {
  const Dialect slots = a.family->slots();
  a.hidden = a.config.integer(Key::hidden, 0);
  if (!enter_side(a, {kEncoder, slots, {}, "encoder_attention_heads", "encoder_layers"})) {
    a.missing("encoder layers");
    return;
  }
  const std::string root = a.names.root();
  const std::int64_t mels = a.weights.extent(a.weights.find({root, "conv1.weight"}), 1);
  const TensorId table = a.weights.find({root, "embed_positions.weight"});
  const std::int64_t tokens = a.weights.extent(table, 0);
  a.batch = a.emit.symbol("batch");
  a.tokens = a.emit.number(tokens);
  const TensorId features = a.emit.input("input_features", a.emit.activations(),
                                         {a.batch, a.emit.number(mels), a.emit.number(2 * tokens)});
  Value x = a.convolution(root + "conv1", {features, mels}, {1}, {1, 1});
  x = a.activate(x, "gelu", root + "conv1.activation");
  x = a.convolution(root + "conv2", x, {2}, {1, 1});
  x = a.activate(x, "gelu", root + "conv2.activation");
  x = a.transpose(x, {0, 2, 1}, root + "to_tokens");
  x = a.add(x, a.parameter(root + "embed_positions.weight"), root + "embed_positions");
  a.hidden = x.width;
  const Value memory = encode(a, x);
  if (!enter_side(a, {kDecoder, slots, {}, "decoder_attention_heads", "decoder_layers"})) {
    a.emit.output(memory.id, "last_hidden_state");
    return;
  }
  a.facts.context = a.config.integer("max_target_positions", 0);
  decode(a, memory, tokens);
}

}  // namespace haoline::blueprints
