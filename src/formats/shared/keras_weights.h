// Where the weights of a Keras model come from: an HDF5 file in one of two dialects, or the shards of a
// TensorFlow.js model. A layer says what it wants, in Keras' own order; the store finds it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/attribute.h"
#include "ir/graph.h"

namespace haoline::keras {

struct Variable {
  std::string_view name;         // for people: "conv2d/kernel:0"
  std::string_view source_name;  // what the file says where that differs: "layers/conv2d/vars/0"
  TensorData data;
  const Quantization* quantization = nullptr;
  bool is_used = false;
};

// Which layer wants weights, in the words of every dialect.
struct Place {
  std::string path;    // Keras 3: "layers/functional/layers/dense"
  std::string group;   // older: the layer of the outermost model that holds it all
  std::string inside;  // older: the layer itself, where it stands in a model inside that one; else empty
};

// One weight of a layer.
struct Wanted {
  std::string_view name;              // "kernel"
  std::vector<std::int64_t> extents;  // by the config; -1: the config does not say
  Trained trained = Trained::yes;
  std::string_view part;    // of a layer made of others, as Keras 3 calls it: "cell", "query_dense"
  std::string_view legacy;  // the same in older names: "query"
};

class WeightStore {
 public:
  virtual ~WeightStore() = default;
  // Keras 3 keeps a folder per part and numbers the variables; the others have names in one list per layer.
  virtual bool is_by_path() const = 0;
  // In the file's order. `part` matters only by path.
  virtual std::vector<Variable*> of(const Place& place, std::string_view part) = 0;
  // Everything below a place, for layers whose parts nobody knows.
  virtual std::vector<Variable*> all_of(const Place& place) = 0;
};

// One entry per wanted weight, null where the store has none. Marks what it found as used.
std::vector<Variable*> find_weights(WeightStore& store, const Place& place, std::span<const Wanted> wanted);

}  // namespace haoline::keras
