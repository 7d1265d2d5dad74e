// What every reader promises of a model, see ir/graph.h: for the fuzz targets of readers.
#pragma once

#include <cstdlib>

#include "base/result.h"
#include "ir/model.h"
#include "ir/tensor_elements.h"

namespace haoline::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline void check_graphs(const Model& model) {
  require(!model.graphs.empty());
  for (const GraphId id : model.graphs.ids()) {
    const Graph& graph = model.graphs[id];
    require(id == Model::kMain ? !graph.parent
                               : graph.parent < id && model.graphs[graph.parent].nodes.contains(graph.owner));
    for (const NodeId node : graph.nodes.ids()) {
      for (const TensorId input : graph.nodes[node].inputs) {
        if (!input) continue;
        require(graph.tensors.contains(input));
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

inline void read_constants(const Model& model) {
  DimPool pool(model.dims.get());
  for (const Graph& graph : model.graphs) {
    for (const Tensor& tensor : graph.tensors) {
      if (tensor.constant != nullptr) (void)decode_value(*tensor.constant, pool);
    }
  }
}

inline void check_spans(const Model& model) {
  std::uint64_t end = 0;
  FileId file;
  for (const ByteSpan& span : model.spans) {
    end = span.file == file ? end : 0;
    file = span.file;
    require(span.offset >= end && span.offset + span.size <= model.files[span.file].bytes.size());
    end = span.offset + span.size;
  }
}

inline void check(const Result<Model>& model) {
  if (!model) return require(!model.error().to_string().empty());
  check_graphs(*model);
  check_spans(*model);
  read_constants(*model);
}

}  // namespace haoline::fuzz
