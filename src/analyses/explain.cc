#include "analyses/explain.h"

#include <algorithm>

#include "analyses/find_node.h"
#include "analyses/totals.h"
#include "base/sort.h"
#include "ops/op_table.h"

namespace haoline {
namespace {

constexpr std::size_t kMostListed = 20;  // tensors named one by one

// "115,605,504": groups of three in every number of a formula.
std::string grouped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto is_digit = [&](std::size_t at) {
      return at < text.size() && text[at] >= '0' && text[at] <= '9';
    };
    const auto is_letter = [&](std::size_t at) {
      return text[at] == '_' || (text[at] >= 'a' && text[at] <= 'z') || (text[at] >= 'A' && text[at] <= 'Z');
    };
    if (is_letter(i)) {  // a name keeps its digits
      while (i < text.size() && (is_letter(i) || is_digit(i))) out += text[i++];
      continue;
    }
    std::size_t end = i;
    while (is_digit(end)) ++end;
    if (end == i) {
      out += text[i++];
      continue;
    }
    for (; i < end; ++i) {
      out += text[i];
      if ((end - i) % 3 == 1 && i + 1 < end) out += ',';
    }
  }
  return out;
}

// A node with what is known of it, as its rule sees it.
class Site {
 public:
  Site(const Model& model, Inference& inference, const BoundSymbols& bound, NodePlace place)
      : model_(model),
        inference_(inference),
        bound_(bound),
        place_(place),
        graph_(model.graphs[place.graph]),
        node_(graph_.nodes[place.node]),
        tables_(inference.graphs[place.graph]),
        schema_(find_schema(node_.op, node_.version)),
        row_(find_row(node_.op)) {
    for (const TensorId input : node_.inputs) inputs_.push_back(input ? &tables_.tensors[input] : nullptr);
    for (const TensorId output : node_.outputs) {
      outputs_.push_back(output ? tables_.tensors[output] : OperandFacts{});
    }
  }

  Explanation macs();
  Explanation shape();
  Explanation bytes();
  Explanation peak();
  Explanation parameters();

 private:
  DimPool& pool() { return inference_.dims; }
  const NodeFacts& facts() const { return tables_.nodes[place_.node]; }
  std::string text(Dim dim) { return grouped(pool().to_string(dim, Spelling::people)); }
  std::string text(const OperandFacts& facts) {
    return to_string(facts.type) + " " + to_string(facts.shape, pool(), Spelling::people);
  }
  std::string operator_text() const {
    std::string out(display_operator(node_));
    out += " (" + std::string(node_.domain.empty() ? "ai.onnx" : node_.domain);
    if (node_.version > 0) out += ", opset " + std::to_string(node_.version);
    return out + ")";
  }
  std::string bytes_text(std::uint64_t bytes) { return grouped(std::to_string(bytes)) + " bytes"; }

  void line(std::string label, std::string text) {
    out_.lines.push_back({std::move(label), std::move(text)});
  }
  void set_result(Dim result, std::string_view what) {
    out_.result = result;
    out_.result_text = text(result) + "   " + std::string(what) + " of " + operator_text();
    if (result.is_unknown()) out_.result_text = "unknown   " + std::string(what) + " of " + operator_text();
  }

  // The OpCall of the node over its facts; notes of the rule go to `notes_`.
  OpCall call() {
    OpCall call(node_, schema_, inputs_, outputs_, pool());
    call.listen(notes_);
    return call;
  }

  std::string_view slot_name(std::size_t slot, bool input) const {
    if (!schema_) return {};
    const SchemaParam* param = input ? input_param(*schema_, slot) : output_param(*schema_, slot);
    return param ? param->name : std::string_view{};
  }

  // "float32 [batch, 64, 56, 56] from layer1.0/Relu (Relu)"
  std::string source_of(TensorId id) {
    const Tensor& tensor = graph_.tensors[id];
    std::string where = "an input of the graph";
    if (tensor.constant) {
      where = "a constant";
    } else if (tensor.outer) {
      where = "the enclosing graph";
    } else if (tensor.producer) {
      const Node& producer = graph_.nodes[tensor.producer];
      where = std::string(producer.name) + " (" + std::string(display_operator(producer)) + ")";
    }
    return text(tables_.tensors[id]) + "  `" + std::string(tensor.name) + "` from " + where;
  }
  void operands() {
    for (std::size_t i = 0; i < node_.inputs.size() && i < kMostListed; ++i) {
      if (!node_.inputs[i]) continue;
      const std::string_view slot = slot_name(i, true);
      line("input " + (slot.empty() ? std::to_string(i) : std::string(slot)), source_of(node_.inputs[i]));
    }
  }

  void formula();
  void rule();
  void under_bindings(Dim result);
  void work();
  std::string substituted(std::string_view formula);

  const Model& model_;
  Inference& inference_;
  const BoundSymbols& bound_;
  NodePlace place_;
  const Graph& graph_;
  const Node& node_;
  const GraphFacts& tables_;
  const Schema* schema_;
  const OpRow* row_;
  std::vector<const OperandFacts*> inputs_;
  std::vector<OperandFacts> outputs_;
  std::vector<OpCall::Note> notes_;
  Explanation out_;
};

// The formula with every quantity that the rule named replaced by its value.
std::string Site::substituted(std::string_view formula) {
  std::string out;
  for (std::size_t i = 0; i < formula.size();) {
    const auto is_word = [&](std::size_t at) {
      const char c = formula[at];
      return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (at > i && c >= '0' && c <= '9');
    };
    std::size_t end = i;
    while (end < formula.size() && is_word(end)) ++end;
    if (end == i) {
      out += formula[i++];
      continue;
    }
    const std::string_view word = formula.substr(i, end - i);
    const auto note =
        std::find_if(notes_.begin(), notes_.end(), [&](const auto& n) { return n.name == word; });
    if (note == notes_.end()) {
      out += word;
    } else {
      const std::string value = text(note->value);
      out += value.find(' ') == std::string::npos ? value : "(" + value + ")";
    }
    i = end;
  }
  return out;
}

// The formula is what stands before the first colon or semicolon of the row's text; the rest is its reason.
void Site::formula() {
  if (!row_ || row_->counts.empty() || row_->cost.kind != CostRule::Class::formula) return;
  const std::string_view formula = row_->counts.substr(0, row_->counts.find_first_of(":;"));
  line("=", std::string(formula));
  const std::string values = substituted(formula);
  if (values != formula) line("=", values);
  for (const OpCall::Note& note : notes_) line(std::string(note.name), text(note.value));
}

void Site::rule() {
  if (!row_) {
    line("rule", "none: haoline does not know this operator");
    return;
  }
  std::string said = std::string(name(row_->category)) + ": ";
  switch (row_->cost.kind) {
    case CostRule::Class::none:
      said += "no cost rule; totals leave this node out and say so";
      break;
    case CostRule::Class::free:
      said += "moves, names or selects data, no arithmetic";
      break;
    case CostRule::Class::per_output:
      said += "the same work for every element of the result";
      break;
    case CostRule::Class::per_input:
      said += "the same work for every element of the operand";
      break;
    case CostRule::Class::formula:
      break;
    case CostRule::Class::body:
      said += "what its bodies cost, times how often they run";
      break;
  }
  if (!row_->counts.empty()) {
    if (said.back() != ' ') said += "; ";
    said += row_->counts;
  }
  line("rule", said);
}

void Site::under_bindings(Dim result) {
  const std::vector<Dim> symbols = pool().symbols_in(result);
  if (symbols.empty()) return;
  std::string bindings;
  for (const Dim symbol : symbols) {
    const std::string& name = pool().symbol_of(symbol)->name;
    const auto value = bound_.values.find(name);
    if (!bindings.empty()) bindings += ", ";
    bindings += name + " = " + (value == bound_.values.end() ? "?" : std::to_string(value->second));
  }
  const auto value = pool().evaluate(result, bound_.values);
  line("with " + bindings, value ? grouped(to_decimal(*value)) : "unknown: only the data decides");
}

// Arithmetic beside the multiply-accumulates.
void Site::work() {
  for (std::size_t k = 0; k < kArithKinds; ++k) {
    const Dim count = facts().cost.operations[k];
    if (!count.is(0)) line(std::string(name(static_cast<Arith>(k))), text(count) + " operations");
  }
}

Explanation Site::macs() {
  const NodeFacts& node = facts();
  set_result(node.basis == CostBasis::known ? node.cost.macs : Dim::unknown(), "MACs");
  switch (node.basis) {
    case CostBasis::known:
      break;
    case CostBasis::unknown_operator:
      line("unknown", "the operator is not known");
      break;
    case CostBasis::no_rule:
      line("unknown", "the operator has no cost rule");
      break;
    case CostBasis::unknown_shape:
      line("unknown", "a shape that the rule needs is not known");
      break;
  }
  if (row_ && row_->cost.function) {
    const OpCall again = call();
    row_->cost.function(again);
  }
  formula();
  if (node.basis == CostBasis::known) {
    work();
    line("FLOPs", text(node.cost.flops(pool())) + ": two per MAC and one per other operation");
    if (!node.executions.is(1)) line("runs", text(node.executions) + " times per run of the model");
    under_bindings(node.cost.macs);
  }
  operands();
  for (std::size_t i = 0; i < outputs_.size() && i < kMostListed; ++i) {
    if (node_.outputs[i]) line("output " + std::string(slot_name(i, false)), text(outputs_[i]));
  }
  rule();
  return std::move(out_);
}

Explanation Site::shape() {
  out_.result_text = (outputs_.empty() ? "nothing" : text(outputs_[0])) + "   result of " + operator_text();
  for (std::size_t i = 0; i < outputs_.size() && i < kMostListed; ++i) {
    if (!node_.outputs[i]) continue;
    const Tensor& tensor = graph_.tensors[node_.outputs[i]];
    line("output " + std::string(slot_name(i, false)),
         text(outputs_[i]) + "  `" + std::string(tensor.name) + "`");
    for (const Dim dim : outputs_[i].shape) {
      if (pool().depends_on_data(dim)) line(text(dim), "only the data decides this extent");
    }
    if (tensor.shape.has_rank() || tensor.type.dtype != DType::unknown) {
      line("declared", to_string(tensor.type) + " " + to_string(tensor.shape, pool(), Spelling::people));
    }
  }
  operands();
  for (std::size_t i = 0; i < inputs_.size() && i < kMostListed; ++i) {
    if (!inputs_[i] || !inputs_[i]->value || inputs_[i]->value.size() > 16) continue;
    std::string values;
    for (const Number& number : inputs_[i]->value.elements()) {
      values += values.empty() ? "" : ", ";
      values += number.is_integer() ? text(number.integer()) : "?";
    }
    line("value of " + std::string(slot_name(i, true)), "[" + values + "]");
  }
  const std::string domain(node_.domain.empty() ? "ai.onnx" : node_.domain);
  line("rule", row_ && row_->infer ? "the shape rule of " + domain + "." + std::string(node_.op_type)
                                   : "no shape rule: what the file declares is all that is known");
  return std::move(out_);
}

Explanation Site::bytes() {
  const NodeFacts& node = facts();
  const Dim total = pool().add(node.bytes_read, node.bytes_written);
  set_result(total, "bytes moved");
  line("read", text(node.bytes_read));
  line("written", text(node.bytes_written));
  line("of it weights", text(node.weight_bytes));
  const auto list = [&](TensorId id, std::string label) {
    const OperandFacts& tensor = tables_.tensors[id];
    line(std::move(label), text(byte_size(tensor.type, tensor.shape, pool())) + "  " + source_of(id));
  };
  for (std::size_t i = 0; i < node_.inputs.size() && i < kMostListed; ++i) {
    if (node_.inputs[i]) list(node_.inputs[i], "input " + std::string(slot_name(i, true)));
  }
  for (std::size_t i = 0; i < node_.outputs.size() && i < kMostListed; ++i) {
    if (node_.outputs[i]) list(node_.outputs[i], "output " + std::string(slot_name(i, false)));
  }
  under_bindings(total);
  switch (row_ ? row_->traffic : Traffic::whole) {
    case Traffic::whole:
      line("rule", "every operand read once, every result written once");
      break;
    case Traffic::view:
      line("rule", "a view: nothing is moved");
      break;
    case Traffic::header:
      line("rule", "only the shape of the operand is read");
      break;
    case Traffic::gathered:
      line("rule", "of the first operand as much is read as the result holds");
      break;
  }
  return std::move(out_);
}

Explanation Site::peak() {
  const MemoryFacts memory = analyse_memory(model_, inference_, bound_);
  const MemoryFigures& plain = memory.plain;
  NodeId at = place_.node;  // of a body: while the node of the main graph that runs it is at work
  for (GraphId graph = place_.graph; graph != Model::kMain && model_.graphs[graph].parent;
       graph = model_.graphs[graph].parent) {
    at = model_.graphs[graph].owner;
  }
  if (!model_.main().nodes.contains(at)) return std::move(out_);  // of a graph that the main one does not run
  const Graph& main = model_.main();
  const std::uint64_t live = plain.series[at.index];
  out_.result = pool().number(live);
  out_.result_text = bytes_text(live) + "   live while " + std::string(main.nodes[at].name) + " runs";
  line("peak of the model",
       bytes_text(plain.peak_bytes) + " at " + std::string(main.nodes[plain.peak_node].name));
  std::vector<Lifetime> alive;
  for (const Lifetime& life : plain.lifetimes) {
    if (life.first <= at.index && at.index <= life.last && life.bytes > 0) alive.push_back(life);
  }
  sort_stably(alive, [](const Lifetime& a, const Lifetime& b) { return a.bytes > b.bytes; });
  for (std::size_t i = 0; i < alive.size() && i < kMostListed; ++i) {
    const std::string last(main.nodes[NodeId{alive[i].last}].name);
    line(std::string(main.tensors[alive[i].tensor].name), bytes_text(alive[i].bytes) + ", until " + last);
  }
  if (alive.size() > kMostListed)
    line("and", std::to_string(alive.size() - kMostListed) + " smaller tensors");
  if (!memory.unsized.empty()) {
    line("left out", std::to_string(memory.unsized.size()) + " tensors of unknown size");
  }
  if (memory.bounded) line("bounded", "data-dependent tensors count at their largest size");
  line("rule",
       "an activation lives from its producer to its last consumer; weights apart, no reuse, no alignment");
  return std::move(out_);
}

Explanation Site::parameters() {
  const ParameterFacts all = count_parameters(model_, inference_);
  Dim sum = 0;
  for (const Parameter& p : all.parameters) {
    const auto user = std::find_if(p.users.begin(), p.users.end(), [&](const Parameter::User& u) {
      return u.graph == place_.graph && u.node == place_.node;
    });
    if (user == p.users.end()) continue;
    std::string role = "constant, not a parameter";
    if (p.role == ParameterRole::trainable) role = "trainable";
    if (p.role == ParameterRole::buffer) role = "buffer (running statistics)";
    if (p.assumed) role += ", assumed from its use";
    if (p.role != ParameterRole::constant) sum = pool().add(sum, p.elements);
    const std::size_t others = p.users.size() - 1;
    if (others > 0) role += ", used in " + std::to_string(p.users.size()) + " places, counted once";
    line(std::string(model_.graphs[p.graph].tensors[p.tensor].name),
         text(p.elements) + " " + std::string(name(p.dtype)) + " as " +
             std::string(slot_name(user->slot, true)) + ": " + role);
  }
  set_result(sum, "parameters");
  line("rule", "elements of the weights, biases and statistics this node uses, by operator and slot");
  return std::move(out_);
}

Error no_such(std::string message) {
  Error error;
  error.kind = ErrorKind::usage;
  error.message = std::move(message);
  return error;
}

}  // namespace

Result<Explanation> explain(const Model& model, Inference& inference, const BoundSymbols& bound,
                            std::string_view node, Figure figure) {
  const Result<NodePlace> place = find_node(model, node);
  if (!place) return place.error();
  const bool inferred =
      inference.graphs.contains(place->graph) &&
      inference.graphs[place->graph].nodes.size() == model.graphs[place->graph].nodes.size();
  if (!inferred) return no_such("`" + std::string(node) + "` lies in a body that was not inferred");
  Site site(model, inference, bound, *place);
  switch (figure) {
    case Figure::macs:
      return site.macs();
    case Figure::shape:
      return site.shape();
    case Figure::bytes:
      return site.bytes();
    case Figure::peak:
      return site.peak();
    case Figure::parameters:
      return site.parameters();
  }
  return no_such("an unknown figure");
}

}  // namespace haoline
