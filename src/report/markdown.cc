#include "report/markdown.h"

#include <utility>
#include <vector>

#include "report/breakdown.h"
#include "report/format.h"
#include "report/utf8.h"
#include "report/weights_text.h"

namespace haoline {
namespace {

constexpr std::size_t kMostPorts = 50;
constexpr std::size_t kMostRows = 20;  // of the heaviest nodes, spikes, live tensors
constexpr std::size_t kMostFindings = 200;

struct Card {
  std::string out;

  void line(std::string_view text = {}) {
    out += text;
    out += '\n';
  }
  void title(std::string_view text) {
    line();
    line("## " + std::string(text));
    line();
  }
  void columns(std::initializer_list<std::string_view> names) {
    std::string head = "|", rule = "|";
    for (const std::string_view name : names) {
      head += " " + std::string(name) + " |";
      rule += "---|";
    }
    line(head);
    line(rule);
  }
  void row(std::initializer_list<std::string> cells) {
    out += '|';
    for (const std::string& cell : cells) out += " " + cell + " |";
    out += '\n';
  }
  void more(std::size_t all, std::size_t shown, std::string_view what) {
    if (all > shown) {
      line();
      line("and " + grouped(static_cast<Int128>(all - shown)) + " more " + std::string(what) +
           " (in the JSON report).");
    }
  }
};

std::string count_text(const std::optional<Int128>& value) {
  return value ? grouped(*value) : "unknown";
}

// "4.089 G (4,089,184,256·batch)"
std::string figure_text(const Quantity& quantity, std::string (*unit)(Int128) = scaled) {
  std::string text = quantity_text(quantity, unit);
  std::string detail;
  if (!quantity.formula.text.empty()) {
    detail = people_formula(quantity.formula.text);
    if (detail.size() > 400) detail = "formula in the JSON report";
  } else if (quantity.value && unit(*quantity.value) != grouped(*quantity.value)) {
    detail = grouped(*quantity.value);
  }
  if (!quantity.value && !quantity.unknown.empty()) detail = std::string(quantity.unknown);
  return detail.empty() ? text : text + " (" + markdown_text(detail) + ")";
}

void identity(Card& card, const Report& report) {
  const ModelInfo& model = report.model;
  card.title("Model");
  card.columns({"", ""});
  card.row({"File", markdown_code(model.path.text)});
  if (!model.name.text.empty()) card.row({"Name", markdown_code(model.name.text)});
  card.row(
      {"Format", markdown_text(model.format_title.text) + " " + markdown_text(model.format_version.text)});
  std::string opsets;
  for (const auto& [domain, version] : model.opsets.entries) {
    opsets += (opsets.empty() ? "" : ", ") + markdown_code(domain.text) + " " + std::to_string(version);
  }
  if (!opsets.empty()) card.row({"Operator sets", opsets});
  if (!model.producer.text.empty()) {
    card.row(
        {"Producer", markdown_text(model.producer.text) + " " + markdown_text(model.producer_version.text)});
  }
  card.row({"Size", bytes_text(static_cast<Int128>(model.bytes)) +
                        (model.files.size() > 1 ? " in " + plural(model.files.size(), "file") : "")});
  card.row({"Nodes", grouped(report.graph.nodes_all)});
  if (!model.documentation.text.empty())
    card.row({"Documentation", markdown_text(model.documentation.text.substr(0, 1000))});
  for (const auto& [key, value] : model.metadata.entries) {
    card.row({markdown_code(key.text),
              markdown_text(value.text.substr(0, 200)) + (value.text.size() > 200 ? " …" : "")});
  }
}

void ports(Card& card, std::string_view title, const std::vector<PortInfo>& list) {
  if (list.empty()) return;
  card.title(title);
  card.columns({"name", "type", "shape", "under the bindings"});
  for (std::size_t i = 0; i < list.size() && i < kMostPorts; ++i) {
    card.row({markdown_code(list[i].name.text),
              markdown_text(list[i].dtype.text) + (list[i].optional ? ", optional" : ""),
              markdown_text(shape_text(list[i].shape)), shape_text(list[i].value_shape)});
  }
  card.more(list.size(), kMostPorts, "of them");
}

void bindings(Card& card, const Report& report) {
  if (report.bindings.empty()) return;
  card.title("Symbols");
  card.line("Figures below are for these numbers.");
  card.line();
  card.columns({"symbol", "number", "source", "at most"});
  for (const auto& [name, binding] : report.bindings.entries) {
    std::string most;
    if (binding.max)
      most = binding.max->number ? grouped(*binding.max->number) : people_formula(binding.max->formula.text);
    card.row({markdown_code(name.text), binding.value ? grouped(*binding.value) : "decided by data",
              std::string(binding.source.text), markdown_text(most)});
  }
}

void complexity(Card& card, const Report& report) {
  const ParameterInfo& parameters = report.parameters;
  const CostInfo& cost = report.cost;
  card.title("Complexity");
  card.columns({"", ""});
  card.row({"Parameters", count_text(parameters.total) +
                              (parameters.complete && !*parameters.complete ? " at least" : "")});
  card.row({"of them trainable", count_text(parameters.trainable)});
  card.row({"of them running statistics", count_text(parameters.buffers)});
  card.row({"Other constants", count_text(parameters.constants)});
  card.row({"Stored parameters", bytes_text(static_cast<Int128>(parameters.stored_bytes))});
  card.row({"MACs", figure_text(cost.macs)});
  card.row(
      {"FLOPs", figure_text(cost.flops) + ", " + markdown_text(people_formula(cost.flops_definition.text))});
  card.row({"Bytes read", figure_text(cost.bytes_read, bytes_text)});
  card.row({"Bytes written", figure_text(cost.bytes_written, bytes_text)});
  card.row({"Nodes whose cost is known",
            grouped(cost.coverage.nodes_known) + " of " + grouped(cost.coverage.nodes)});
  for (const UncoveredNode& node : cost.coverage.unknown) {
    if (&node - cost.coverage.unknown.data() >= static_cast<std::ptrdiff_t>(kMostRows)) break;
    card.row({"not counted", markdown_code(node.node.text) + " " + markdown_text(node.op.text) + ": " +
                                 std::string(node.why.text)});
  }
}

void table(Card& card, const TextTable& table) {
  if (table.rows.empty()) return;
  card.line();
  card.out += '|';
  for (const std::string& column : table.columns) card.out += " " + column + " |";
  card.out += "\n|";
  for (std::size_t i = 0; i < table.columns.size(); ++i) card.out += "---|";
  card.out += '\n';
  for (const std::vector<std::string>& row : table.rows) {
    card.out += '|';
    for (const std::string& cell : row) card.out += " " + cell + " |";
    card.out += '\n';
  }
  if (table.remark.empty()) return;
  card.line();
  card.line(table.remark);
}

void memory(Card& card, const Report& report) {
  const MemoryInfo& memory = report.memory;
  card.title("Memory");
  card.columns({"", ""});
  card.row({"Weights", figure_text(memory.weights_bytes, bytes_text)});
  card.row({"Peak of activations", figure_text(memory.activation_peak_bytes, bytes_text)});
  card.row({"Arena", figure_text(memory.arena_bytes, bytes_text)});
  for (const MemoryVariant& variant : memory.variants) {
    card.row({std::string(variant.options.reuse ? "In place" : "Not in place") + ", aligned to " +
                  std::to_string(variant.options.alignment),
              "peak " + bytes_text(static_cast<Int128>(variant.peak_bytes)) + ", arena " +
                  bytes_text(static_cast<Int128>(variant.arena_bytes))});
  }
  if (memory.kv_cache_bytes_per_token) {
    card.row({"KV cache per token", figure_text(*memory.kv_cache_bytes_per_token, bytes_text)});
  }
  table(card, context_table(memory));
  if (memory.peak && !memory.peak->node.text.empty()) {
    card.line();
    card.line("At the peak (" + markdown_code(memory.peak->node.text) + ") these are live:");
    card.line();
    card.columns({"tensor", "size"});
    for (std::size_t i = 0; i < memory.peak->tensors.size() && i < kMostRows; ++i) {
      card.row({markdown_code(memory.peak->tensors[i].name.text),
                bytes_text(static_cast<Int128>(memory.peak->tensors[i].bytes))});
    }
    card.more(memory.peak->tensors.size(), kMostRows, "tensors");
  }
  if (!memory.spikes.empty()) {
    card.line();
    card.columns({"spike at", "live", "born there"});
    for (const SpikeInfo& spike : memory.spikes) {
      card.row({markdown_code(spike.node.text), bytes_text(static_cast<Int128>(spike.bytes)),
                markdown_code(spike.cause.text)});
    }
  }
}

void operators(Card& card, const Report& report) {
  if (report.cost.by_operator.empty()) return;
  card.title("Operators");
  card.columns({"operator", "nodes", "MACs", "FLOPs", "parameters"});
  for (const auto& [name, cost] : report.cost.by_operator.entries) {
    const auto* parameters = report.parameters.by_operator.find(name.text);
    card.row({markdown_text(name.text), grouped(cost.nodes), quantity_text(cost.macs),
              quantity_text(cost.flops), parameters ? count_text(*parameters) : ""});
  }
}

void heaviest(Card& card, const Report& report) {
  const BreakdownTable table = breakdown(report, Breakdown::by_node, kMostRows);
  if (table.rows.empty()) return;
  card.title("Heaviest nodes");
  card.columns({"node", "operator", "output", table.title, "share"});
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const BreakdownRow& row = table.rows[i];
    card.row({markdown_code(report.cost.heaviest[i].node.text), markdown_text(row.what), row.detail,
              row.figure, row.share});
  }
}

void weights(Card& card, const Report& report) {
  const ParameterInfo& parameters = report.parameters;
  if (parameters.by_dtype.empty() && parameters.shared.empty()) return;
  card.title("Parameters");
  card.columns({"element type", "parameters"});
  for (const auto& [dtype, count] : parameters.by_dtype.entries)
    card.row({std::string(dtype.text), count_text(count)});
  if (report.quantization) {
    std::string schemes;
    for (const Word scheme : report.quantization->scheme)
      schemes += (schemes.empty() ? "" : ", ") + std::string(scheme.text);
    card.line();
    const QuantizationInfo& quantization = *report.quantization;
    const std::string density = bits_per_weight_text(quantization.bits_per_weight);
    const std::string mix =
        quantization.file_type.text.empty() ? "" : " (" + std::string(quantization.file_type.text) + ")";
    card.line("Quantized: " + schemes + mix + (density.empty() ? "" : ", " + density) + ".");
    table(card, weight_group_table(quantization));
  }
  if (!parameters.shared.empty()) {
    card.line();
    card.columns({"shared weight", "users"});
    for (std::size_t i = 0; i < parameters.shared.size() && i < kMostRows; ++i) {
      std::string users;
      for (const NodeName user : parameters.shared[i].users)
        users += (users.empty() ? "" : ", ") + markdown_code(user.text);
      card.row({markdown_code(parameters.shared[i].tensor.text), users});
    }
    card.more(parameters.shared.size(), kMostRows, "shared weights");
  }
  if (!parameters.assumed.empty()) {
    card.line();
    card.line("The role of " + plural(parameters.assumed.size(), "tensor") +
              " was a judgement (listed in the JSON report).");
  }
}

void bytes(Card& card, const Report& report) {
  const AccountingInfo& accounting = report.model.accounting;
  card.title("Bytes of the files");
  card.columns({"what for", "bytes"});
  for (const auto& [dtype, count] : accounting.weights.entries) {
    card.row({"weights, " + std::string(dtype.text), grouped(static_cast<Int128>(count))});
  }
  const std::pair<std::string_view, std::uint64_t> rows[] = {{"structure", accounting.structure},
                                                             {"metadata", accounting.metadata},
                                                             {"padding", accounting.padding},
                                                             {"duplicates", accounting.duplicate},
                                                             {"unreachable", accounting.unreachable}};
  for (const auto& [what, count] : rows) {
    if (count != 0) card.row({std::string(what), grouped(static_cast<Int128>(count))});
  }
}

void findings(Card& card, const Report& report) {
  card.title("Findings");
  if (report.findings.empty()) return card.line("None.");
  for (std::size_t i = 0; i < report.findings.size() && i < kMostFindings; ++i) {
    const FindingInfoText& finding = report.findings[i];
    std::string text =
        "- **" + std::string(finding.severity.text) + "** " + std::string(finding.id.text) + ": ";
    for (const MessageText::Part& part : finding.message.parts) {
      text += part.is_name ? markdown_code(part.text) : markdown_text(part.text);
    }
    if (finding.count > 1) text += " (" + grouped(finding.count) + " times)";
    if (!finding.advice.text.empty()) text += ". " + markdown_text(finding.advice.text);
    card.line(text);
  }
  card.more(report.findings.size(), kMostFindings, "findings");
}

void nodes(Card& card, const Report& report) {
  if (!report.nodes) return;
  card.title("Nodes");
  card.columns({"node", "operator", "graph", "MACs", "FLOPs", "parameters"});
  for (const NodeRow& node : *report.nodes) {
    card.row({markdown_code(node.name.text), markdown_text(node.op.text),
              node.graph.text.empty() ? "" : markdown_code(node.graph.text), quantity_text(*node.macs),
              quantity_text(*node.flops), count_text(node.parameters)});
  }
}

void tensors(Card& card, const Report& report) {
  if (!report.tensors) return;
  card.title("Tensors");
  card.columns({"tensor", "role", "type", "shape", "size"});
  for (const TensorRow& tensor : *report.tensors) {
    card.row({markdown_code(tensor.name.text), std::string(tensor.role.text),
              markdown_text(tensor.dtype.text), markdown_text(shape_text(tensor.shape)),
              quantity_text(*tensor.bytes, bytes_text)});
  }
}

}  // namespace

std::string markdown_code(std::string_view name) {
  std::string text = safe(name);
  const bool has_tick = text.find('`') != std::string::npos;
  std::string out = has_tick ? "`` " : "`";
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return text.empty() ? "" : out + (has_tick ? " ``" : "`");
}

std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : safe(text)) {
    if (std::string_view("\\`*_{}[]<>#|~&!$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string to_markdown(const Report& report) {
  Card card;
  const std::string_view name =
      report.model.name.text.empty() ? report.model.path.text : report.model.name.text;
  card.line("# Model card: " + markdown_text(name));
  card.line();
  card.line("Made by haoline " + std::string(report.tool.version.text) + ".");
  if (!report.graph.summary.empty()) {
    card.line();
    card.line(markdown_text(report.graph.summary.to_string()) + ".");
  }
  identity(card, report);
  ports(card, "Inputs", report.graph.inputs);
  ports(card, "Outputs", report.graph.outputs);
  bindings(card, report);
  complexity(card, report);
  operators(card, report);
  heaviest(card, report);
  memory(card, report);
  weights(card, report);
  bytes(card, report);
  findings(card, report);
  for (const MessageText& note : report.notes) card.line("- note: " + markdown_text(note.to_string()));
  nodes(card, report);
  tensors(card, report);
  return std::move(card.out);
}

}  // namespace haoline
