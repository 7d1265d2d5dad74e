// One call of one Keras layer while its node is made: its config, its operands, its weights, the shape of its
// result. Private to src/formats/shared/keras_*.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "formats/shared/json.h"
#include "formats/shared/keras_weights.h"
#include "ir/graph_builder.h"

namespace haoline::keras {

// What all layers of a model share.
struct Build {
  GraphBuilder& main;
  WeightStore* store = nullptr;                         // null: the config alone
  std::unordered_map<std::string, TensorId> constants;  // weights already in a graph, by graph and identity
  std::unordered_map<std::string, Place> first_place;   // of layers that are shared between models
  std::size_t missing = 0;                              // weights that the store lacks
  std::string first_missing;
  std::size_t nodes = 0, runs = 0;
  std::size_t max_nodes = 0;
  std::optional<Error> error;
  bool fail(std::string path, std::string message, ErrorKind kind = ErrorKind::malformed);
};

struct Layer;
struct LayerRow {
  std::string_view name;       // class_name
  std::string_view canonical;  // "Conv", "SeparableConv"; empty: it stays as itself
  void (*make)(Layer&);
  int detail = 0;  // what the maker needs to know: spatial rank, kind of cell …
};
std::span<const LayerRow> layer_rows();  // keras_map.cc
const LayerRow* find_layer_row(std::string_view class_name);

struct Layer {
  Build& build;
  GraphBuilder& graph;  // the graph the node goes to: the main one or the body of a TimeDistributed
  const LayerRow* row = nullptr;
  std::string_view type;  // class_name
  std::string_view domain = "keras";
  std::string_view name;
  std::string scope;
  json::Value config;
  Place place;
  std::vector<TensorId> in;         // data operands
  json::Value arguments, keywords;  // of the call, as the config has them
  int depth = 0;
  std::vector<TensorId> out;

  DimPool& pool() const { return *graph.model().dims; }
  const Shape& shape(std::size_t i) const;
  std::size_t rank(std::size_t i = 0) const { return shape(i).rank(); }
  bool has_rank(std::size_t i = 0) const { return i < in.size() && shape(i).has_rank(); }
  std::int64_t extent(std::size_t i, std::int64_t axis) const;  // -1: not a plain number
  // The first of several spellings that the config has: names changed between versions.
  json::Value get(std::initializer_list<std::string_view> keys) const;
  bool is_on(std::string_view key, bool otherwise) const;
  std::int64_t integer(std::initializer_list<std::string_view> keys, std::int64_t otherwise) const;
  // A number for every axis, or one for all.
  std::vector<std::int64_t> per_axis(std::initializer_list<std::string_view> keys, std::size_t rank,
                                     std::int64_t otherwise) const;
  bool is_channels_last() const;
  std::string_view padding() const;  // "valid", "same", "causal"
  std::string activation(std::initializer_list<std::string_view> keys = {
                             "activation"}) const;     // empty: linear
  std::string data_layout(std::size_t spatial) const;  // "NHWC", "NCHW"

  std::vector<TensorId> weights(const std::vector<Wanted>& wanted);
  // Every weight that the file keeps for this layer, where nobody knows what they are.
  std::vector<TensorId> stored_weights();
  // A constant that Keras leaves out and the canonical operator needs: no parameter.
  TensorId implied(std::string_view what, std::int64_t extent);
  TensorId numbers(std::string_view what, const std::vector<std::int64_t>& values);

  // The node. Its results are `out`, with these shapes.
  void emit(std::string_view canonical, const std::vector<TensorId>& inputs, BuilderAttributes attributes,
            const std::vector<Shape>& shapes);
  void emit_as_itself(const std::vector<Shape>& shapes = {});
};

// The name of a function as a config has it: "relu", or an object with a class or function in it.
std::string function_name(json::Value value);
Shape unknown_shape(std::size_t rank);
// The windows of a kernel along an axis, in Keras' words.
Dim window_count(DimPool& pool, Dim in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                 std::string_view padding);

// --- keras_config.cc: walks models; used by the layers that hold others
struct Call {
  GraphBuilder& graph;
  std::string scope;
  std::vector<TensorId> in;
  json::Value arguments, keywords;
};
// Runs one layer (of any kind, models included) on operands; its results.
std::vector<TensorId> run_layer(Build& build, json::Value layer, const Place& place, const Call& call,
                                int depth);

// --- makers, by file
void make_convolution(Layer&);
void make_transposed_convolution(Layer&);
void make_depthwise(Layer&);
void make_separable(Layer&);
void make_locally_connected(Layer&);
void make_dense(Layer&);
void make_einsum_dense(Layer&);
void make_embedding(Layer&);
void make_pool(Layer&);
void make_global_pool(Layer&);
void make_batch_normalization(Layer&);
void make_layer_normalization(Layer&);
void make_group_normalization(Layer&);
void make_unit_normalization(Layer&);
void make_standardize(Layer&);
void make_activation(Layer&);
void make_relu(Layer&);
void make_prelu(Layer&);
void make_layer_scale(Layer&);  // ConvNeXt's own, of keras.applications
void make_same(Layer&);
void make_softmax(Layer&);
void make_recurrent(Layer&);
void make_conv_lstm(Layer&);
void make_bidirectional(Layer&);
void make_rnn(Layer&);
void make_attention(Layer&);
void make_multi_head_attention(Layer&);
void make_merge(Layer&);
void make_concatenate(Layer&);
void make_dot(Layer&);
void make_legacy_merge(Layer&);
void make_flatten(Layer&);
void make_reshape(Layer&);
void make_permute(Layer&);
void make_repeat(Layer&);
void make_padding(Layer&);
void make_cropping(Layer&);
void make_upsampling(Layer&);
void make_resizing(Layer&);
void make_center_crop(Layer&);
void make_unknown(Layer&);
void make_category_encoding(Layer&);
void make_spectral(Layer&);
void make_time_distributed(Layer&);
void make_lambda_operator(Layer&);  // TFOpLambda, SlicingOpLambda
// A Keras 3 operation ("keras.src.ops.numpy.Add"); false: not known.
bool make_operation(Layer&, std::string_view function);
void emit_activation(Layer& layer, std::string_view function);
std::string_view canonical_activation(std::string_view function);  // "Relu"; empty: none

}  // namespace haoline::keras
