// AttributeProto to Attribute, with the references of function bodies resolved.
#include "formats/onnx/reading.h"

#include "base/text.h"

namespace haoline::onnx {
namespace {

struct AttributeRecord {
  std::string_view name, reference;
  std::uint64_t kind = wire::attribute::kind_undefined;
  std::int64_t i = 0;
  double f = 0;
  std::string_view s;
  Record t, g, tp, sparse;
  SmallVector<Bytes, 8> floats, ints;  // runs of packed elements
  std::vector<Record> texts, tensors, graphs, sparse_tensors;
  bool has_types = false;
};

void read_field(Reading& r, Fields& message, AttributeRecord& a) {
  namespace wa = wire::attribute;
  const auto record = [&] { return Record{message.tag(), message.bytes()}; };
  switch (message.number()) {
    case wa::name:
      a.name = message.text();
      return;
    case wa::ref_attr_name:
      a.reference = message.text();
      return;
    case wa::type:
      a.kind = message.number64();
      return;
    case wa::i:
      a.i = message.integer();
      return;
    case wa::f:
      a.f = static_cast<double>(message.real());
      return;
    case wa::s:
      a.s = message.text();
      return;
    case wa::t:
      a.t = record();
      return;
    case wa::g:
      a.g = record();
      return;
    case wa::tp:
      a.tp = record();
      return;
    case wa::sparse_tensor:
      a.sparse = record();
      return;
    case wa::strings:
      a.texts.push_back(record());
      return;
    case wa::tensors:
      a.tensors.push_back(record());
      return;
    case wa::graphs:
      a.graphs.push_back(record());
      return;
    case wa::sparse_tensors:
      a.sparse_tensors.push_back(record());
      return;
    case wa::type_protos:
      a.has_types = true;
      return;
    case wa::doc_string:
      return;
    case wa::floats:
      if (message.type() == protobuf::WireType::fixed32) return a.floats.push_back(message.payload());
      return a.floats.push_back(message.bytes());
    case wa::ints:
      if (message.type() == protobuf::WireType::varint) return a.ints.push_back(message.payload());
      return a.ints.push_back(message.bytes());
    default:
      r.unknown(message);
  }
}

// Before IR 2 the kind was not written; then the field that is there says it.
std::uint64_t kind_of(const AttributeRecord& a, bool has_i, bool has_f) {
  namespace wa = wire::attribute;
  if (a.kind != wa::kind_undefined) return a.kind;
  if (has_i) return wa::kind_int;
  if (has_f) return wa::kind_float;
  if (a.t.tag) return wa::kind_tensor;
  if (a.g.tag) return wa::kind_graph;
  if (!a.floats.empty()) return wa::kind_floats;
  if (!a.ints.empty()) return wa::kind_ints;
  if (!a.texts.empty()) return wa::kind_strings;
  if (!a.tensors.empty()) return wa::kind_tensors;
  if (!a.graphs.empty()) return wa::kind_graphs;
  return a.s.data() != nullptr ? wa::kind_string : wa::kind_undefined;
}

std::span<const std::int64_t> integers(Reading& r, const AttributeRecord& a, const Place& place) {
  std::size_t count = 0;
  for (const Bytes run : a.ints) {
    for (const std::byte b : run) count += std::to_integer<unsigned>(b) < 0x80 ? 1 : 0;
  }
  const std::span<std::int64_t> room = r.model.arena.allocate<std::int64_t>(count);
  std::size_t at = 0;
  for (const Bytes run : a.ints) {
    const std::byte* next = run.data();
    const std::byte* const end = next + run.size();
    while (next != end) {
      std::uint64_t value = 0;
      const std::byte* const after = protobuf::read_varint(next, end, value);
      if (after == nullptr) {
        r.fail(ErrorKind::malformed, {&place, "ints"}, next, "holds a number that does not end");
        return {};
      }
      room[at++] = static_cast<std::int64_t>(value);
      next = after;
    }
  }
  return room;
}

std::span<const float> reals(Reading& r, const AttributeRecord& a, const Place& place) {
  std::size_t size = 0;
  for (const Bytes run : a.floats) {
    if (run.size() % sizeof(float) != 0) {
      r.fail(ErrorKind::malformed, {&place, "floats"}, run.data(), "holds a piece of a number");
      return {};
    }
    size += run.size();
  }
  const std::span<float> room = r.model.arena.allocate<float>(size / sizeof(float));
  auto* to = reinterpret_cast<std::byte*>(room.data());
  for (const Bytes run : a.floats) to = std::copy(run.begin(), run.end(), to);
  return room;
}

const TensorData* keep(Reading& r, const TensorData& data) {
  return r.model.arena.create(data);
}

std::span<const TensorData* const> tensors(Reading& r, std::span<const Record> records, const Place& place,
                                           bool is_sparse) {
  const std::span<const TensorData*> room = r.model.arena.allocate<const TensorData*>(records.size());
  std::uint32_t index = 0;
  for (const Record& record : records) {
    const Place here{&place, is_sparse ? "sparse_tensors" : "tensors", index};
    room[index++] = keep(r, is_sparse ? read_sparse_tensor(r, record.bytes, here).data
                                      : read_tensor(r, record.bytes, here).data);
  }
  return room;
}

// Where attributes are read: whose node they belong to, and whose names their bodies see.
struct Site {
  const std::shared_ptr<Scope>& scope;  // of the node that the attribute ends up on
  std::shared_ptr<Scope> names;         // of the place where it is written
  NodeId owner;
  bool may_refer = true;  // a function's default is no reference to itself
};

BodyPlace body_place(const Place& place) {
  const Place& attribute = *place.parent;
  const Place& node = *attribute.parent;
  BodyPlace body;
  if (node.parent->name == "functions") body.function = node.parent->index;
  body.node = node.index;
  body.attribute = attribute.index;
  body.index = place.index;
  return body;
}

GraphId add_body(Reading& r, const Site& site, const Record& record, const Place& place,
                 std::string_view label) {
  const std::size_t depth = r.notes[site.scope->graph].depth + 1;
  if (depth > kMaxDepth) {
    r.fail(ErrorKind::unsupported, place, record.tag, "nests more than 64 graphs");
    return {};
  }
  if (site.scope->frame != nullptr && !charge(r, 32 + record.bytes.size() / 8, place, record.tag)) return {};
  Graph graph;
  graph.parent = site.scope->graph;
  graph.owner = site.owner;
  const GraphId id = r.model.graphs.add(std::move(graph));
  GraphNotes& notes = r.notes[r.notes.add({})];
  notes.label = label;
  notes.depth = depth;
  notes.place = body_place(place);
  r.bodies.push_back({record.bytes, id, site.names});
  return id;
}

std::span<const GraphId> bodies(Reading& r, const Site& site, const AttributeRecord& a, const Place& place) {
  const std::span<GraphId> room = r.model.arena.allocate<GraphId>(a.graphs.size());
  std::uint32_t index = 0;
  for (const Record& record : a.graphs) {
    r.key.assign(a.name).append("[" + std::to_string(index) + "]");
    const std::string_view label = r.model.arena.text(r.key);
    room[index] = add_body(r, site, record, {&place, "graphs", index}, label);
    ++index;
    if (!r.ok()) return {};
  }
  return room;
}

Attribute::Payload type_payload(Reading& r, const AttributeRecord& a, const Place& place) {
  Shape shape;
  Type type;
  read_type(r, a.tp.bytes, {&place, "tp"}, {}, type, shape);
  r.model.types.push_back(std::move(type));
  return &r.model.types.back();
}

Attribute::Payload payload(Reading& r, const Site& site, const AttributeRecord& a, std::uint64_t kind,
                           const Place& place) {
  namespace wa = wire::attribute;
  switch (kind) {
    case wa::kind_int:
      return a.i;
    case wa::kind_float:
      return a.f;
    case wa::kind_string:
      return a.s;
    case wa::kind_ints:
      return integers(r, a, place);
    case wa::kind_floats:
      return reals(r, a, place);
    case wa::kind_strings: {
      const std::span<std::string_view> room = r.model.arena.allocate<std::string_view>(a.texts.size());
      for (std::size_t i = 0; i < room.size(); ++i) room[i] = as_text(a.texts[i].bytes);
      return std::span<const std::string_view>(room);
    }
    case wa::kind_tensor:
      return keep(r, read_tensor(r, a.t.bytes, {&place, "t"}).data);
    case wa::kind_sparse_tensor:
      return keep(r, read_sparse_tensor(r, a.sparse.bytes, {&place, "sparse_tensor"}).data);
    case wa::kind_tensors:
      return tensors(r, a.tensors, place, false);
    case wa::kind_sparse_tensors:
      return tensors(r, a.sparse_tensors, place, true);
    case wa::kind_graph:
      return add_body(r, site, a.g, {&place, "g"}, a.name);
    case wa::kind_graphs:
      return bodies(r, site, a, place);
    case wa::kind_type:
      return type_payload(r, a, place);
    default:
      return std::monostate{};
  }
}

bool is_graph(const Attribute& attribute) {
  return std::holds_alternative<GraphId>(attribute.value) ||
         std::holds_alternative<std::span<const GraphId>>(attribute.value);
}

std::string_view name_of_record(Reading& r, const Record& record, const Place& place) {
  Fields message(record.bytes, place, wire::attribute::kFields, r.context);
  while (message.next()) {
    if (message.number() == wire::attribute::name) return message.text();
  }
  return {};
}

bool read_attribute(Reading& r, const Site& site, const Record& record, const Place& place,
                    Attribute& attribute);

// The caller's attribute of that name, else the function's default. Absent where neither is there: then the
// operator's own default holds.
bool read_referenced(Reading& r, const Site& site, std::string_view wanted, const Place& place,
                     Attribute& attribute) {
  const std::shared_ptr<Frame> frame = site.names->frame;
  if (frame == nullptr || !site.may_refer) return false;
  const std::size_t looked_at = frame->arguments.size() + frame->function->defaults.size();
  if (!charge(r, looked_at, place, nullptr)) return false;
  for (const Record& record : frame->arguments) {
    if (name_of_record(r, record, place) == wanted) {
      return read_attribute(r, {site.scope, frame->caller, site.owner}, record, place, attribute);
    }
  }
  for (const Record& record : frame->function->defaults) {
    if (name_of_record(r, record, place) != wanted) continue;
    return read_attribute(r, {site.scope, site.names, site.owner, false}, record, place, attribute);
  }
  return false;
}

bool read_attribute(Reading& r, const Site& site, const Record& record, const Place& place,
                    Attribute& attribute) {
  const bool is_shared = site.scope->frame != nullptr;
  if (is_shared) {
    const auto known = r.function_attributes.find(record.tag);
    if (known != r.function_attributes.end()) return attribute = known->second, true;
  }
  AttributeRecord a;
  bool has_i = false;
  bool has_f = false;
  Fields message(record.bytes, place, wire::attribute::kFields, r.context);
  while (message.next()) {
    has_i = has_i || message.number() == wire::attribute::i;
    has_f = has_f || message.number() == wire::attribute::f;
    read_field(r, message, a);
  }
  if (!r.ok()) return false;
  attribute.name = a.name;
  if (!a.reference.empty()) {
    if (site.names->frame == nullptr) {
      attribute.reference = a.reference;
      return true;
    }
    const bool is_there = read_referenced(r, site, a.reference, place, attribute);
    attribute.name = a.name;
    return is_there;
  }
  attribute.value = payload(r, site, a, kind_of(a, has_i, has_f), place);
  if (is_shared && r.ok() && !is_graph(attribute)) r.function_attributes.emplace(record.tag, attribute);
  return r.ok();
}

}  // namespace

std::span<const Attribute> read_attributes(Reading& r, const std::shared_ptr<Scope>& scope, NodeId owner,
                                           std::span<const Record> records, const Place& node) {
  const std::span<Attribute> room = r.model.arena.allocate<Attribute>(records.size());
  std::uninitialized_default_construct(room.begin(), room.end());
  const Site site{scope, scope, owner};
  std::size_t count = 0;
  std::uint32_t index = 0;
  for (const Record& record : records) {
    const Place place{&node, "attribute", index++};
    if (read_attribute(r, site, record, place, room[count])) ++count;
    if (!r.ok()) return {};
  }
  return room.first(count);
}

}  // namespace haoline::onnx
