#include "blueprints/blueprints.h"

#include <array>

#include "blueprints/assembly.h"
#include "blueprints/guess.h"
#include "blueprints/leftovers.h"

namespace haoline::blueprints {
namespace {

DType dtype_of_word(std::string_view word) {
  if (word.starts_with("torch.")) word.remove_prefix(6);
  if (word == "bfloat16") return DType::bfloat16;
  if (word == "float16" || word == "half") return DType::float16;
  if (word == "float32" || word == "float") return DType::float32;
  return DType::unknown;
}

// What flows between the blocks: the type of most weights; where those are packed or blocks, what the
// configuration says.
DType activation_type(const Model& model) {
  std::array<std::uint64_t, kDTypeCount> elements{};
  for (const Tensor& tensor : model.main().tensors) {
    if (!tensor.constant) continue;
    std::uint64_t count = 1;
    for (const std::int64_t extent : tensor.constant->extents) count *= static_cast<std::uint64_t>(extent);
    elements[static_cast<std::size_t>(tensor.constant->dtype)] += count;
  }
  std::uint64_t all = 0;
  for (const std::uint64_t count : elements) all += count;
  DType best = DType::float32;
  std::uint64_t most = 0;
  for (const DType type : {DType::float32, DType::float16, DType::bfloat16, DType::float64}) {
    const std::uint64_t count = elements[static_cast<std::size_t>(type)];
    if (count > most) best = type, most = count;
  }
  if (most > all / 2) return best;
  for (const std::string_view key : {"torch_dtype", "dtype"}) {
    const FactValue* said = model.architecture->find(key);
    const DType type = said ? dtype_of_word(said->text) : DType::unknown;
    if (type != DType::unknown) return type;
  }
  return model.architecture->naming == TensorNaming::ggml ? DType::float32 : DType::float16;
}

const Family* choose(Model& model, const Weights& weights) {
  const std::string_view said = model.architecture->family;
  if (const Family* family = find_family(said)) return family;
  const Family* family = find_family(guess_family(weights));
  Finding finding;
  finding.kind = FindingKind::assumed_architecture;
  if (!family) {
    finding.message.add("No table of blocks fits ")
        .name(said.empty() ? "these tensor names" : said)
        .add("; the weights stand alone");
  } else if (said.empty()) {
    finding.message.add("The file names no architecture; its tensors are named as those of ")
        .name(family->name);
  } else {
    finding.message.add("There is no table for ")
        .name(said)
        .add("; its tensors are named as those of ")
        .name(family->name);
  }
  model.findings.push_back(std::move(finding));
  return family;
}

}  // namespace

bool knows(const ArchitectureFacts& facts) {
  return facts.family.empty() || find_family(facts.family) != nullptr;
}

BlueprintResult build(Model& model) {
  if (!model.architecture || model.graphs.empty() || !model.main().nodes.empty()) return {};
  Weights weights(model.main());
  if (weights.all().empty()) return {};
  const Family* family = choose(model, weights);
  if (!family) return {};
  const DType activations = activation_type(model);
  Emitter emit(model, activations, activations == DType::bfloat16 ? DType::bfloat16 : DType::float16);
  BlueprintFacts facts;
  facts.name = family->name;
  Assembly assembly(model, weights, emit, *family, facts);
  family->assemble(assembly);
  if (model.main().nodes.empty()) return {false, family->name};
  settle(assembly);
  model.blueprint = std::move(facts);
  return {true, family->name};
}

}  // namespace haoline::blueprints
