// Any bytes as an OpenVINO IR, with another file at hand: read, inferred and costed. A refusal is fine.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "analyses/inference.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "formats/openvino/reader.h"
#include "reader_checks.h"

namespace {

using namespace haoline;

struct OneFile : FileProvider {
  std::byte content[256] = {};
  Result<Opened> open(std::string_view) override { return Opened{Bytes(content)}; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes file(reinterpret_cast<const std::byte*>(data), size);
  (void)openvino::sniff({file.first(std::min(size, kProbeBytes)), size, file});
  OneFile files;
  ReadOptions options;
  options.files = &files;
  const Result<Model> model = openvino::read(file, options);
  fuzz::check(model);
  if (!model) return 0;
  Result<Inference> inference = infer(*model);
  if (!inference) return 0;
  (void)total_costs(*model, *inference);
  (void)count_parameters(*model, *inference);
  return 0;
}
