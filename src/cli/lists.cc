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

std::string grade_word(Grade grade) {
  constexpr std::string_view kWords[] = {"NONE", "PARTIAL", "FULL"};
  return std::string(kWords[static_cast<std::size_t>(grade)]);
}

struct OperatorCount {
  std::size_t mapped = 0, all = 0;
};
OperatorCount count_operators(const Format& format) {
  OperatorCount count;
  if (!format.operators) return count;
  for (const SourceOperator& op : format.operators()) {
    ++count.all;
    count.mapped += !op.canonical.empty();
  }
  return count;
}

// What every format can do, one row each: name, title, endings, grades, operators.
std::vector<std::vector<std::string>> format_rows() {
  std::vector<std::vector<std::string>> rows = {
      {"name", "format", "endings", "read", "graph", "weights", "write", "operators"}};
  for (const Format& format : formats()) {
    const OperatorCount count = count_operators(format);
    rows.push_back({std::string(format.name), std::string(format.title), std::string(format.extensions),
                    grade_word(format.reads), grade_word(format.graph), grade_word(format.weights),
                    grade_word(format.writes),
                    count.all == 0 ? std::string("-")
                                   : std::to_string(count.mapped) + " of " + std::to_string(count.all)});
  }
  return rows;
}

std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += i + 1 == row.size() ? row[i] : padded(row[i], widths[i] + 2);
    out += "\n";
  }
  return out;
}

std::string markdown_row(const std::vector<std::string>& row) {
  std::string out = "|";
  for (const std::string& cell : row) out += " " + cell + " |";
  return out + "\n";
}

// docs/formats.md: what each format can do, and each format's own operators with what they are read as.
std::string formats_page() {
  std::string out =
      "# Formats\n\nMade by `haoline formats --markdown`. FULL, PARTIAL or NONE: what haoline reads "
      "(`read`), "
      "whether a graph\ncomes out (`graph`) and its weights (`weights`), whether it writes the format "
      "(`write`).\n`operators`: how many of the format's own operators have a canonical meaning, of all in "
      "its schema. The others are kept\nas themselves, with the shapes that the file declares; totals say "
      "that "
      "they leave them out.\n\n";
  const auto rows = format_rows();
  out += markdown_row(rows[0]) + "|" + [&] {
    std::string line;
    for (std::size_t i = 0; i < rows[0].size(); ++i) line += " --- |";
    return line;
  }() + "\n";
  for (std::size_t i = 1; i < rows.size(); ++i) out += markdown_row(rows[i]);
  for (const Format& format : formats()) {
    if (!format.operators) continue;
    out += "\n## Operators of " + std::string(format.title) + "\n\n| operator | read as |\n| --- | --- |\n";
    for (const SourceOperator& op : format.operators()) {
      out += "| " + std::string(op.name) + " | " +
             (op.canonical.empty() ? std::string("itself") : std::string(op.canonical)) + " |\n";
    }
  }
  return out;
}

// The operators of one format.
int print_operators(std::string_view name) {
  const Format* format = find_format(name);
  if (!format) {
    complain("there is no format " + std::string(name) + "; `haoline formats` lists them");
    return kUsage;
  }
  if (!format->operators) return print(std::string(format->title) + " has no list of operators of its own\n");
  std::vector<std::vector<std::string>> rows = {{"operator", "read as"}};
  for (const SourceOperator& op : format->operators())
    rows.push_back({std::string(op.name), op.canonical.empty() ? "itself" : std::string(op.canonical)});
  const OperatorCount count = count_operators(*format);
  return print(aligned(rows) + std::to_string(count.mapped) + " of " + plural(count.all, "operator") +
               " have a canonical meaning\n");
}

}  // namespace

int run_ops(const Arguments& arguments) {
  const std::string pattern = arguments.operands.empty() ? "" : arguments.operands[0];
  const std::vector<OperatorCoverage> operators = matching_operators(pattern);
  return print(arguments.markdown ? operators_page(operators) : operator_text(operators));
}

int run_formats(const Arguments& arguments) {
  if (arguments.markdown) return print(formats_page());
  if (!arguments.operands.empty()) return print_operators(arguments.operands[0]);
  return print(aligned(format_rows()));
}

int run_schema(const Arguments& arguments) {
  return print(arguments.markdown ? report_documentation() : report_schema());
}

}  // namespace haoline::cli
