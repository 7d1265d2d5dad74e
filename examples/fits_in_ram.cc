// Says whether a model's activations fit a device's RAM, with the static plan a microcontroller runtime would
// use.
//   fits_in_ram MODEL BYTES        exit code 0: fits, 1: does not, 2: cannot be read or known
#include <cstdio>
#include <cstdlib>

#include "inspect/inspect.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: fits_in_ram MODEL BYTES\n");
    return 64;
  }
  const auto report = haoline::inspect_file(argv[1], {});
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().to_string().c_str());
    return 2;
  }
  const haoline::Quantity& arena = report->memory.arena_bytes;
  if (!arena.value || !arena.complete) {
    std::printf("unknown: some activations have no known size\n");
    return 2;
  }
  const long long budget = std::atoll(argv[2]);
  const bool fits = *arena.value <= budget;
  std::printf("%s: the arena takes %s bytes of %lld\n", fits ? "fits" : "too large",
              haoline::to_decimal(*arena.value).c_str(), budget);
  return fits ? 0 : 1;
}
