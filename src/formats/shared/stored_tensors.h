// Files that hold named tensors and no graph (GGUF, SafeTensors, Flax, NumPy): their tensors become the
// constants of a graph without nodes, and every byte of the stretch that holds them gets its label.
//
// Used in three steps: the files' data regions are declared, tensors are added in the file's order, finish()
// labels what lies between them and says what is wrong.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "formats/shared/name_table.h"
#include "ir/model.h"

namespace haoline {

// What a tensor's name says of its part in training: running statistics and masks are no weights.
Trained trained_by_name(std::string_view name);

class StoredTensors {
 public:
  // The model's main graph must exist.
  explicit StoredTensors(Model& model) : model_(model) {}

  void reserve(std::size_t tensors);

  // Where a file keeps its tensors; up to the end of the file. `alignment`: gaps shorter than it are padding,
  // longer ones belong to nobody. 0: what lies between is structure (records around every tensor).
  void add_region(FileId file, std::uint64_t begin, std::uint64_t alignment);

  struct Stored {
    std::string_view name;                  // lives as long as the model
    DType dtype = DType::unknown;           // unknown: a finding, no elements
    std::span<const std::int64_t> extents;  // likewise; outermost first
    FileId file;
    std::uint64_t offset = 0;  // in that file
    std::uint64_t size = 0;    // bytes in the file
    bool is_readable = true;   // false: the bytes are there, but in an order that nobody decodes
    // Stretches of a tensor that does not lie in one piece, instead of `offset` and `size`; it is not read.
    std::span<const ByteSpan> pieces = {};
  };
  TensorId add(const Stored& stored);

  Tensor& tensor(TensorId id) { return model_.graphs[Model::kMain].tensors[id]; }

  // Whether a tensor of that name was added.
  TensorId find(std::string_view name);

  void finish();

 private:
  struct Region {
    FileId file;
    std::uint64_t begin, alignment;
  };
  std::string_view unique(std::string_view name, TensorId id);
  void report_truncated();
  void label_region(const Region& region, std::span<const ByteSpan> spans);

  Model& model_;
  NameTable names_;
  std::vector<Region> regions_;
  std::vector<ByteSpan> spans_;
  std::uint64_t truncated_ = 0, renamed_ = 0, unknown_ = 0, overlaps_ = 0, unreachable_ = 0;
  std::uint64_t wanted_ = 0;  // the byte that the farthest cut tensor would end at
  TensorId first_truncated_, first_unknown_, first_overlap_, first_renamed_;
};

}  // namespace haoline
