// The state of reading one PyTorch file, and the steps that share it. Internal to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "formats/format.h"
#include "formats/pytorch/tensors.h"
#include "ir/model.h"

namespace haoline::pytorch {

inline constexpr std::size_t kMaxDepth = 64;  // of dictionaries in dictionaries, modules in modules
inline constexpr std::size_t kMaxTensors = 2'000'000;
inline constexpr std::size_t kMaxMetadata = 4096;  // entries
inline constexpr std::size_t kMaxText = 16384;     // bytes of one entry

struct Reading {
  Reading(Bytes bytes, const ReadOptions& read_options) : file(bytes), options(read_options) {}

  Bytes file;
  FileId file_id{0};  // of the model's files: the shard at hand
  const ReadOptions& options;
  Model model;
  std::optional<Error> error;
  std::unordered_set<std::string_view> names;  // of the main graph's tensors
  std::size_t metadata_left = kMaxMetadata;
  std::size_t visits_left = 30'000'000;  // of values shared by many: a graph walked as a tree ends here

  bool ok() const { return !error; }
  void fail(Error problem) {
    if (!error) error = std::move(problem);
  }
  // False once a file makes the reader walk more than its size justifies.
  bool visit(std::size_t depth);
  void say(std::string_view key, std::string_view value);  // a metadata entry
  void remark(FindingKind kind, std::string_view text);
  // A constant of the main graph. Its bytes are labelled as weights.
  TensorId add_weight(std::string_view name, const StoredTensor& stored);
  void label(std::uint64_t offset, std::uint64_t size, ByteLabel label, DType dtype = DType::unknown);
};

// --- state.cc: what a pickle's value holds, whatever its shape: dictionaries of tensors, checkpoints,
// modules
void read_state(Reading& reading, const Archive& archive);

// --- module.cc
// An object with `_modules`, `_parameters` and `_buffers`.
bool is_module(const pickle::Pickle& p, pickle::Ref ref);
void read_module(Reading& reading, const Archive& archive, TensorReader& tensors, pickle::Ref root,
                 std::string_view prefix);
std::string class_name(const pickle::Pickle& p, pickle::Ref object);  // "torch.nn.modules.conv.Conv2d"
// Facts that Ultralytics keeps on its modules: names, task, stride.
void say_attributes(Reading& reading, const Archive& archive, TensorReader& tensors, pickle::Ref module);

// --- words.cc: plain values as text, for metadata
// "3", "(2, 2)", "true"; nothing for tensors, objects and what is too long.
std::optional<std::string> as_words(const pickle::Pickle& p, pickle::Ref ref);
// Every plain value below, keys joined with dots.
void say_all(Reading& reading, const pickle::Pickle& p, std::string_view prefix, pickle::Ref ref,
             std::size_t depth = 0);
std::string key_text(const pickle::Pickle& p, pickle::Ref key);  // of a dictionary: texts and numbers

// Whether a name is that of a running statistic, which training does not change by gradients.
Trained trained_by_name(std::string_view name, DType dtype);

// --- folder.cc: what lies beside weights of Hugging Face, as metadata and architecture facts
void read_companions(Reading& reading, FileProvider* files);

// --- script.cc
void read_script(Reading& reading, Zip& zip, std::string_view folder);

// --- inputs.cc: types and ranks of a script's inputs, as far as the file lets one know them
void settle_inputs(Reading& reading, Zip& zip, std::string_view folder);

// --- exported.cc
void read_exported(Reading& reading, Zip& zip);

}  // namespace haoline::pytorch
