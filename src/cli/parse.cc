#include "cli/parse.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/flags.h"

namespace haoline::cli {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view near = nearest(word, candidates);
  return near.empty() ? "" : "; did you mean " + std::string(near) + "?";
}

std::string unknown_flag(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Flag& flag : flags()) names.push_back(flag.name);
  return "unknown flag " + std::string(name) + suggestion(name, names);
}

struct Parser {
  std::span<const std::string_view> words;
  Arguments out;
  std::vector<const Flag*> used;
  std::size_t at = 0;

  std::string take_flag(std::string_view word) {
    const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
    const std::string_view name = word.substr(0, equals);
    const Flag* flag = find_flag(name);
    if (!flag) return unknown_flag(name);
    std::string_view value;
    if (flag->argument.empty()) {
      if (equals != std::string_view::npos) return std::string(name) + " takes no value";
    } else if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (at < words.size()) {
      value = words[at++];
    } else {
      return std::string(name) + " needs a value: " + std::string(flag->argument);
    }
    used.push_back(flag);
    const std::string error = flag->apply(out, value);
    return error.empty() ? "" : std::string(flag->name) + " " + error;
  }

  // A flag of another command is a mistake worth saying, not something to ignore.
  std::string check_flags(CommandId command) const {
    for (const Flag* flag : used) {
      if ((flag->commands & bit(command)) == 0) {
        return std::string(flag->name) + " is no flag of haoline " + std::string(command_of(command).name);
      }
    }
    return {};
  }

  std::string check_operands() const {
    if (out.help || out.version) return {};
    const bool reads_models = out.command == CommandId::inspect || out.command == CommandId::explain;
    if (reads_models && out.operands.empty()) return "no model given";
    if (out.command == CommandId::explain && out.operands.size() > 1) return "explain takes one model";
    if (out.command == CommandId::explain && out.node.empty()) return "explain needs --node NAME";
    if (out.command == CommandId::completion && out.operands.size() != 1)
      return "completion needs a shell: bash, zsh or fish";
    return {};
  }

  std::string check_outputs() const {
    int to_standard_output = 0;
    for (const std::string* path : {&out.out_json, &out.out_md, &out.layer_csv})
      to_standard_output += *path == "-";
    if (to_standard_output > 1) return "only one output can go to standard output";
    if (std::count(out.operands.begin(), out.operands.end(), "-") > 1)
      return "standard input can be read once";
    return {};
  }
};

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > 200) return {};
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > 200) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance <= best_distance && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

Result<Arguments, std::string> parse(std::span<const std::string_view> arguments) {
  Parser parser{arguments, {}, {}, 0};
  Arguments& out = parser.out;
  CommandId named = CommandId::inspect;
  if (!arguments.empty()) {
    if (const Command* command = find_command(arguments[0])) {
      named = command->id;
      out.command = named;
      parser.at = 1;
    }
  }
  bool only_operands = false;
  while (parser.at < arguments.size()) {
    const std::string_view word = arguments[parser.at++];
    if (only_operands || word == "-" || !word.starts_with('-')) {
      out.operands.emplace_back(word);
    } else if (word == "--") {
      only_operands = true;
    } else if (std::string error = parser.take_flag(word); !error.empty()) {
      return error;
    }
  }
  for (std::string error : {parser.check_flags(named), parser.check_operands(), parser.check_outputs()}) {
    if (!error.empty()) return error;
  }
  // What an output needs, the report has to hold.
  const bool csv = !out.layer_csv.empty();
  out.inspect.include_nodes = out.include_nodes || csv;
  out.inspect.include_tensors = out.include_tensors || csv;
  out.inspect.include_weights = out.include_weights;
  out.inspect.include_series = out.include_series;
  out.inspect.include_scopes = out.inspect.include_scopes || out.include_nodes;
  return std::move(out);
}

}  // namespace haoline::cli
