// haoline MODEL...: one report per model, rendered to what was asked for.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/file_output.h"
#include "base/folder.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/progress.h"
#include "inspect/inspect.h"
#include "report/csv.h"
#include "report/format.h"
#include "report/markdown.h"
#include "report/terminal.h"
#include "report/to_json.h"

namespace haoline::cli {
namespace {

// What an error line and the names of output files call the model.
std::string label_of(const Arguments& arguments, std::size_t index) {
  if (arguments.inspect.redact_names) return "model_" + std::to_string(index + 1);
  return arguments.operands[index] == "-" ? "standard input" : arguments.operands[index];
}

std::string stem_of(const Arguments& arguments, std::size_t index) {
  std::string name = label_of(arguments, index);
  name.erase(0, name.find_last_of('/') + 1);
  const std::size_t dot = name.find_last_of('.');
  if (dot != std::string::npos && dot != 0) name.resize(dot);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

struct Output {
  const std::string& path;
  std::string_view ending;
};

// Several models, an existing folder or a trailing slash: the output is a folder with a file for each model.
class Destinations {
 public:
  explicit Destinations(const Arguments& arguments) : arguments_(arguments) {}

  bool is_folder_output(const std::string& path) const {
    return path != "-" && (arguments_.operands.size() > 1 || path.ends_with('/') || is_folder(path));
  }
  int write(const Output& output, std::size_t index, const std::string& text) {
    if (!is_folder_output(output.path)) return done(output.path, text);
    std::string folder = output.path;
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    if (const std::optional<Error> error = make_folder(folder)) {
      complain(folder + ": " + error->to_string());
      return kCannotWrite;
    }
    // Two models of one name get a number, so that none overwrites the other.
    const std::string stem = stem_of(arguments_, index);
    std::string path = folder + "/" + stem + std::string(output.ending);
    for (int number = 2; std::find(written_.begin(), written_.end(), path) != written_.end(); ++number) {
      path = folder + "/" + stem;
      path.append("_").append(std::to_string(number)).append(output.ending);
    }
    written_.push_back(path);
    return done(path, text);
  }

 private:
  int done(const std::string& path, const std::string& text) {
    const int code = write_output(path, text);
    if (code == kFine && path != "-") {
      remark(arguments_, "wrote " + path + " (" + bytes_text(static_cast<Int128>(text.size())) + ")");
    }
    return code;
  }
  const Arguments& arguments_;
  std::vector<std::string> written_;
};

Result<Report> read_report(const Arguments& arguments, std::size_t index) {
  const std::string& path = arguments.operands[index];
  Progress progress(arguments, label_of(arguments, index));
  InspectOptions options = arguments.inspect;
  options.phase = progress.phase();
  return inspect_file(path, options);
}

JsonOptions json_options(const Arguments& arguments) {
  return {.single_line = arguments.out_json == "-" && arguments.operands.size() > 1,
          .nodes = arguments.include_nodes,
          .tensors = arguments.include_tensors,
          .weights = arguments.include_weights,
          .series = arguments.include_series};
}

bool has_finding(const Report& report, Severity least) {
  constexpr std::string_view kWords[] = {"info", "warning", "error"};
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const FindingInfoText& finding) {
    const auto at = std::find(std::begin(kWords), std::end(kWords), finding.severity.text);
    return at - std::begin(kWords) >= static_cast<int>(least);
  });
}

int render(const Arguments& arguments, Destinations& destinations, const Report& report, std::size_t index) {
  int code = kFine;
  const auto also = [&](int other) { code = std::max(code, other); };
  if (!arguments.out_json.empty()) {
    also(destinations.write({arguments.out_json, ".json"}, index, to_json(report, json_options(arguments))));
  }
  if (!arguments.out_md.empty()) {
    also(destinations.write({arguments.out_md, ".md"}, index, to_markdown(report)));
  }
  if (!arguments.layer_csv.empty()) {
    also(destinations.write({arguments.layer_csv, ".csv"}, index, to_csv(report)));
  }
  const bool summary = arguments.out_json.empty() && arguments.out_md.empty() && arguments.layer_csv.empty();
  if (summary && !arguments.quiet) {
    TerminalOptions options{.by = arguments.by, .colour = wants_colour(arguments)};
    if (arguments.by != Breakdown::by_node) options.top = 20;
    if (arguments.top) options.top = *arguments.top;
    also(print((index > 0 ? "\n" : "") + to_terminal(report, options)));
  }
  if (arguments.fail_on && has_finding(report, *arguments.fail_on)) also(kFindings);
  return code;
}

}  // namespace

int run_inspect(const Arguments& arguments) {
  int worst = kFine;
  Destinations destinations(arguments);
  for (std::size_t i = 0; i < arguments.operands.size(); ++i) {
    Result<Report> report = read_report(arguments, i);
    if (report) {
      worst = std::max(worst, render(arguments, destinations, *report, i));
      continue;
    }
    complain(label_of(arguments, i) + ": " + report.error().to_string());
    worst = std::max(worst, report.error().kind == ErrorKind::usage ? int{kUsage} : int{kUnreadable});
  }
  return worst;
}

}  // namespace haoline::cli
