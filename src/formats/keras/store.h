// The weights of a Keras file: HDF5 in the dialect of its version.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/shared/hdf5.h"
#include "formats/shared/keras_weights.h"
#include "ir/model.h"

namespace haoline::keras {

// Where the HDF5 bytes are: a file of their own, a stretch of an archive, or unpacked in memory.
struct Origin {
  FileId file;
  std::uint64_t base = 0;  // where the HDF5 begins in that file
  bool is_mapped = true;   // false: it was packed
};

class FileStore : public WeightStore {
 public:
  FileStore(const hdf5::File& file, Model& model, const Origin& origin)
      : file_(file), model_(model), origin_(origin) {}
  // Every variable, for files without a configuration.
  std::deque<Variable>& variables() { return variables_; }
  // Labels the file's bytes: weights, and what a training left behind.
  void label_bytes();

 protected:
  // Nothing for what holds no numbers.
  Variable* add(const hdf5::Object& dataset);
  const hdf5::File& file_;
  Model& model_;
  Origin origin_;
  std::deque<Variable> variables_;
  std::vector<const hdf5::Object*> datasets_;  // of every variable
};

// Two names for one dataset, or a damaged file, would label bytes twice: the first label stays.
void settle_spans(Model& model);

// The dialect follows from the file: folders with "vars" (Keras 3, TensorFlow's Keras 2.12 and later), or
// layers with lists of names.
std::unique_ptr<FileStore> open_store(const hdf5::File& file, Model& model, const Origin& origin);

// The layers for which the file keeps weights: names (older) or folders below "layers" (Keras 3).
struct StoredLayers {
  bool is_by_path = false;
  std::vector<std::string_view> names;
};
StoredLayers stored_layers(const hdf5::File& file);

}  // namespace haoline::keras
