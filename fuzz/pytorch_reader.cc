// Any bytes as a PyTorch file. A refusal is fine, anything else the sanitizers see is not.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "formats/format.h"
#include "formats/pytorch/reader.h"
#include "ir/tensor_elements.h"

namespace {

using namespace haoline;

void require(bool holds) {
  if (!holds) std::abort();
}

// What every reader promises of a graph, see ir/graph.h.
void check(const Model& model) {
  require(!model.graphs.empty());
  for (const GraphId id : model.graphs.ids()) {
    const Graph& graph = model.graphs[id];
    require(id == Model::kMain ? !graph.parent
                               : graph.parent < id && model.graphs[graph.parent].nodes.contains(graph.owner));
    for (const NodeId node : graph.nodes.ids()) {
      for (const TensorId input : graph.nodes[node].inputs) {
        if (!input) continue;
        const NodeId producer = graph.tensors[input].producer;
        require(!producer || producer < node);
      }
      for (const TensorId output : graph.nodes[node].outputs)
        require(!output || graph.tensors[output].producer == node);
    }
    for (const Tensor& tensor : graph.tensors) {
      require(!tensor.outer || model.graphs[graph.parent].tensors.contains(tensor.outer));
    }
  }
}

void read_elements(const Model& model) {
  DimPool pool(model.dims.get());
  for (const Graph& graph : model.graphs) {
    for (const Tensor& tensor : graph.tensors) {
      if (tensor.constant != nullptr) (void)decode_value(*tensor.constant, pool);
    }
  }
}

void check_spans(const Model& model) {
  std::uint64_t end = 0;
  FileId file;
  for (const ByteSpan& span : model.spans) {
    if (span.label == ByteLabel::padding || span.label == ByteLabel::unreachable) continue;
    end = span.file == file ? end : 0;
    file = span.file;
    require(span.offset >= end && span.offset + span.size <= model.files[span.file].bytes.size());
    end = span.offset + span.size;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes file(reinterpret_cast<const std::byte*>(data), size);
  (void)detect(file);
  const Result<Model> model = pytorch::read(file, {});
  if (!model) {
    require(!model.error().to_string().empty());
    return 0;
  }
  check(*model);
  check_spans(*model);
  read_elements(*model);
  return 0;
}
