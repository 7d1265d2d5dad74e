// The parts of a report that grow with the model: one row per node, tensor and weight, and the series over
// the execution. They are filled only on request.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "report/describe.h"
#include "report/values.h"
#include "report/weights_info.h"

namespace haoline {

struct NodeRow {
  std::int64_t id = 0;
  NodeName name;
  NodeName source_name;
  OperatorName op;
  DomainName domain;
  Word category;
  ScopeName scope;
  GraphPath graph;
  std::span<const TensorName> inputs, outputs;  // an absent operand has no text
  std::span<const std::pair<AttributeName, AttributeText>> attributes;
  QuantityRef macs = nullptr, flops = nullptr, bytes_read = nullptr, bytes_written = nullptr,
              weight_bytes = nullptr;
  std::optional<Int128> parameters;
  static constexpr std::string_view kName = "node";
  static constexpr auto describe() {
    using N = NodeRow;
    return std::tuple{
        field("id", &N::id, "position in the execution order of its graph"),
        field("name", &N::name, "unique within its graph"),
        field_if_any("source_name", &N::source_name, "what the file says, where that was empty or repeated"),
        field("op", &N::op, "operator, as the file spells it"),
        field("domain", &N::domain, "operator domain; `ai.onnx` for the default one"),
        field("category", &N::category, "one of 23 categories of operators"),
        field("scope", &N::scope, "module path or call path, `/` between levels; may be empty"),
        field("graph", &N::graph, "path of the body it belongs to; empty for the main graph"),
        field("inputs", &N::inputs, "tensor names; null for an absent operand"),
        field("outputs", &N::outputs, "tensor names; null for an unused result"),
        field("attributes", &N::attributes, "as the file has them; long lists and tensors are abridged"),
        field("macs", &N::macs, "multiply-accumulates of one execution"),
        field("flops", &N::flops, "floating-point operations of one execution"),
        field("bytes_read", &N::bytes_read, "bytes of its operands that are read"),
        field("bytes_written", &N::bytes_written, "bytes of its results"),
        field("weight_bytes", &N::weight_bytes, "of `bytes_read`: what comes from constants"),
        field("parameters", &N::parameters, "parameters that it is the first user of; null: unknown")};
  }
};

struct TensorRow {
  TensorName name;
  TensorName source_name;
  GraphPath graph;
  Word dtype;
  ShapeText shape;
  ValueShape value_shape;
  QuantityRef bytes = nullptr;
  Word role;
  NodeName producer;
  std::span<const NodeName> consumers;
  std::optional<TensorQuantization> quantization;
  static constexpr std::string_view kName = "tensor";
  static constexpr auto describe() {
    using T = TensorRow;
    return std::tuple{
        field("name", &T::name, "unique within its graph"),
        field_if_any("source_name", &T::source_name, "what the file says, where that was empty or repeated"),
        field("graph", &T::graph, "path of the body it belongs to; empty for the main graph"),
        field("dtype", &T::dtype, "element type, with containers around it"),
        field("shape", &T::shape, "extents: numbers, formulas or null; null: unknown rank"),
        field("value_shape", &T::value_shape, "the shape under `bindings`"),
        field("bytes", &T::bytes, "size in memory"),
        field("role", &T::role, "`input`, `output`, `weight`, `constant`, `activation` or `state`"),
        field_if_any("producer", &T::producer, "the node it comes from"),
        field("consumers", &T::consumers, "nodes of its graph that read it"),
        field_if_any("quantization", &T::quantization, "where the file keeps it beside the tensor")};
  }
};

struct StatisticsInfo {
  std::optional<double> minimum, maximum, mean, deviation;
  double zeros = 0;
  std::int64_t nans = 0, infinities = 0;
  static constexpr std::string_view kName = "statistics";
  static constexpr auto describe() {
    using S = StatisticsInfo;
    return std::tuple{field("minimum", &S::minimum, "smallest finite element; null: there is none"),
                      field("maximum", &S::maximum, "largest finite element"),
                      field("mean", &S::mean, "of the finite elements"),
                      field("deviation", &S::deviation, "standard deviation of the finite elements"),
                      field("zeros", &S::zeros, "share of elements that are exactly 0, 0 to 1"),
                      field("nans", &S::nans, "elements that are no number"),
                      field("infinities", &S::infinities, "elements that are infinite")};
  }
};

struct WeightRow {
  TensorName name;
  GraphPath graph;
  Word role;
  bool assumed = false;
  Word dtype;
  ShapeText shape;
  std::optional<Int128> elements;
  std::uint64_t stored_bytes = 0;
  std::span<const NodeName> users;
  std::optional<StatisticsInfo> statistics;
  static constexpr std::string_view kName = "weight";
  static constexpr auto describe() {
    using W = WeightRow;
    return std::tuple{field("name", &W::name, "the stored tensor"),
                      field("graph", &W::graph, "path of the body it belongs to; empty for the main graph"),
                      field("role", &W::role, "`trainable`, `buffer`, `constant` or `unused`"),
                      field("assumed", &W::assumed, "the role was a judgement"),
                      field("dtype", &W::dtype, "stored element type"),
                      field("shape", &W::shape, "stored extents"),
                      field("elements", &W::elements, "logical elements; null: unknown"),
                      field("stored_bytes", &W::stored_bytes, "what the file spends on it"),
                      field("users", &W::users, "computing nodes that use it, seen through views and casts"),
                      field_if_any("statistics", &W::statistics,
                                   "of its elements as stored; absent where they cannot be decoded")};
  }
};

struct LifetimeInfo {
  TensorName tensor;
  std::int64_t first = 0, last = 0;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> offset;
  static constexpr std::string_view kName = "lifetime";
  static constexpr auto describe() {
    using L = LifetimeInfo;
    return std::tuple{field("tensor", &L::tensor, "the activation"),
                      field("first", &L::first, "position at which it begins to occupy memory"),
                      field("last", &L::last, "position after which its memory is free"),
                      field("bytes", &L::bytes, "its size under `bindings`"),
                      field_if_any("offset", &L::offset, "where the arena plan puts it")};
  }
};

struct MemorySeries {
  std::vector<std::uint64_t> live_bytes;
  std::vector<LifetimeInfo> lifetimes;
  static constexpr std::string_view kName = "memory_series";
  static constexpr auto describe() {
    return std::tuple{field("live_bytes", &MemorySeries::live_bytes,
                            "live activation bytes while each node of the main graph runs"),
                      field("lifetimes", &MemorySeries::lifetimes,
                            "when each activation lives, and where the plan puts it")};
  }
};

}  // namespace haoline
