// The outermost record, and what is said about the model as a whole.
#include <algorithm>

#include "base/text.h"
#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

constexpr std::string_view kNotAModel = "This is no ONNX model, or it is damaged.";
constexpr std::size_t kMaxUnknownFields = 1024;
constexpr std::size_t kMaxFindings = 4096;

void read_opset(Reading& r, Bytes bytes, const Place& place, OperatorSets& sets,
                std::vector<OperatorSet>* list) {
  Fields message(bytes, place, wire::opset::kFields, r.context);
  std::string_view domain;
  std::int64_t version = 0;
  while (message.next()) {
    switch (message.number()) {
      case wire::opset::domain:
        domain = message.text();
        break;
      case wire::opset::version:
        version = message.integer();
        break;
      default:
        r.unknown(message);
    }
  }
  if (domain == "ai.onnx") domain = {};
  sets.add(domain, version);
  if (list != nullptr) list->push_back({domain, version});
}

void read_function_opsets(Reading& r, FunctionRecord& function, std::span<const Record> records,
                          const Place& place) {
  function.opsets = std::make_shared<OperatorSets>();
  std::uint32_t index = 0;
  for (const Record& record : records) {
    read_opset(r, record.bytes, {&place, "opset_import", index++}, *function.opsets, nullptr);
  }
}

void index_function(Reading& r, FunctionRecord function, std::size_t nodes, const Place& place,
                    const std::byte* at) {
  function.index = static_cast<std::uint32_t>(r.functions.size());
  r.key.assign(function.domain)
      .append(1, '\0')
      .append(function.name)
      .append(1, '\0')
      .append(function.overload);
  if (!r.function_index.insert(r.model.arena.text(r.key), function.index).is_new) {
    r.fail(ErrorKind::malformed, place, at, "defines a function that is already defined");
    return;
  }
  r.model.functions.push_back({function.domain, function.name, function.overload, nodes, 0});
  r.functions.push_back(std::move(function));
}

struct Parts {
  Record graph;
  std::vector<Record> functions;
  std::int64_t ir_version = 0;
  std::size_t training = 0;
};

void read_field(Reading& r, Fields& message, Parts& parts, const Place& root) {
  Model& model = r.model;
  switch (message.number()) {
    case wire::model::ir_version:
      parts.ir_version = message.integer();
      break;
    case wire::model::producer_name:
      model.producer = message.text();
      break;
    case wire::model::producer_version:
      model.producer_version = message.text();
      break;
    case wire::model::domain:
      model.domain = message.text();
      break;
    case wire::model::model_version:
      model.model_version = message.integer();
      break;
    case wire::model::doc_string:
      model.documentation = message.text();
      break;
    case wire::model::graph:
      if (parts.graph.tag != nullptr) message.fail(ErrorKind::malformed, "is there a second time");
      parts.graph = {message.tag(), message.bytes()};
      return;
    case wire::model::opset_import:
      read_opset(r, message.bytes(), {&root, "opset_import", static_cast<std::uint32_t>(model.opsets.size())},
                 *r.opsets, &model.opsets);
      return;
    case wire::model::metadata_props:
      model.metadata.push_back(read_entry(
          r, message.bytes(), {&root, "metadata_props", static_cast<std::uint32_t>(model.metadata.size())}));
      break;
    case wire::model::training_info:
      ++parts.training;
      r.unknown(message);
      return;
    case wire::model::functions:
      parts.functions.push_back({message.tag(), message.bytes()});
      return;
    case wire::model::configuration:
    default:
      r.unknown(message);
      return;
  }
  if (message.type() == protobuf::WireType::length) r.label(message.field(), ByteLabel::metadata);
}

}  // namespace

std::int32_t OperatorSets::find(std::string_view domain) {
  if (last_version != 0 && domain == last_domain) return last_version;
  const std::uint32_t* version = versions.find(domain);
  if (version == nullptr) return 0;
  last_domain = domain;
  return last_version = static_cast<std::int32_t>(*version);
}

void OperatorSets::add(std::string_view domain, std::int64_t version) {
  const std::int64_t clamped = std::clamp<std::int64_t>(version, 0, std::numeric_limits<std::int32_t>::max());
  std::uint32_t& stored = *versions.insert(domain, static_cast<std::uint32_t>(clamped)).value;
  stored = std::max(stored, static_cast<std::uint32_t>(clamped));  // a domain that is imported twice
  last_version = 0;
}

void Reading::label(Bytes bytes, ByteLabel label, DType dtype) {
  if (!bytes.empty()) model.spans.push_back({FileId{0}, label, dtype, offset_of(bytes.data()), bytes.size()});
}

void Reading::remark(Finding finding) {
  if (model.findings.size() < kMaxFindings) model.findings.push_back(std::move(finding));
  if (model.findings.size() != kMaxFindings) return;
  model.findings.push_back({FindingKind::unread_content, "there is more to remark; the rest is left out"});
}

void Reading::unknown(const Fields& message) {
  if (!context.ok() || model.unknown_fields.size() > kMaxUnknownFields) return;
  if (model.unknown_fields.size() == kMaxUnknownFields) {
    Finding finding{FindingKind::unread_content, "more fields that this reader does not know"};
    finding.byte = offset_of(message.tag());
    finding.has_byte = true;
    finding.file = FileId{0};
    remark(std::move(finding));
    model.unknown_fields.push_back({"", 0, {}});
    return;
  }
  model.unknown_fields.push_back({to_string(message.place()), message.number(), message.field()});
}

MetadataEntry read_entry(Reading& r, Bytes bytes, const Place& place) {
  Fields message(bytes, place, wire::entry::kFields, r.context);
  MetadataEntry entry;
  while (message.next()) {
    switch (message.number()) {
      case wire::entry::key:
        entry.key = message.text();
        break;
      case wire::entry::value:
        entry.value = message.text();
        break;
      default:
        r.unknown(message);
    }
  }
  return entry;
}

void read_function(Reading& r, Bytes bytes, const Place& place) {
  Fields message(bytes, place, wire::function::kFields, r.context);
  FunctionRecord function;
  std::vector<Record> opsets;
  while (message.next()) {
    const Record record{message.tag(), message.payload()};
    switch (message.number()) {
      case wire::function::name:
        function.name = message.text();
        break;
      case wire::function::domain:
        function.domain = message.text();
        break;
      case wire::function::overload:
        function.overload = message.text();
        break;
      case wire::function::input:
        function.inputs.push_back(message.text());
        break;
      case wire::function::output:
        function.outputs.push_back(message.text());
        break;
      case wire::function::node:
        message.bytes();
        function.nodes.push_back(record);
        break;
      case wire::function::attribute_proto:
        message.bytes();
        function.defaults.push_back(record);
        break;
      case wire::function::opset_import:
        message.bytes();
        opsets.push_back(record);
        break;
      case wire::function::doc_string:
      case wire::function::metadata_props:
        r.label(message.field(), ByteLabel::metadata);
        break;
      case wire::function::attribute:   // names only: the node that refers to one says so itself
      case wire::function::value_info:  // declared for every call at once: inference knows more
        break;
      default:
        r.unknown(message);
    }
  }
  if (function.domain == "ai.onnx") function.domain = {};
  read_function_opsets(r, function, opsets, place);
  const std::size_t nodes = function.nodes.size();
  if (r.ok()) index_function(r, std::move(function), nodes, place, bytes.data());
}

void read_model_record(Reading& r) {
  const Place root{};
  Fields message(r.file, root, wire::model::kFields, r.context);
  Parts parts;
  while (message.next()) read_field(r, message, parts, root);
  if (!r.ok()) return;
  if (parts.graph.tag == nullptr) {
    r.fail(ErrorKind::malformed, root, nullptr, "has no graph", std::string(kNotAModel));
    return;
  }
  r.model.format_version = "IR " + std::to_string(parts.ir_version);
  if (parts.training != 0) {
    r.remark({FindingKind::unread_content, "training information, which is not part of the report"});
  }
  std::uint32_t index = 0;
  for (const Record& function : parts.functions) {
    read_function(r, function.bytes, {&root, "functions", index++});
  }
  if (!r.ok()) return;
  r.model.graphs.add({});
  r.notes.add({});
  auto scope = std::make_shared<Scope>();
  scope->graph = Model::kMain;
  read_graph(r, scope, parts.graph.bytes, {&root, "graph"});
}

}  // namespace haoline::onnx
