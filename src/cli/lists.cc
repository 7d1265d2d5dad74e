// haoline ops, formats, schema: what the program knows, as lists.
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"
#include "formats/format.h"
#include "ops/op_table.h"
#include "ops/schema.h"
#include "report/format.h"
#include "report/to_json.h"

namespace haoline::cli {
namespace {

std::string display(Op op) {
  const OpName name = name_of(op);
  return name.domain.empty() ? std::string(name.name)
                             : std::string(name.domain) + "." + std::string(name.name);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string cost_word(const CostRule& rule) {
  constexpr std::string_view kWords[] = {"none", "free", "per output", "per input", "formula", "bodies"};
  return std::string(kWords[static_cast<std::size_t>(rule.kind)]);
}

struct OperatorLine {
  std::string name, category, shapes, cost, counts;
};

std::vector<OperatorLine> operator_lines(std::string_view pattern) {
  std::vector<OperatorLine> lines;
  for (const Family family : families()) {
    for (const OpRow& row : family()) {
      std::string op = display(row.op);
      if (lower(op).find(lower(pattern)) == std::string::npos) continue;
      lines.push_back({std::move(op), std::string(name(row.category)), row.infer ? "yes" : "no",
                       cost_word(row.cost), std::string(row.counts)});
    }
  }
  // ai.onnx first, then the other domains.
  std::sort(lines.begin(), lines.end(), [](const OperatorLine& x, const OperatorLine& y) {
    const bool x_domain = x.name.find('.') != std::string::npos,
               y_domain = y.name.find('.') != std::string::npos;
    return x_domain != y_domain ? y_domain : x.name < y.name;
  });
  return lines;
}

std::string operator_page(const std::vector<OperatorLine>& lines) {
  std::string out =
      "# Operators\n\nMade by `haoline ops --markdown`. *Shapes*: types and shapes of the results are "
      "inferred. *Cost*: "
      "how operations are counted: free (moves or names data), per element of the output or input, by a "
      "formula, by "
      "its bodies, or none (the totals then say what they leave out).\n\n"
      "| operator | category | shapes | cost | what counts |\n|---|---|---|---|---|\n";
  for (const OperatorLine& line : lines) {
    out += "| " + line.name + " | " + line.category + " | " + line.shapes + " | " + line.cost + " | " +
           line.counts + " |\n";
  }
  return out;
}

std::string operator_text(const std::vector<OperatorLine>& lines) {
  std::size_t width = 8;
  for (const OperatorLine& line : lines) width = std::max(width, line.name.size());
  std::string out = padded("operator", width) + "  category     shapes  cost\n";
  for (const OperatorLine& line : lines) {
    out += padded(line.name, width) + "  " + padded(line.category, 11) + "  " + padded(line.shapes, 6) +
           "  " + line.cost + "\n";
  }
  return out + plural(lines.size(), "operator") + "\n";
}

std::string_view grade_word(Grade grade) {
  constexpr std::string_view kWords[] = {"-", "partly", "yes"};
  return kWords[static_cast<std::size_t>(grade)];
}

}  // namespace

int run_ops(const Arguments& arguments) {
  const std::string pattern = arguments.operands.empty() ? "" : arguments.operands[0];
  const std::vector<OperatorLine> lines = operator_lines(pattern);
  return print(arguments.markdown ? operator_page(lines) : operator_text(lines));
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
