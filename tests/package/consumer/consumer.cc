// Somebody else's program: finds the installed library, inspects a model, uses one figure.
#include <cstdio>

#include "inspect/inspect.h"

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const auto report = haoline::inspect_file(argv[1], {});
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().to_string().c_str());
    return 2;
  }
  std::printf("%s\n", haoline::to_json(*report).substr(0, 60).c_str());
  return 0;
}
