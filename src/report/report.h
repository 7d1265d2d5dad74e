// The report: one value that holds everything haoline says about a model. Every output (terminal, JSON,
// Markdown, CSV, the web page) is a function of it, and `describe()` of each struct is the only place where
// its keys are listed.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/arena.h"
#include "ir/finding.h"
#include "report/describe.h"
#include "report/engine_info.h"
#include "report/report_rows.h"
#include "report/values.h"
#include "report/weights_info.h"

namespace haoline {

struct ToolInfo {
  Word name{"haoline"};
  Word version;
  static constexpr std::string_view kName = "tool";
  static constexpr auto describe() {
    return std::tuple{field("name", &ToolInfo::name, "always `haoline`"),
                      field("version", &ToolInfo::version, "version of the program that wrote the report")};
  }
};

struct FileInfo {
  FileName path;
  std::uint64_t bytes = 0;
  Word role;
  static constexpr std::string_view kName = "file";
  static constexpr auto describe() {
    return std::tuple{
        field("path", &FileInfo::path, "as given for the main file, relative to its folder for the others"),
        field("bytes", &FileInfo::bytes, "size"),
        field("role", &FileInfo::role, "`model` or `external data`")};
  }
};

struct AccountingInfo {
  Map<Word, std::uint64_t> weights;
  std::uint64_t metadata = 0, structure = 0, padding = 0, duplicate = 0, unreachable = 0;
  static constexpr std::string_view kName = "accounting";
  static constexpr auto describe() {
    using A = AccountingInfo;
    return std::tuple{
        field("weights", &A::weights, "bytes of weights, by element type"),
        field("metadata", &A::metadata, "bytes of metadata and documentation"),
        field("structure", &A::structure, "bytes that spell the graph: records, names, attributes"),
        field("padding", &A::padding, "bytes between aligned weights"),
        field("duplicate", &A::duplicate, "bytes of weights that repeat another one (`--by-content`)"),
        field("unreachable", &A::unreachable, "bytes that nothing refers to")};
  }
};

struct ModelInfo {
  FileName path;
  FileName name;
  Word format;
  Word format_title;
  Word format_version;
  ProducerName producer, producer_version;
  DomainName domain;
  std::int64_t version = 0;
  MetadataText documentation;
  std::uint64_t bytes = 0;
  std::vector<FileInfo> files;
  AccountingInfo accounting;
  Map<DomainName, std::int64_t> opsets;
  Map<MetadataText, MetadataText> metadata;
  static constexpr std::string_view kName = "model";
  static constexpr auto describe() {
    using M = ModelInfo;
    return std::tuple{
        field("path", &M::path, "as given; `-` for standard input"),
        field("name", &M::name, "the graph's name, else the file's without its ending"),
        field("format", &M::format, "`onnx`, …: one of `haoline formats`"),
        field("format_title", &M::format_title, "the format's name for people (`TensorFlow Lite`)"),
        field("format_version", &M::format_version, "version of the format, as the format names it (`IR 8`)"),
        field("producer", &M::producer, "the program that wrote the file, as the file says; may be empty"),
        field("producer_version", &M::producer_version, "its version; may be empty"),
        field_if_any("domain", &M::domain, "the model's own domain"),
        field("version", &M::version, "the model's own version number; 0 where the file is silent"),
        field_if_any("documentation", &M::documentation, "the file's description of itself"),
        field("bytes", &M::bytes, "size of all files"),
        field("files", &M::files, "the main file first"),
        field("accounting", &M::accounting,
              "what each byte of the files is for; the labels add up to `bytes`"),
        field("opsets", &M::opsets, "imported operator sets and their versions"),
        field("metadata", &M::metadata,
              "key and value pairs as the file has them; a repeated key gets `#2` behind it")};
  }
};

struct BindingInfo {
  std::optional<std::int64_t> value;
  Word source;
  std::optional<Dimension> max;
  static constexpr std::string_view kName = "binding";
  static constexpr auto describe() {
    return std::tuple{
        field("value", &BindingInfo::value, "the number that figures use; null where only the data decides"),
        field("source", &BindingInfo::source,
              "`given`, `default` (nobody bound it), `derived` (the model's constraints determine it) or "
              "`data`"),
        field_if_any("max", &BindingInfo::max, "upper bound of a symbol that the data decides")};
  }
};

struct PortInfo {
  TensorName name;
  Word dtype;
  ShapeText shape;
  ValueShape value_shape;
  bool optional = false;
  static constexpr std::string_view kName = "port";
  static constexpr auto describe() {
    return std::tuple{
        field("name", &PortInfo::name, "the tensor's name"),
        field("dtype", &PortInfo::dtype, "element type, with containers around it"),
        field("shape", &PortInfo::shape, "extents: numbers, formulas or null; null: unknown rank"),
        field("value_shape", &PortInfo::value_shape, "the shape under `bindings`"),
        field("optional", &PortInfo::optional, "the value may be absent")};
  }
};

struct GraphInfo {
  std::int64_t nodes = 0;
  std::int64_t nodes_all = 0;
  MessageText summary;
  Map<OperatorName, std::int64_t> operators;
  std::vector<PortInfo> inputs, outputs;
  static constexpr std::string_view kName = "graph";
  static constexpr auto describe() {
    return std::tuple{field("nodes", &GraphInfo::nodes, "nodes of the main graph, function calls inlined"),
                      field("nodes_all", &GraphInfo::nodes_all, "nodes of the main graph and of all bodies"),
                      field_if_any("summary", &GraphInfo::summary, "one sentence on the mix of operators"),
                      field("operators", &GraphInfo::operators, "nodes of each operator, bodies included"),
                      field("inputs", &GraphInfo::inputs, "what a caller feeds, in the file's order"),
                      field("outputs", &GraphInfo::outputs, "what the model returns, in the file's order")};
  }
};

struct SharedParameter {
  TensorName tensor;
  std::vector<NodeName> users;
  static constexpr std::string_view kName = "shared_parameter";
  static constexpr auto describe() {
    return std::tuple{field("tensor", &SharedParameter::tensor, "a weight that several nodes use"),
                      field("users", &SharedParameter::users, "those nodes")};
  }
};

struct ParameterInfo {
  std::optional<Int128> total, trainable, buffers, constants, active;
  std::uint64_t stored_bytes = 0;
  std::optional<bool> complete;
  std::vector<TensorName> assumed;
  Map<Word, std::optional<Int128>> by_dtype;
  Map<OperatorName, std::optional<Int128>> by_operator;
  std::vector<SharedParameter> shared;
  static constexpr std::string_view kName = "parameters";
  static constexpr auto describe() {
    using P = ParameterInfo;
    return std::tuple{
        field("total", &P::total, "trainable + buffers, each weight once; null where a size is unknown"),
        field("trainable", &P::trainable, "elements of weights, biases, scales and embeddings"),
        field("buffers", &P::buffers, "elements of running statistics"),
        field("constants", &P::constants,
              "elements of other stored tensors (shapes, scalars, scales); no parameters"),
        field_if_any(
            "active", &P::active,
            "of a mixture of experts: what a token meets, all but the routed experts it does not visit"),
        field("stored_bytes", &P::stored_bytes, "what the file spends on the parameters"),
        field_if_any("complete", &P::complete, "false when a weight's size is unknown and left out"),
        field("assumed", &P::assumed, "tensors whose role was a judgement"),
        field("by_dtype", &P::by_dtype, "parameters by stored element type"),
        field("by_operator", &P::by_operator, "parameters by the operator that uses them first"),
        field("shared", &P::shared, "weights with more than one user")};
  }
};

struct OperatorCost {
  std::int64_t nodes = 0;
  Quantity macs, flops;
  static constexpr std::string_view kName = "operator_cost";
  static constexpr auto describe() {
    return std::tuple{field("nodes", &OperatorCost::nodes, "nodes of this operator"),
                      field("macs", &OperatorCost::macs, "their multiply-accumulates"),
                      field("flops", &OperatorCost::flops, "their floating-point operations")};
  }
};

struct UncoveredNode {
  NodeName node;
  OperatorName op;
  Word why;
  static constexpr std::string_view kName = "uncovered_node";
  static constexpr auto describe() {
    return std::tuple{
        field("node", &UncoveredNode::node, "a node whose cost is not in the totals"),
        field("op", &UncoveredNode::op, "its operator"),
        field("why", &UncoveredNode::why, "`unknown operator`, `no cost rule` or `unknown shape`")};
  }
};

struct CoverageInfo {
  std::int64_t nodes = 0, nodes_known = 0;
  std::vector<UncoveredNode> unknown;
  static constexpr std::string_view kName = "coverage";
  static constexpr auto describe() {
    return std::tuple{field("nodes", &CoverageInfo::nodes, "nodes looked at, bodies included"),
                      field("nodes_known", &CoverageInfo::nodes_known, "nodes whose cost is known"),
                      field("unknown", &CoverageInfo::unknown, "the others")};
  }
};

struct ScopeCost {
  ScopeName scope;
  OperatorCost cost;
  static constexpr std::string_view kName = "scope_cost";
  static constexpr auto describe() {
    return std::tuple{field("scope", &ScopeCost::scope, "path of the scope, parents before children"),
                      field("cost", &ScopeCost::cost, "of all nodes below it")};
  }
};

// A node among the most expensive ones, with what a reader needs to recognise it.
struct HeavyNode {
  NodeName node;
  OperatorName op;
  Word detail;
  GraphPath graph;
  Quantity macs, flops;
  ValueShape output;
  static constexpr std::string_view kName = "heavy_node";
  static constexpr auto describe() {
    return std::tuple{field("node", &HeavyNode::node, "the node"),
                      field("op", &HeavyNode::op, "its operator"),
                      field_if_any("detail", &HeavyNode::detail, "kernel, stride and groups (`7x7 /2`)"),
                      field_if_any("graph", &HeavyNode::graph, "path of the body it belongs to"),
                      field("macs", &HeavyNode::macs, "multiply-accumulates"),
                      field("flops", &HeavyNode::flops, "floating-point operations"),
                      field("output", &HeavyNode::output, "shape of its first result under `bindings`")};
  }
};

struct CostInfo {
  Quantity macs, flops, bytes_read, bytes_written;
  Word flops_definition;
  Map<Word, Quantity> arithmetic;
  Map<OperatorName, OperatorCost> by_operator;
  Map<Word, OperatorCost> by_category;
  std::vector<ScopeCost> by_scope;
  CoverageInfo coverage;
  std::vector<HeavyNode> heaviest;
  static constexpr std::string_view kName = "cost";
  static constexpr auto describe() {
    using C = CostInfo;
    return std::tuple{
        field("macs", &C::macs, "multiply-accumulates of one inference"),
        field("flops", &C::flops, "floating-point operations of one inference, by `flops_definition`"),
        field("bytes_read", &C::bytes_read, "bytes that nodes read, each operand once per node"),
        field("bytes_written", &C::bytes_written, "bytes that nodes write"),
        field("flops_definition", &C::flops_definition, "`2*macs + arithmetic` or `2*macs` (`--flops macs`)"),
        field("arithmetic", &C::arithmetic,
              "operations outside multiply-accumulates, by kind; zero kinds left out"),
        field("by_operator", &C::by_operator, "cost of each operator"),
        field("by_category", &C::by_category, "cost of each category of operators"),
        field_if_any("by_scope", &C::by_scope, "cost below each scope of the names"),
        field("coverage", &C::coverage, "which nodes the totals leave out"),
        field("heaviest", &C::heaviest, "the nodes with most multiply-accumulates, at most `--top`")};
  }
};

struct SizedTensor {
  TensorName name;
  std::uint64_t bytes = 0;
  static constexpr std::string_view kName = "sized_tensor";
  static constexpr auto describe() {
    return std::tuple{field("name", &SizedTensor::name, "the tensor"),
                      field("bytes", &SizedTensor::bytes, "its size under `bindings`")};
  }
};

struct PeakInfo {
  NodeName node;
  std::vector<SizedTensor> tensors;
  static constexpr std::string_view kName = "peak";
  static constexpr auto describe() {
    return std::tuple{field("node", &PeakInfo::node, "the node that runs when most bytes are live"),
                      field("tensors", &PeakInfo::tensors, "what is live then, largest first")};
  }
};

struct SpikeInfo {
  NodeName node;
  std::uint64_t bytes = 0;
  TensorName cause;
  static constexpr std::string_view kName = "spike";
  static constexpr auto describe() {
    return std::tuple{field("node", &SpikeInfo::node, "the node at a local maximum"),
                      field("bytes", &SpikeInfo::bytes, "live activation bytes while it runs"),
                      field("cause", &SpikeInfo::cause, "the largest tensor born there")};
  }
};

struct MemoryOptionInfo {
  bool reuse = false;
  std::uint64_t alignment = 16;
  static constexpr std::string_view kName = "memory_options";
  static constexpr auto describe() {
    return std::tuple{field("reuse", &MemoryOptionInfo::reuse,
                            "results may take the place of operands where the operator allows it"),
                      field("alignment", &MemoryOptionInfo::alignment, "of arena offsets, in bytes")};
  }
};

struct MemoryVariant {
  MemoryOptionInfo options;
  std::uint64_t peak_bytes = 0, arena_bytes = 0, arena_lower_bound_bytes = 0;
  static constexpr std::string_view kName = "memory_variant";
  static constexpr auto describe() {
    using V = MemoryVariant;
    return std::tuple{field("options", &V::options, "what the variant allows"),
                      field("peak_bytes", &V::peak_bytes, "largest sum of live activations"),
                      field("arena_bytes", &V::arena_bytes, "size of a concrete offset plan"),
                      field("arena_lower_bound_bytes", &V::arena_lower_bound_bytes,
                            "no plan can be smaller: live bytes of the largest step")};
  }
};

struct MemoryInfo {
  Quantity weights_bytes, activation_peak_bytes, arena_bytes;
  std::optional<Quantity> peak_with_bodies_bytes, kv_cache_bytes_per_token;
  std::optional<PeakInfo> peak;
  std::vector<SpikeInfo> spikes;
  MemoryOptionInfo options;
  std::vector<MemoryVariant> variants;
  std::vector<TensorName> unsized;
  std::optional<KvCacheInfo> kv_cache;
  std::vector<ContextInfo> contexts;
  std::optional<MemorySeries> series;
  static constexpr std::string_view kName = "memory";
  static constexpr auto describe() {
    using M = MemoryInfo;
    return std::tuple{
        field("weights_bytes", &M::weights_bytes, "constants as a runtime holds them"),
        field("activation_peak_bytes", &M::activation_peak_bytes,
              "largest sum of live activations over the file's order; no reuse, no alignment; weights apart"),
        field("arena_bytes", &M::arena_bytes, "size of a concrete offset plan for these lifetimes"),
        field_if_any("peak_with_bodies_bytes", &M::peak_with_bodies_bytes,
                     "the peak with what bodies of If, Loop and Scan keep for themselves while they run; "
                     "absent where there are none"),
        field_if_any("kv_cache_bytes_per_token", &M::kv_cache_bytes_per_token,
                     "what one more token adds to the cache"),
        field_if_any("peak", &M::peak, "where the peak is; absent where the graph has no nodes"),
        field("spikes", &M::spikes, "at most ten local maxima of the live bytes, largest first"),
        field("options", &M::options, "what the figures above allow"),
        field("variants", &M::variants, "the same under other options"),
        field_if_any("unsized", &M::unsized, "activations of unknown size: the peak is a lower bound"),
        field_if_any("kv_cache", &M::kv_cache, "the cache, where there is one"),
        field_if_any("contexts", &M::contexts,
                     "of a language model: what it occupies at usual contexts, with each type of cache"),
        field_if_any("series", &M::series, "live bytes over the execution (`--include series`)")};
  }
};

struct PlaceInfo {
  GraphPath graph;
  NodeName node;
  TensorName tensor;
  FileName file;
  std::optional<std::uint64_t> byte;
  static constexpr std::string_view kName = "place";
  static constexpr auto describe() {
    return std::tuple{field_if_any("graph", &PlaceInfo::graph, "path of the body; absent for the main graph"),
                      field_if_any("node", &PlaceInfo::node, "the node"),
                      field_if_any("tensor", &PlaceInfo::tensor, "the tensor"),
                      field_if_any("file", &PlaceInfo::file, "the file"),
                      field_if_any("byte", &PlaceInfo::byte, "offset in that file")};
  }
};

struct FindingInfoText {
  Word id, severity;
  MessageText message;
  PlaceInfo where;
  Word advice;
  std::int64_t count = 1;
  static constexpr std::string_view kName = "finding";
  static constexpr auto describe() {
    using F = FindingInfoText;
    return std::tuple{
        field("id", &F::id, "kind of the finding"),
        field("severity", &F::severity, "`info`, `warning` or `error`"),
        field("message", &F::message, "one sentence; names in backquotes"),
        field("where", &F::where, "the place, as far as there is one"),
        field_if_any("advice", &F::advice, "what to do"),
        field("count", &F::count, "findings of this kind that are joined here (`--summary-only`)")};
  }
};

struct Report {
  Word schema{"haoline.report/1"};
  ToolInfo tool;
  ModelInfo model;
  Map<SymbolName, BindingInfo> bindings;
  GraphInfo graph;
  ParameterInfo parameters;
  CostInfo cost;
  MemoryInfo memory;
  std::optional<QuantizationInfo> quantization;
  std::optional<EngineInfo> engine;
  std::vector<FindingInfoText> findings;
  std::vector<MessageText> notes;
  std::optional<std::vector<NodeRow>> nodes;
  std::optional<std::vector<TensorRow>> tensors;
  std::optional<std::vector<WeightRow>> weights;

  Arena arena;                      // what the texts above point to
  std::deque<Quantity> quantities;  // what the rows point to

  static constexpr std::string_view kName = "report";
  static constexpr auto describe() {
    using R = Report;
    return std::tuple{
        field("schema", &R::schema, "version of these keys; the number rises when a key changes its meaning"),
        field("tool", &R::tool, "who wrote this"),
        field("model", &R::model, "the files"),
        field("bindings", &R::bindings, "every symbol of the model and the number the figures use for it"),
        field("graph", &R::graph, "what the graph consists of"),
        field("parameters", &R::parameters, "what was learned"),
        field("cost", &R::cost, "what one inference computes and moves"),
        field("memory", &R::memory, "what one inference occupies"),
        field_if_any("quantization", &R::quantization, "present when anything is quantized"),
        field_if_any("engine", &R::engine, "present for a compiled engine: kernels, times, the machine"),
        field("findings", &R::findings, "what could not be known, and what is unusual"),
        field_if_any("notes", &R::notes, "how options were understood"),
        field_if_any("nodes", &R::nodes, "every node (`--include nodes`)"),
        field_if_any("tensors", &R::tensors, "every tensor (`--include tensors`)"),
        field_if_any("weights", &R::weights, "every stored tensor (`--include weights`)")};
  }

  bool is_summary = false;  // --summary-only was applied
};

}  // namespace haoline
