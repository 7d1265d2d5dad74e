// Models that are one operation: linear and support vector models, trees, nearest neighbours, and what
// prepares features for them. What they have learned becomes operands where it is a list of numbers, else
// counts.
#include <algorithm>

#include "base/text.h"
#include "formats/coreml/kinds.h"
#include "formats/coreml/wire.h"

namespace haoline::coreml {
namespace {

// Doubles of a repeated field, packed (one run) or not.
Bytes doubles(Reading& r, const Message& from, std::uint32_t field) {
  std::vector<Bytes> runs;
  Fields message = from.fields();
  while (message.next()) {
    if (message.number() != field) continue;
    runs.push_back(message.type() == protobuf::WireType::fixed64 ? message.payload() : message.bytes());
  }
  if (runs.size() == 1) return runs[0];
  std::size_t size = 0;
  for (const Bytes run : runs) size += run.size();
  const std::span<std::byte> room = r.model.arena.allocate<std::byte>(size);
  std::byte* to = room.data();
  for (const Bytes run : runs) to = std::copy(run.begin(), run.end(), to);
  return room;
}

struct Learner {
  Reading& r;
  Scope& scope;
  Made& made;

  void add(std::string_view role, Bytes bytes) {
    if (bytes.empty()) return;
    TensorData data;
    data.dtype = DType::float64;
    const std::int64_t extent[] = {static_cast<std::int64_t>(bytes.size() / 8)};
    data.extents = r.model.arena.copy(std::span<const std::int64_t>(extent));
    data.bytes = bytes.first(bytes.size() / 8 * 8);
    data.stored_elements = bytes.size() / 8;
    data.stored_bytes = data.bytes.size();
    const bool is_in_file = bytes.data() >= r.file.data() && bytes.data() < r.file.data() + r.file.size();
    if (is_in_file) {
      data.file = FileId{0};
      data.offset = r.context.offset_of(bytes.data());
      r.label(data.bytes, ByteLabel::weights, data.dtype);
    }
    const std::string name = std::string(made.unique) + "/" + std::string(role);
    made.inputs.push_back(add_constant(r, scope.graph, r.model.arena.text(name), data, Trained::yes));
  }
  void set(std::string_view key, std::int64_t value) { made.attributes.push_back({key, value, {}}); }
};

// weights: one list of doubles per class; offsets.
void linear(Learner& learner, const Message& model) {
  std::uint32_t index = 0;
  model.each(1, [&](const Message& row) {
    learner.add("weights" + std::to_string(index++), doubles(learner.r, row, 1));
  });
  learner.add("offset", doubles(learner.r, model, 2));
}

// Trees: nodes and leaves are counted; what they hold is no tensor.
void trees(Learner& learner, const Message& model) {
  std::int64_t nodes = 0, leaves = 0, highest = -1;
  const Message parameters = model.sub(1);
  parameters.each(1, [&](const Message& node) {
    ++nodes;
    highest = std::max(highest, node.integer(1));
    if (node.integer(3) == 6) ++leaves;
  });
  learner.set("trees", highest + 1);
  learner.set("tree_nodes", nodes);
  learner.set("leaves", leaves);
  learner.set("dimensions", parameters.integer(2));
}

// Support vectors: sparse or dense rows; coefficients and rho.
void support_vectors(Learner& learner, const Message& model) {
  std::int64_t vectors = 0, values = 0;
  model.each(3, [&](const Message& sparse) {
    sparse.each(1, [&](const Message& vector) {
      ++vectors;
      vector.each(1, [&](const Message&) { ++values; });
    });
  });
  std::uint32_t index = 0;
  for (const std::uint32_t field : {3u, 4u}) {
    model.each(field, [&](const Message& dense) {
      dense.each(1, [&](const Message& vector) {
        const Bytes row = doubles(learner.r, vector, 1);
        if (field == 4 && !row.empty()) {
          ++vectors;
          learner.add("vector" + std::to_string(index++), row);
        }
      });
    });
  }
  learner.set("support_vectors", vectors);
  learner.set("sparse_values", values);
}

using Learn = void (*)(Learner&, const Message&);
struct Learned {
  std::uint32_t kind;
  Learn learn;
};
constexpr Learned kLearned[] = {{300, linear}, {400, linear},          {302, trees},
                                {402, trees},  {301, support_vectors}, {401, support_vectors}};

}  // namespace

void read_classic(Reading& r, Scope& scope, std::uint32_t kind, std::string_view name, Bytes bytes,
                  const Place& place, const Description& description) {
  Made made;
  made.type = kind_name(kind);
  made.name = name;
  made.at = bytes.empty() ? 0 : r.context.offset_of(bytes.data());
  reserve_node(r, scope, made);
  for (const FeatureDescription& input : description.inputs) {
    TensorId id = find(r, scope, input.name);
    if (!id) {
      id = declare(r, scope, input.name);
      Tensor& tensor = r.model.graphs[scope.graph].tensors[id];
      tensor.type = input.type;
      tensor.shape = input.shape;
    }
    made.inputs.push_back(id);
  }
  // ONNX's own operators for such models keep everything learned in attributes of another shape: these stay
  // as themselves.
  Learner learner{r, scope, made};
  for (const Learned& learned : kLearned) {
    if (learned.kind == kind) learned.learn(learner, Message(r, bytes, place));
  }
  if (!r.ok()) return;
  for (const FeatureDescription& output : description.outputs) {
    const TensorId id = declare(r, scope, output.name);
    Tensor& tensor = r.model.graphs[scope.graph].tensors[id];
    tensor.type = output.type;
    tensor.shape = output.shape;
    made.outputs.push_back(id);
  }
  place_node(r, scope, made);
}

}  // namespace haoline::coreml
