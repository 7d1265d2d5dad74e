// haoline explain MODEL --node NAME: how a figure came about.
#include <algorithm>
#include <string>

#include "cli/commands.h"
#include "cli/console.h"
#include "inspect/inspect.h"
#include "report/format.h"
#include "report/utf8.h"

namespace haoline::cli {
namespace {

constexpr std::size_t kWidestLabel = 14;

std::string text_of(const Explanation& explanation) {
  std::size_t width = 0;
  for (const Explanation::Line& line : explanation.lines) {
    const std::size_t own = display_width(safe(line.label));
    if (own <= kWidestLabel) width = std::max(width, own);  // a longer one has its own column
  }
  std::string out = safe(explanation.result_text) + "\n";
  for (const Explanation::Line& line : explanation.lines) {
    std::string text = "  " + padded(safe(line.label), width) + " ";
    text += wrapped(safe(line.text), display_width(text), width + 3, 80);
    out += text + "\n";
  }
  return out;
}

}  // namespace

int run_explain(const Arguments& arguments) {
  const std::string& path = arguments.operands[0];
  const bool redact = arguments.inspect.redact_names;
  Result<Explanation> explanation = explain_file(path, arguments.inspect, arguments.node, arguments.figure);
  if (explanation) return print(text_of(*explanation));
  complain((redact ? "model_1" : path) + ": " + explanation.error().to_string());
  return explanation.error().kind == ErrorKind::usage ? kUsage : kUnreadable;
}

}  // namespace haoline::cli
