// Any text as a formula: what is read prints to something that reads back as the same expression.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ir/dim.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace haoline;
  DimPool pool;
  const Result<Dim> dim = pool.parse({reinterpret_cast<const char*>(data), size});
  if (!dim || dim->is_unknown()) return 0;
  const Result<Dim> again = pool.parse(pool.to_string(*dim));
  if (!again || !(*again == *dim)) std::abort();
  return 0;
}
