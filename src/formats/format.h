// What a file format is to haoline: one row. To add a format, write one folder under formats/ and add one
// line to registry.cc; nothing else changes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "ir/model.h"

namespace haoline {

// Where a reader gets the other files of a model (external data, shards). The core never opens a path by
// itself: the command line maps files below the model's folder, a browser hands over what it was given, a
// test has them in memory. `name` is relative; the provider refuses what leaves the folder.
struct FileProvider {
  virtual ~FileProvider() = default;
  struct Opened {
    Bytes bytes;  // mapped as long as the provider lives
  };
  // Error kinds: unreadable (missing), malformed (a path that is refused).
  virtual Result<Opened> open(std::string_view name) = 0;
  // Relative names of all files below the folder, sorted, '/' between levels; bounded. Empty where a provider
  // cannot list (a browser that was handed one file).
  virtual std::vector<std::string> list() { return {}; }
};

struct ReadOptions {
  std::string_view name = "model";  // of the main file, for Model::files
  FileProvider* files = nullptr;    // null: no other files are available
  std::string_view format = {};     // read as this format whatever the content says; empty: detect
  bool inline_functions = true;
  std::size_t max_nodes = 20'000'000;  // after inlining; beyond it an error, not a hang
  // Where to cut a graph that does not say where it begins and ends (frozen TensorFlow graphs): "name:0".
  std::span<const std::string> graph_inputs = {}, graph_outputs = {};
};

// What detection may look at. Names and extensions lie, so a sniff decides from content.
struct Probe {
  Bytes head;              // at most the first kProbeBytes
  std::uint64_t size = 0;  // of the whole file
  Bytes all;               // the whole file, mapped: for formats known by their end (zip); touch little
};
inline constexpr std::size_t kProbeBytes = 4096;

enum class Grade : std::uint8_t { none, partial, full };

// An operator of the format's own list and the canonical one it is read as; empty: it stays as itself.
struct SourceOperator {
  std::string_view name;
  std::string_view canonical;
};

struct Format {
  std::string_view name;        // "onnx"
  std::string_view title;       // "ONNX"
  std::string_view extensions;  // ".onnx .pb", for display only
  bool (*sniff)(const Probe&);  // cheap, total, no false claims
  Result<Model> (*read)(Bytes file, const ReadOptions& options);
  // Formats that are a folder (SavedModel, .mlpackage, a Hugging Face folder): whether the listing is one of
  // ours, and its reader. Null for formats that are always one file.
  bool (*sniff_folder)(std::span<const std::string> files) = nullptr;
  Result<Model> (*read_folder)(FileProvider& files, const ReadOptions& options) = nullptr;
  Grade reads = Grade::full, graph = Grade::full, weights = Grade::full, writes = Grade::none;
  // Every operator of the format's own schema, in its order; null for formats without such a list.
  std::span<const SourceOperator> (*operators)() = nullptr;
};

std::span<const Format> formats();                 // in order of detection, most specific first
const Format* detect(Bytes file);                  // null: no reader recognises it
const Format* find_format(std::string_view name);  // null: there is none of that name

// The model borrows from `file`, which must outlive it.
Result<Model> read_model(Bytes file, const ReadOptions& options = {});

// A model that is a folder. Nothing is opened but what the format's reader asks for.
Result<Model> read_model_folder(FileProvider& files, const ReadOptions& options = {});

}  // namespace haoline
