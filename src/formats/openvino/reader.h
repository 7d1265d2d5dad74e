// OpenVINO's intermediate representation, versions 2 to 11: an XML with the graph, a .bin with the weights.
#pragma once

#include "formats/format.h"

namespace haoline::openvino {

bool sniff(const Probe& probe);
Result<Model> read(Bytes file, const ReadOptions& options);
// Every operator of the operator sets 1 to 16 and of the layers before them.
std::span<const SourceOperator> operators();

}  // namespace haoline::openvino
