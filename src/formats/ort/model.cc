// The outermost records: the session, and the model inside.
#include <algorithm>
#include <limits>

#include "base/text.h"
#include "formats/ort/reading.h"

namespace haoline::ort {
namespace {

namespace wm = wire::model;
constexpr std::size_t kMaxFindings = 4096;

void read_opsets(Reading& r, const Table& model) {
  const Tables sets = model.tables(wm::opset_import);
  for (std::size_t i = 0; i < sets.size() && r.ok(); ++i) {
    const Table set = sets[i];
    std::string_view domain = set.text(wire::opset::domain);
    if (domain == "ai.onnx") domain = {};
    const auto version = set.number<std::int64_t>(wire::opset::version);
    const auto clamped = std::clamp<std::int64_t>(version, 0, std::numeric_limits<std::int32_t>::max());
    r.opsets.insert(domain, static_cast<std::uint32_t>(clamped));
    r.model.opsets.push_back({domain, version});
  }
}

std::string_view labelled(Reading& r, std::string_view text) {
  r.label(as_bytes(text), ByteLabel::metadata);
  return text;
}

void read_properties(Reading& r, const Table& model) {
  r.model.producer = model.text(wm::producer_name);
  r.model.producer_version = model.text(wm::producer_version);
  r.model.domain = model.text(wm::domain);
  r.model.model_version = model.number<std::int64_t>(wm::model_version);
  r.model.documentation = labelled(r, model.text(wm::doc_string));
  labelled(r, model.text(wm::graph_doc_string));
  const Tables entries = model.tables(wm::metadata_props);
  for (std::size_t i = 0; i < entries.size() && r.ok(); ++i) {
    const Table entry = entries[i];
    r.model.metadata.push_back(
        {labelled(r, entry.text(wire::entry::key)), labelled(r, entry.text(wire::entry::value))});
  }
}

void note_kernels(Reading& r, const Table& session) {
  const Table resolver = session.table(wire::session::kernel_type_str_resolver);
  const std::size_t operators = resolver.tables(wire::resolver::op_kernel_type_str_args).size();
  if (operators == 0) return;
  r.model.metadata.push_back({"kernel type constraints", r.model.arena.text(counted(operators, "operator"))});
}

// Paths name nodes of graphs further out, so they come last.
void set_paths(Reading& r) {
  for (const GraphId id : r.model.graphs.ids()) {
    Graph& graph = r.model.graphs[id];
    if (!graph.parent) continue;
    const Graph& parent = r.model.graphs[graph.parent];
    r.key.assign(parent.path);
    if (!r.key.empty()) r.key.append(1, '/');
    r.key.append(parent.nodes[graph.owner].name).append(1, '/').append(graph.name);
    if (!r.may_copy(r.key)) r.key.assign("#").append(std::to_string(id.index));
    graph.path = r.model.arena.text(r.key);
    graph.name = {};
  }
}

// The same bytes may be labelled twice where records are shared.
void settle_spans(Reading& r) {
  auto& spans = r.model.spans;
  std::sort(spans.begin(), spans.end(), [](const ByteSpan& a, const ByteSpan& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.size > b.size;
  });
  std::vector<ByteSpan> settled;
  std::uint64_t end = 0;
  for (ByteSpan span : spans) {
    const std::uint64_t span_end = span.offset + span.size;
    if (span_end <= end) continue;
    if (span.offset < end) {
      span.size = span_end - end;
      span.offset = end;
    }
    end = span_end;
    settled.push_back(span);
  }
  spans = std::move(settled);
}

}  // namespace

void Reading::label(Bytes bytes, ByteLabel label, DType dtype) {
  if (bytes.empty()) return;
  model.spans.push_back({FileId{0}, label, dtype, context.offset_of(bytes.data()), bytes.size()});
}

void Reading::remark(Finding finding) {
  if (model.findings.size() < kMaxFindings) model.findings.push_back(std::move(finding));
  if (model.findings.size() != kMaxFindings) return;
  model.findings.push_back({FindingKind::unread_content, "there is more to remark; the rest is left out"});
}

void read_session(Reading& r) {
  const Table session = Table::root(r.context);
  if (!r.ok()) return;
  r.model.format_version = std::string(session.text(wire::session::ort_version));
  const Table model = session.table(wire::session::model);
  const Table graph = model.table(wm::graph);
  if (r.ok() && !graph) {
    session.fail(wire::session::model, ErrorKind::malformed, "has no graph",
                 "The file is damaged; make it again.");
  }
  read_opsets(r, model);
  read_properties(r, model);
  if (!r.ok()) return;
  Scope scope;
  scope.graph = r.model.graphs.add({});
  read_graph(r, scope, graph);
  note_kernels(r, session);
  if (!r.ok()) return;
  set_paths(r);
  settle_spans(r);
}

}  // namespace haoline::ort
