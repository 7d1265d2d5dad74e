// libhaoline: a model's bytes in, one report out. This is the public header; report/report.h describes the
// value.
//
//   auto report = haoline::inspect_file("resnet50.onnx", {});
//   if (!report) { std::cerr << report.error().to_string(); return 2; }
//   std::cout << haoline::to_json(*report);
//
// Everything here is a pure function of its arguments: no globals, no network, safe to call from several
// threads. `inspect` takes bytes and compiles to WebAssembly; `inspect_file` maps a path (inspect_file.cc).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyses/explain.h"
#include "analyses/inference.h"
#include "base/bytes.h"
#include "base/result.h"
#include "formats/format.h"
#include "report/report.h"
#include "report/to_json.h"

namespace haoline {

struct InspectOptions {
  Bindings bind;                                                               // --bind batch=8,seq=128
  std::vector<InferOptions::InputShape> input_shapes;                          // --input-shape x=1,3,224,224
  bool force_shapes = false;                                                   // --force-shape
  std::map<std::string, std::vector<std::int64_t>, std::less<>> input_values;  // --input-value
  std::int64_t batch_size = 0;                                                 // --batch-size; 0: not given
  std::int64_t height = 0, width = 0;  // --input-resolution HxW; 0: not given
  bool include_nodes = false, include_tensors = false, include_weights = false, include_series = false;
  bool include_scopes = false;   // cost below each scope of the names (--by scope)
  std::size_t top = 10;          // --top: how many of the heaviest nodes to list
  bool by_content = false;       // find equal weights by their bytes (reads every weight)
  std::uint64_t alignment = 16;  // of the arena plan
  bool macs_only = false;        // FLOPs count multiply-accumulates only
  bool redact_names = false;     // --redact-names
  bool summary_only = false;     // --summary-only
  std::string format;            // --from-…: read as this format whatever the content says
  std::vector<std::string> graph_inputs, graph_outputs;  // --tf-inputs, --tf-outputs
  // Is set to the step that begins ("reading", "inference" …), for whoever shows progress; null: nobody does.
  std::atomic<const char*>* phase = nullptr;
  std::string display_path;  // what the report calls the file; empty: the name it is read under
};

// A model that is read or built already; `path` is what the report calls it.
Result<Report> inspect(const Model& model, std::string_view path, const InspectOptions& options);
Result<Report> inspect(Bytes file, const ReadOptions& source, const InspectOptions& options);
// A model as the analyses want it: read from the format that the content shows.
Result<Model> load_model(Bytes file, const ReadOptions& source);
Result<Model> load_model_folder(FileProvider& files, const ReadOptions& source);
// What of the options the reader needs.
ReadOptions read_options(const InspectOptions& options);
// Maps the file or folder ("-" reads standard input) and the files beside it that it names; nothing outside
// its folder is opened.
Result<Report> inspect_file(const std::string& path, const InspectOptions& options);

// How one figure of a node came about (analyses/explain.h).
Result<Explanation> explain(const Model& model, const InspectOptions& options, std::string_view node,
                            Figure figure);
Result<Explanation> explain(Bytes file, const ReadOptions& source, const InspectOptions& options,
                            std::string_view node, Figure figure);
Result<Explanation> explain_file(const std::string& path, const InspectOptions& options,
                                 std::string_view node, Figure figure);

}  // namespace haoline
