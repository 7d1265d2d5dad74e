// Prints the ten nodes with the most multiply-accumulates and their share.
//   largest_layers MODEL
#include <algorithm>
#include <cstdio>

#include "inspect/inspect.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: largest_layers MODEL\n");
    return 64;
  }
  haoline::InspectOptions options;
  options.include_nodes = true;
  const auto report = haoline::inspect_file(argv[1], options);
  if (!report) {
    std::fprintf(stderr, "%s\n", report.error().to_string().c_str());
    return 2;
  }
  std::vector<haoline::NodeRow> rows = *report->nodes;
  const auto macs = [](const haoline::NodeRow& row) {
    return row.macs && row.macs->value ? static_cast<double>(*row.macs->value) : 0.0;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return macs(a) > macs(b); });
  double total = 0;
  for (const auto& row : rows) total += macs(row);
  for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 10); ++i) {
    std::printf("%12.0f  %5.1f %%  %-16.*s %.*s\n", macs(rows[i]),
                total > 0 ? macs(rows[i]) / total * 100 : 0.0, static_cast<int>(rows[i].op.text.size()),
                rows[i].op.text.data(), static_cast<int>(rows[i].name.text.size()), rows[i].name.text.data());
  }
  return 0;
}
