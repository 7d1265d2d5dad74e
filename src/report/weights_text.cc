#include "report/weights_text.h"

#include <algorithm>
#include <cstdio>

#include "report/format.h"
#include "report/utf8.h"

namespace haoline {
namespace {

std::string two_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string bytes_or_unknown(const std::optional<Quantity>& quantity) {
  return quantity && quantity->value ? bytes_text(*quantity->value) : "unknown";
}

const ContextInfo* find(const MemoryInfo& memory, std::int64_t tokens, std::string_view cache) {
  for (const ContextInfo& row : memory.contexts) {
    if (row.tokens == tokens && row.cache.text == cache) return &row;
  }
  return nullptr;
}

}  // namespace

std::string bits_per_weight_text(std::optional<double> bits) {
  return bits ? two_digits(*bits) + " bits a weight" : "";
}

std::string cache_text(const KvCacheInfo& cache) {
  std::string out;
  for (const CacheLayerInfo& kind : cache.by_kind) {
    if (!out.empty()) out += ", ";
    out += plural(static_cast<std::size_t>(kind.layers), "layer");
    if (kind.kind.text == "attention" && kind.heads && kind.key_size)
      out += " of " + plural(static_cast<std::size_t>(*kind.heads), "head") + " of " +
             std::to_string(*kind.key_size);
    if (kind.kind.text == "latent" && kind.latent_size)
      out += " of a latent of " + grouped(*kind.latent_size);
    if (kind.kind.text == "recurrent" && kind.state_elements)
      out += " of a state of " + grouped(*kind.state_elements) + " elements";
    if (kind.kind.text == "cross-attention") out += " of cross-attention";
    if (kind.window) out += " within " + grouped(*kind.window) + " tokens";
  }
  return out;
}

TextTable weight_group_table(const QuantizationInfo& quantization) {
  TextTable table{{"weights", "parameters", "size", "bits each", "types"}, {}, {}};
  for (const WeightGroupInfo& group : quantization.groups) {
    std::string types;
    for (const auto& [type, count] : group.types.entries)
      types += (types.empty() ? "" : ", ") + std::string(type.text);
    table.rows.push_back({std::string(group.group.text), scaled(group.parameters),
                          bytes_text(static_cast<Int128>(group.bytes)),
                          group.bits_per_weight ? two_digits(*group.bits_per_weight) : "", types});
  }
  return table;
}

TextTable context_table(const MemoryInfo& memory) {
  TextTable table{{"context", "cache f16", "in all", "cache q8_0", "in all"}, {}, {}};
  bool is_beyond = false;
  const ContextInfo* last = nullptr;
  for (const ContextInfo& row : memory.contexts) {
    if (row.cache.text != "f16") continue;
    const ContextInfo* small = find(memory, row.tokens, "q8_0");
    if (small == nullptr) continue;
    table.rows.push_back({grouped(row.tokens) + (row.beyond_training ? " *" : ""),
                          bytes_or_unknown(row.cache_bytes), bytes_or_unknown(row.total_bytes),
                          bytes_or_unknown(small->cache_bytes), bytes_or_unknown(small->total_bytes)});
    is_beyond = is_beyond || row.beyond_training;
    last = &row;
  }
  if (last == nullptr) return table;
  table.remark = "in all: weights and cache of one sequence";
  if (last->compute_bytes)
    table.remark += ", and an estimate of what computing needs (512 tokens at once, at most " +
                    bytes_or_unknown(last->compute_bytes) + ")";
  if (is_beyond) table.remark += "; * beyond what the model was made for";
  return table;
}

std::vector<std::string> lines_of(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::size_t width = table.columns[i].size();
    for (const auto& row : table.rows) width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool is_text = i == 0 || table.columns[i] == "types";
      const std::string space(widths[i] - cells[i].size(), ' ');
      out += (i == 0 ? "" : "  ") + (is_text ? cells[i] + space : space + cells[i]);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  };
  std::vector<std::string> lines{line(table.columns)};
  for (const auto& row : table.rows) lines.push_back(line(row));
  return lines;
}

}  // namespace haoline
