// What can be said of the inputs of a script, whose code has no types and sizes: the type and rank of what it
// was traced with, and the type that its first layer demands.
#include <algorithm>
#include <string>

#include "formats/pytorch/reading.h"

namespace haoline::pytorch {
namespace {

using pickle::Ref;

std::string words_of(const TensorData& data) {
  std::string out(name(data.dtype));
  out += " [";
  for (std::size_t i = 0; i < data.extents.size(); ++i)
    out += (i == 0 ? "" : ", ") + std::to_string(data.extents[i]);
  return out + "]";
}

// traced_inputs.pkl: {"forward": [example, …]}, written by torch.jit.trace. The sizes are those of an
// example, no promise: they are kept as metadata.
void use_examples(Reading& r, Zip& zip, const std::string& folder) {
  const ZipMember* member = zip.find(folder + "traced_inputs.pkl");
  if (member == nullptr) return;
  const Result<Archive> archive = open_zip_record(zip, *member, folder + "traced_inputs/", r.model.arena);
  if (!archive) return;  // an extra: the model is whole without it
  const pickle::Pickle& p = archive->pickle;
  const auto plain = [&](Ref ref) {
    return p.module(p.callee(ref)) == "torch.jit._pickle" ? p.argument(ref, 0) : ref;
  };
  const Ref list = plain(p.find(plain(p.root()), "forward"));
  if (!p.is_sequence(list)) return;
  TensorReader tensors(*archive, r.model);
  Graph& graph = r.model.graphs[Model::kMain];
  const auto items = p.items(list);
  for (std::size_t i = 0; i < std::min(items.size(), graph.inputs.size()); ++i) {
    const StoredTensor* example = tensors.read(items[i]);
    Tensor& input = graph.tensors[graph.inputs[i]];
    if (example == nullptr || !input.type.is_tensor() || input.shape.is_scalar()) continue;
    r.say("traced with " + std::string(input.name), words_of(example->data));
    if (example->window_in_file) r.label(example->window_offset, example->window_size, ByteLabel::metadata);
    if (items.size() != graph.inputs.size()) continue;
    input.type.dtype = example->data.dtype;
    input.shape = Shape::of_unknown(example->data.extents.size());
  }
}

bool keeps_type(Op op) {
  constexpr Op kOps[] = {Op::Identity,    Op::Reshape, Op::Transpose, Op::SwapAxes, Op::Flatten,
                         Op::FlattenAxes, Op::Pad,     Op::Slice,     Op::Squeeze,  Op::Unsqueeze,
                         Op::Dropout,     Op::Split,   Op::Concat,    Op::Relu,     Op::Sub,
                         Op::Mul,         Op::Add,     Op::Div,       Op::Clip};
  return std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

bool demands_type_of_weight(Op op) {
  constexpr Op kOps[] = {Op::Conv,
                         Op::ConvTranspose,
                         Op::FullyConnected,
                         Op::MatMul,
                         Op::BatchNormalization,
                         Op::LayerNormalization,
                         Op::GroupNormalization,
                         Op::InstanceNormalization};
  return std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

// A convolution takes what its weight is: so an input without a type that reaches one has it.
void use_weights(Model& model) {
  Graph& graph = model.graphs[Model::kMain];
  IdVector<TensorId, TensorId> from(graph.tensors.size());
  for (const TensorId input : graph.inputs) {
    if (graph.tensors[input].type.dtype == DType::unknown && graph.tensors[input].type.is_tensor())
      from[input] = input;
  }
  for (const Node& node : graph.nodes) {
    if (node.inputs.empty() || !node.inputs[0] || !from[node.inputs[0]]) continue;
    Tensor& input = graph.tensors[from[node.inputs[0]]];
    if (node.op == Op::Quantize) {
      if (input.type.dtype == DType::unknown) input.type.dtype = DType::float32;
    } else if (demands_type_of_weight(node.op) && node.inputs.size() > 1 && node.inputs[1]) {
      const DType weight = graph.tensors[node.inputs[1]].type.dtype;
      if (input.type.dtype == DType::unknown && is_float(weight)) input.type.dtype = weight;
    } else if (keeps_type(node.op)) {
      for (const TensorId output : node.outputs) {
        if (output) from[output] = from[node.inputs[0]];
      }
    }
  }
}

}  // namespace

void settle_inputs(Reading& r, Zip& zip, std::string_view folder) {
  use_examples(r, zip, std::string(folder));
  use_weights(r.model);
}

}  // namespace haoline::pytorch
