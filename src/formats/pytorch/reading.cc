#include "formats/pytorch/reading.h"

#include "base/text.h"

namespace haoline::pytorch {

bool Reading::visit(std::size_t depth) {
  if (!ok()) return false;
  if (depth > kMaxDepth) {
    fail(located(ErrorKind::unsupported, "pickle", 0,
                 "is nested deeper than " + grouped(kMaxDepth) + " levels",
                 "Save the weights alone (state_dict) and try again."));
    return false;
  }
  if (visits_left == 0) {
    fail(located(ErrorKind::unsupported, "pickle", 0,
                 "shares its values so often that a walk over it does not end",
                 "This is no ordinary checkpoint; do not load it."));
    return false;
  }
  --visits_left;
  return true;
}

void Reading::say(std::string_view key, std::string_view value) {
  if (metadata_left == 0) return;
  --metadata_left;
  model.metadata.push_back({model.arena.text(key), model.arena.text(value.substr(0, kMaxText))});
}

void Reading::remark(FindingKind kind, std::string_view text) {
  Finding finding;
  finding.kind = kind;
  finding.message.add(text);
  model.findings.push_back(std::move(finding));
}

void Reading::label(std::uint64_t offset, std::uint64_t size, ByteLabel label, DType dtype) {
  if (size != 0) model.spans.push_back({file_id, label, dtype, offset, size});
}

TensorId Reading::add_weight(std::string_view name, const StoredTensor& stored) {
  Graph& graph = model.graphs[Model::kMain];
  if (graph.tensors.size() >= kMaxTensors) {
    fail(located(ErrorKind::unsupported, "pickle", 0, "holds more than " + grouped(kMaxTensors) + " tensors",
                 ""));
    return {};
  }
  const auto index = static_cast<std::uint32_t>(graph.tensors.size());
  Tensor tensor;
  tensor.name = model.arena.text(name);
  if (name.empty() || !names.insert(tensor.name).second) {
    tensor.source_name = tensor.name;
    tensor.name = model.arena.text(std::string(name) + "#" + std::to_string(index));
    names.insert(tensor.name);
  }
  tensor.type.dtype = stored.data.dtype;
  tensor.shape = Shape{};
  for (const std::int64_t extent : stored.data.extents) tensor.shape.push_back(model.dims->number(extent));
  tensor.constant = model.arena.create(stored.data);
  tensor.quantization = stored.quantization;
  tensor.trained = stored.trained;
  if (stored.window_in_file)
    label(stored.window_offset, stored.window_size, ByteLabel::weights, stored.data.dtype);
  return graph.tensors.add(std::move(tensor));
}

}  // namespace haoline::pytorch
