// Any bytes as an ONNX file, and all figures of what can be read: inference, cost, parameters, memory, bytes.
#include <cstddef>
#include <cstdint>

#include "analyses/accounting.h"
#include "analyses/bindings.h"
#include "analyses/inference.h"
#include "analyses/memory.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "formats/format.h"
#include "formats/onnx/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace haoline;
  const Bytes file(reinterpret_cast<const std::byte*>(data), size);
  const Result<Model> model = onnx::read(file, {});
  if (!model) return 0;
  Result<Inference> inference = infer(*model);
  if (!inference) return 0;
  (void)total_costs(*model, *inference);
  (void)count_parameters(*model, *inference, true);
  (void)account_bytes(*model, true);
  const auto bound = bind_symbols(*model, *inference, {});
  if (bound) (void)analyse_memory(*model, *inference, *bound);
  return 0;
}
