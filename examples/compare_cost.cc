// Compares what two models cost.
//   compare_cost BEFORE AFTER
#include <cstdio>

#include "inspect/inspect.h"

namespace {

void print_ratio(const char* what, const haoline::Quantity& before, const haoline::Quantity& after) {
  if (!before.value || !after.value || *before.value == 0) {
    std::printf("%s: unknown\n", what);
    return;
  }
  std::printf("%.2f times the %s (%s -> %s)\n",
              static_cast<double>(*after.value) / static_cast<double>(*before.value), what,
              haoline::to_decimal(*before.value).c_str(), haoline::to_decimal(*after.value).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: compare_cost BEFORE AFTER\n");
    return 64;
  }
  const auto before = haoline::inspect_file(argv[1], {});
  const auto after = haoline::inspect_file(argv[2], {});
  for (const auto* report : {&before, &after}) {
    if (!*report) {
      std::fprintf(stderr, "%s\n", report->error().to_string().c_str());
      return 2;
    }
  }
  print_ratio("MACs", before->cost.macs, after->cost.macs);
  print_ratio("activation peak", before->memory.activation_peak_bytes, after->memory.activation_peak_bytes);
  print_ratio("weights", before->memory.weights_bytes, after->memory.weights_bytes);
  return 0;
}
