#include "report/csv.h"

#include <array>
#include <charconv>
#include <functional>
#include <unordered_map>
#include <utility>

#include "report/format.h"
#include "report/utf8.h"

namespace haoline {
namespace {

struct Key {
  std::string_view graph, name;
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    const std::hash<std::string_view> hash;
    return hash(key.name) * 31 + hash(key.graph);
  }
};
using TensorTable = std::unordered_map<Key, const TensorRow*, KeyHash>;

// Spreadsheets run cells that begin with one of these; an apostrophe makes them text.
bool looks_like_formula(std::string_view cell) {
  return !cell.empty() && std::string_view("=+-@\t\r").find(cell.front()) != std::string_view::npos;
}

void append_text(std::string& out, std::string_view text) {
  std::string cell = safe(text);
  if (looks_like_formula(cell)) cell.insert(cell.begin(), '\'');
  if (cell.find_first_of(",\"\n\r") == std::string::npos) {
    out += cell;
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_number(std::string& out, const std::optional<Int128>& value) {
  if (value) out += to_decimal(*value);
}

void append_share(std::string& out, const std::optional<Int128>& part, const std::optional<Int128>& whole) {
  if (!part || !whole || *whole <= 0) return;
  std::array<char, 32> text;
  const double share = static_cast<double>(*part) / static_cast<double>(*whole) * 100;
  out.append(text.data(),
             std::to_chars(text.data(), text.data() + text.size(), share, std::chars_format::fixed, 4).ptr);
}

const TensorRow* find(const TensorTable& tensors, const NodeRow& node, TensorName name) {
  const auto at = tensors.find({node.graph.text, name.text});
  return at == tensors.end() ? nullptr : at->second;
}

bool is_stored(const TensorRow& tensor) {
  return tensor.role.text == "weight" || tensor.role.text == "constant";
}

std::string shapes(const TensorTable& tensors, const NodeRow& node, std::span<const TensorName> names) {
  std::string out;
  for (const TensorName name : names) {
    const TensorRow* tensor = find(tensors, node, name);
    if (!tensor || is_stored(*tensor)) continue;
    out += (out.empty() ? "" : "; ") + shape_text(tensor->value_shape);
  }
  return out;
}

std::optional<Int128> result_bytes(const TensorTable& tensors, const NodeRow& node) {
  Int128 bytes = 0;
  for (const TensorName name : node.outputs) {
    if (name.text.empty()) continue;
    const TensorRow* tensor = find(tensors, node, name);
    if (!tensor || !tensor->bytes || !tensor->bytes->value) return std::nullopt;
    bytes += *tensor->bytes->value;
  }
  return bytes;
}

}  // namespace

std::string to_csv(const Report& report) {
  std::string out =
      "Layer Name,Op Type,Input Shape,Output Shape,Parameters,FLOPs,Memory (bytes),Latency (ms),% Params,% "
      "FLOPs\n";
  if (!report.nodes || !report.tensors) return out;
  TensorTable tensors;
  tensors.reserve(report.tensors->size());
  for (const TensorRow& tensor : *report.tensors)
    tensors.emplace(Key{tensor.graph.text, tensor.name.text}, &tensor);
  for (const NodeRow& node : *report.nodes) {
    const std::optional<Int128> flops = node.flops ? node.flops->value : std::nullopt;
    append_text(out, node.graph.text.empty()
                         ? std::string(node.name.text)
                         : std::string(node.graph.text) + "/" + std::string(node.name.text));
    out += ',';
    append_text(out, node.op.text);
    out += ',';
    append_text(out, shapes(tensors, node, node.inputs));
    out += ',';
    append_text(out, shapes(tensors, node, node.outputs));
    out += ',';
    append_number(out, node.parameters);
    out += ',';
    append_number(out, flops);
    out += ',';
    append_number(out, result_bytes(tensors, node));
    out += ",,";  // latency: nothing was measured
    append_share(out, node.parameters, report.parameters.total);
    out += ',';
    append_share(out, flops, report.cost.flops.value);
    out += '\n';
  }
  return out;
}

}  // namespace haoline
