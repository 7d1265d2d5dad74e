#include "report/terminal.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/sort.h"
#include "report/breakdown.h"
#include "report/engine_text.h"
#include "report/format.h"
#include "report/utf8.h"
#include "report/weights_text.h"

namespace haoline {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kLabel = 14;  // columns of the labels, after the margin of two
constexpr std::size_t kValue = 11;  // columns of a figure
constexpr std::size_t kPorts = 6;   // inputs and outputs that are listed

struct Page {
  std::string out;
  bool colour;

  std::string paint(std::string_view code, std::string_view text) const {
    if (!colour) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
  }
  std::string grey(std::string_view text) const { return paint("2", text); }
  std::string bold(std::string_view text) const { return paint("1", text); }

  void line(std::string_view text = {}) {
    out += text;
    out += '\n';
  }
  // "  label         text", wrapped under itself.
  void row(std::string_view label, std::string_view text) {
    line("  " + grey(padded(std::string(label), kLabel)) + wrapped(text, kLabel + 2, kLabel + 2, kWidth));
  }
  // "  label         figure     remark"
  void figure(std::string_view label, const std::string& value, std::string_view remark) {
    std::string text = "  " + grey(padded(std::string(label), kLabel));
    if (remark.empty()) return line(text + value);
    const std::size_t column = std::max(kLabel + 2 + kValue, kLabel + 2 + display_width(value) + 2);
    line(text + padded(value, column - kLabel - 2) + wrapped(remark, column, column, kWidth));
  }
};

void head(Page& page, const Report& report) {
  const ModelInfo& model = report.model;
  std::string_view file = model.path.text;
  const std::size_t slash = file.find_last_of('/');
  if (slash != std::string_view::npos && slash + 1 < file.size()) file.remove_prefix(slash + 1);
  std::string facts = safe(model.format_title.text);
  if (!model.format_version.text.empty()) facts += " " + safe(model.format_version.text);
  if (const std::int64_t* opset = model.opsets.find("ai.onnx")) facts += ", opset " + std::to_string(*opset);
  facts += ", " + bytes_text(static_cast<Int128>(model.bytes));
  if (model.files.size() > 1) facts += " in " + plural(model.files.size(), "file");
  if (!model.producer.text.empty()) {
    facts += ", from " + safe(model.producer.text.substr(0, 60));
    if (!model.producer_version.text.empty()) facts += " " + safe(model.producer_version.text.substr(0, 30));
  }
  const std::string name = file == "-" ? "standard input" : shortened(safe(file), 50);
  page.line(page.bold(name) + "   " + wrapped(facts, display_width(name) + 3, 4, kWidth));
  page.line();
  if (!report.graph.summary.empty()) {
    page.line("  " + wrapped(safe(report.graph.summary.to_string()), 2, 2, kWidth));
  }
}

std::size_t ports_shown(const std::vector<PortInfo>& list) {
  return list.size() > kPorts ? kPorts - 1 : list.size();
}

std::size_t widest_name(const std::vector<PortInfo>& list) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < ports_shown(list); ++i) {
    width = std::max(width, display_width(safe(list[i].name.text)));
  }
  return std::min<std::size_t>(width, 26);
}

void ports(Page& page, std::string_view label, const std::vector<PortInfo>& list, std::size_t width) {
  const std::size_t shown = ports_shown(list);
  for (std::size_t i = 0; i < shown; ++i) {
    const PortInfo& port = list[i];
    std::string text = padded(shortened(safe(port.name.text), width), width) + "  " + safe(port.dtype.text);
    text += " " + shape_text(port.shape) + (port.optional ? " optional" : "");
    page.line("  " + page.grey(padded(i == 0 ? std::string(label) : "", 8)) +
              wrapped(text, 10, 10 + width + 2, kWidth));
  }
  if (shown < list.size()) page.line("          and " + std::to_string(list.size() - shown) + " more");
}

std::string data_text(const BindingInfo& binding) {
  std::string text = "decided by data";
  if (!binding.max) return text;
  return text + ", at most " +
         (binding.max->number ? grouped(*binding.max->number) : people_formula(binding.max->formula.text));
}

// "batch = 8; by default seq = 1, past = 1 (--bind batch=N)". What follows from the others is only counted.
void symbols(Page& page, const Report& report) {
  constexpr std::size_t kMost = 8;
  std::string given, fallback, example;
  std::size_t shown = 0, derived = 0, more = 0;
  for (const auto& [name, binding] : report.bindings.entries) {
    if (binding.source.text == "derived") {
      ++derived;
      continue;
    }
    if (++shown > kMost) {
      ++more;
      continue;
    }
    const bool is_default = binding.source.text == "default";
    std::string& list = is_default ? fallback : given;
    if (!list.empty()) list += ", ";
    list += symbol_text(name.text) + " = " + (binding.value ? grouped(*binding.value) : data_text(binding));
    if (is_default && example.empty()) example = symbol_text(name.text);
  }
  std::string text = given;
  if (!fallback.empty()) {
    text += (text.empty() ? "" : "; ") + fallback + " by default (--bind" + std::string(kNoBreak) + example +
            "=N)";
  }
  if (more != 0) text += ", " + std::to_string(more) + " more";
  if (derived != 0 && !text.empty()) text += "; " + std::to_string(derived) + " derived";
  if (!text.empty()) page.row("figures for", text);
}

std::string formula_remark(const Quantity& quantity) {
  if (quantity.formula.text.empty()) {
    return quantity.value && scaled(*quantity.value) != grouped(*quantity.value) ? grouped(*quantity.value)
                                                                                 : "";
  }
  std::string text = people_formula(quantity.formula.text);
  constexpr std::size_t kMost = 2 * (kWidth - kLabel - kValue - 4);
  if (display_width(text) > kMost) {
    std::size_t end = 0;
    while (end < text.size() && display_width(std::string_view(text).substr(0, end)) < kMost - 2) {
      end += decode_utf8(text, end).length;
    }
    text = text.substr(0, end) + " …";
  }
  return text;
}

std::string optional_count(const std::optional<Int128>& value) {
  return value ? scaled(*value) : "unknown";
}

void parameters(Page& page, const Report& report) {
  const ParameterInfo& parameters = report.parameters;
  std::string remark;
  if (parameters.total && *parameters.total > 0) {
    const auto held = report.memory.weights_bytes.value;
    const auto stored = static_cast<Int128>(parameters.stored_bytes);
    // Fillers, external data that is not there, compressed weights: the file spends other bytes than memory
    // holds.
    const bool differs = held && (stored * 2 < *held || stored > *held * 2);
    remark = bytes_text(differs ? *held : stored);
    for (std::size_t i = 0; i < parameters.by_dtype.size() && i < 4; ++i) {
      remark += (i == 0 ? " " : ", ") + std::string(parameters.by_dtype.entries[i].first.text);
    }
    if (differs) remark += ", " + bytes_text(stored) + " of them stored";
    if (parameters.buffers && *parameters.buffers > 0) {
      remark += ", " + grouped(*parameters.buffers) + " running statistics included";
    }
    if (!parameters.shared.empty()) remark += ", " + std::to_string(parameters.shared.size()) + " shared";
  }
  if (parameters.active) {
    remark += (remark.empty() ? "" : ", ") + optional_count(parameters.active) + " active per token";
  }
  std::string value = optional_count(parameters.total);
  if (parameters.complete && !*parameters.complete) value = "at least " + value;
  page.figure("parameters", value, remark);
}

std::string other_operations(const Quantity& macs, const Quantity& flops, std::string_view definition) {
  if (definition == "2*macs") return "2 per MAC, other operations left out";
  if (!macs.value || !flops.value) return formula_remark(flops);
  if (!flops.complete && *flops.value == 0) return {};
  return "2 per MAC + " + scaled(*flops.value - 2 * *macs.value) + " other";
}

void costs(Page& page, const Report& report) {
  const CostInfo& cost = report.cost;
  page.figure("MACs", quantity_text(cost.macs), formula_remark(cost.macs));
  page.figure("FLOPs", quantity_text(cost.flops),
              other_operations(cost.macs, cost.flops, cost.flops_definition.text));
  if (cost.bytes_read.value && cost.bytes_written.value) {
    const Int128 moved = *cost.bytes_read.value + *cost.bytes_written.value;
    std::string remark = bytes_text(*cost.bytes_read.value) + " read, " +
                         bytes_text(*cost.bytes_written.value) + " written, node by node";
    page.figure("traffic", (cost.bytes_read.complete ? "" : "at least ") + bytes_text(moved), remark);
  }
}

void memory(Page& page, const Report& report) {
  const MemoryInfo& memory = report.memory;
  std::string remark;
  if (memory.peak) remark = "peak at " + shortened(safe(memory.peak->node.text), 40);
  if (!memory.variants.empty()) {
    remark += (remark.empty() ? "" : "; ") + bytes_text(static_cast<Int128>(memory.variants[0].peak_bytes)) +
              " in place";
  }
  if (memory.arena_bytes.value) remark += ", arena " + bytes_text(*memory.arena_bytes.value);
  page.figure("activations", quantity_text(memory.activation_peak_bytes, bytes_text), remark);
  if (memory.kv_cache_bytes_per_token) {
    std::string cache = "per token";
    if (memory.kv_cache) cache += ", " + plural(static_cast<std::size_t>(memory.kv_cache->layers), "layer");
    if (memory.kv_cache && !memory.kv_cache->by_kind.empty()) {
      cache = "per token, " + cache_text(*memory.kv_cache);
    } else if (memory.kv_cache && memory.kv_cache->heads && memory.kv_cache->head_size) {
      cache += " of " + std::to_string(*memory.kv_cache->heads) + " heads of " +
               std::to_string(*memory.kv_cache->head_size);
    }
    const bool is_state = memory.kv_cache_bytes_per_token->value == Int128{0} && memory.kv_cache &&
                          memory.kv_cache->state_bytes_per_sequence;
    if (is_state) {
      page.figure("state", bytes_text(Int128{*memory.kv_cache->state_bytes_per_sequence}),
                  "per sequence, " + cache_text(*memory.kv_cache));
    } else {
      page.figure("KV cache", quantity_text(*memory.kv_cache_bytes_per_token, bytes_text), cache);
    }
  }
}

void operators(Page& page, const Report& report) {
  std::vector<std::pair<std::int64_t, std::string_view>> rows;
  for (const auto& [name, count] : report.graph.operators.entries) rows.emplace_back(count, name.text);
  sort_stably(rows, [](const auto& x, const auto& y) { return x.first > y.first; });
  std::string remark;
  std::int64_t rest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i >= 4 && rows.size() > 5) {
      rest += rows[i].first;
    } else {
      remark += (i == 0 ? "" : ", ") + grouped(rows[i].first) + std::string(kNoBreak) +
                safe(short_operator(rows[i].second));
    }
  }
  if (rest != 0) remark += ", " + grouped(rest) + std::string(kNoBreak) + "other";
  page.figure("operators", grouped(report.graph.nodes_all), remark);
}

void quantization(Page& page, const Report& report) {
  if (!report.quantization) return;
  std::string text;
  for (const Word scheme : report.quantization->scheme)
    text += (text.empty() ? "" : ", ") + std::string(scheme.text);
  std::string bits;
  for (const auto& [width, count] : report.quantization->weights_bits.entries) {
    if (count)
      bits += (bits.empty() ? "" : ", ") + scaled(*count) + " at " + std::string(width.text) +
              (width.text.size() <= 2 ? " bits" : "");
  }
  const QuantizationInfo& quantization = *report.quantization;
  if (!quantization.file_type.text.empty()) text = std::string(quantization.file_type.text);
  const std::string density = bits_per_weight_text(quantization.bits_per_weight);
  page.figure(
      "quantized", text,
      density + (density.empty() || bits.empty() ? "" : "; ") + (bits.empty() ? "" : "parameters: " + bits));
}

void table(Page& page, const TextTable& table) {
  if (table.rows.empty()) return;
  page.line();
  const std::vector<std::string> lines = lines_of(table);
  for (std::size_t i = 0; i < lines.size(); ++i) page.line("  " + (i == 0 ? page.grey(lines[i]) : lines[i]));
  if (!table.remark.empty()) page.line("  " + page.grey(wrapped(table.remark, 2, 2, kWidth)));
}

void coverage(Page& page, const Report& report) {
  const CoverageInfo& coverage = report.cost.coverage;
  const std::int64_t missing = coverage.nodes - coverage.nodes_known;
  if (missing <= 0) return;
  std::vector<std::pair<std::string, std::size_t>> groups;
  for (const UncoveredNode& node : coverage.unknown) {
    const std::string group = safe(short_operator(node.op.text)) + " (" + std::string(node.why.text) + ")";
    const auto at =
        std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == group; });
    at == groups.end() ? groups.emplace_back(group, 1) : (++at->second, *at);
  }
  std::string text = grouped(missing) + " of " + grouped(coverage.nodes) + " nodes";
  for (std::size_t i = 0; i < groups.size() && i < 4; ++i) {
    text += (i == 0 ? ": " : ", ") + std::to_string(groups[i].second) + " " + groups[i].first;
  }
  if (groups.size() > 4) text += ", and more";
  page.row("not counted", text);
}

int rank(std::string_view severity) {
  return severity == "error" ? 0 : severity == "warning" ? 1 : 2;
}

void finding(Page& page, const FindingInfoText& finding, std::string_view label) {
  const std::string_view word = finding.severity.text == "warning" ? "warn" : finding.severity.text;
  const std::string_view code = finding.severity.text == "error"     ? "31"
                                : finding.severity.text == "warning" ? "33"
                                                                     : "2";
  std::string text = safe(finding.message.to_string());
  if (finding.count > 1) text += " (" + grouped(finding.count) + " times)";
  if (!finding.advice.text.empty())
    text += (text.ends_with('.') ? " " : ". ") + std::string(finding.advice.text);
  page.line("  " + page.grey(padded(std::string(label), kLabel)) +
            page.paint(code, padded(std::string(word), 7)) + wrapped(text, kLabel + 9, kLabel + 9, kWidth));
}

void findings(Page& page, const Report& report, const TerminalOptions& options) {
  if (report.findings.empty()) return;
  std::vector<const FindingInfoText*> sorted;
  for (const FindingInfoText& item : report.findings) sorted.push_back(&item);
  sort_stably(sorted, [](const FindingInfoText* x, const FindingInfoText* y) {
    return rank(x->severity.text) < rank(y->severity.text);
  });
  page.line();
  const std::string label = plural(sorted.size(), "finding");
  std::size_t shown = 0, of_kind = 0;
  std::string_view last;
  for (const FindingInfoText* item : sorted) {
    of_kind = item->id.text == last ? of_kind + 1 : 1;
    last = item->id.text;
    if (of_kind > 3 || shown >= options.findings) continue;
    finding(page, *item, shown++ == 0 ? label : "");
  }
  if (shown < sorted.size()) {
    page.row("", "and " + std::to_string(sorted.size() - shown) + " more; --out-json FILE has all");
  }
}

void engine(Page& page, const EngineInfo& engine, std::size_t top) {
  for (const EngineRow& row : engine_rows(engine)) {
    row.remark.empty() ? page.row(row.label, row.value) : page.figure(row.label, row.value, row.remark);
  }
  const std::vector<std::string> lines = slowest_layers(engine, top);
  if (!lines.empty()) page.line();
  for (std::size_t i = 0; i < lines.size(); ++i) page.line("  " + (i == 0 ? page.grey(lines[i]) : lines[i]));
}

}  // namespace

std::string to_terminal(const Report& report, const TerminalOptions& options) {
  Page page{{}, options.colour};
  head(page, report);
  const std::size_t names = std::max(widest_name(report.graph.inputs), widest_name(report.graph.outputs));
  ports(page, "input", report.graph.inputs, names);
  ports(page, "output", report.graph.outputs, names);
  symbols(page, report);
  page.line();
  parameters(page, report);
  if (report.cost.macs.unknown != "no graph") {
    costs(page, report);
    memory(page, report);
  }
  quantization(page, report);
  if (report.graph.nodes_all != 0) operators(page, report);
  coverage(page, report);
  if (report.quantization) table(page, weight_group_table(*report.quantization));
  table(page, context_table(report.memory));
  if (report.engine) engine(page, *report.engine, options.top);
  if (options.top > 0) {
    const std::string table = breakdown_text(report, options.by, options.top);
    if (!table.empty()) page.line();
    page.out += table;
  }
  for (const MessageText& note : report.notes) page.row("note", safe(note.to_string()));
  findings(page, report, options);
  return std::move(page.out);
}

}  // namespace haoline
