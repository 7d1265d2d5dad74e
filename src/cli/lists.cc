// haoline ops, formats, schema: what the program knows, as lists.
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"
#include "formats/format.h"
#include "ops/coverage.h"
#include "report/format.h"
#include "report/operators_page.h"
#include "report/to_json.h"

namespace haoline::cli {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Operators whose full name contains the pattern, whatever the case.
std::vector<OperatorCoverage> matching_operators(std::string_view pattern) {
  std::vector<OperatorCoverage> operators = operator_coverage();
  std::erase_if(operators, [wanted = lower(pattern)](const OperatorCoverage& entry) {
    return lower(full_name(entry)).find(wanted) == std::string::npos;
  });
  return operators;
}

std::string operator_text(const std::vector<OperatorCoverage>& operators) {
  std::size_t width = 8;
  for (const OperatorCoverage& entry : operators) width = std::max(width, full_name(entry).size());
  std::string out = padded("operator", width) + "  category     results  cost                tested by\n";
  for (const OperatorCoverage& entry : operators) {
    out += padded(full_name(entry), width) + "  " + padded(std::string(name(entry.category)), 11) + "  " +
           padded(entry.infers ? "yes" : "no", 7) + "  " + padded(std::string(entry.cost_class), 18) + "  " +
           entry.tested_by + "\n";
  }
  return out + plural(operators.size(), "operator") + "\n";
}

std::string_view grade_word(Grade grade) {
  constexpr std::string_view kWords[] = {"-", "partly", "yes"};
  return kWords[static_cast<std::size_t>(grade)];
}

}  // namespace

int run_ops(const Arguments& arguments) {
  const std::string pattern = arguments.operands.empty() ? "" : arguments.operands[0];
  const std::vector<OperatorCoverage> operators = matching_operators(pattern);
  return print(arguments.markdown ? operators_page(operators) : operator_text(operators));
}

int run_formats(const Arguments&) {
  std::string out = padded("format", 14) + padded("endings", 24) + "read    graph   weights  write\n";
  for (const Format& format : formats()) {
    out += padded(std::string(format.title), 14) + padded(std::string(format.extensions), 24);
    out +=
        padded(std::string(grade_word(format.reads)), 8) + padded(std::string(grade_word(format.graph)), 8);
    out += padded(std::string(grade_word(format.weights)), 9) + std::string(grade_word(format.writes)) + "\n";
  }
  return print(out);
}

int run_schema(const Arguments& arguments) {
  return print(arguments.markdown ? report_documentation() : report_schema());
}

}  // namespace haoline::cli
