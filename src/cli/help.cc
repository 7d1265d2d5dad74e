#include "cli/help.h"

#include "cli/console.h"
#include "cli/flags.h"
#include "cli/parse.h"
#include "report/format.h"

namespace haoline::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kColumn = 26;  // where descriptions begin

constexpr std::string_view kExitCodes[][2] = {
    {"0", "fine"},
    {"1", "findings at or above --fail-on"},
    {"2", "an input could not be read; one line on standard error says what and where"},
    {"64", "wrong usage"},
    {"69", "something optional is missing and a requested output was not made"},
    {"70", "a defect of haoline itself"},
    {"73", "an output could not be written; what was there before is left as it was"},
};

std::string spelled(const Flag& flag) {
  std::string text = flag.letter != 0 ? std::string("-") + flag.letter + ", " : "";
  text += flag.name;
  if (!flag.argument.empty()) text += " " + std::string(flag.argument);
  return text;
}

std::string entry(const std::string& left, std::string_view right) {
  const std::string start = "  " + left;
  if (start.size() + 2 > kColumn) {
    return start + "\n" + std::string(kColumn, ' ') + wrapped(right, kColumn, kColumn, kWidth) + "\n";
  }
  return padded(start, kColumn) + wrapped(right, kColumn, kColumn, kWidth) + "\n";
}

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

std::string usage_line(const Command& command) {
  std::string line = "haoline";
  if (command.id != CommandId::inspect) line += " " + std::string(command.name);
  if (!command.operands.empty()) line += " " + std::string(command.operands);
  return line + " [FLAGS]";
}

bool has_flags(const Command& command, FlagSection section) {
  for (const Flag& flag : flags()) {
    if (flag.section == section && (flag.commands & bit(command.id)) != 0) return true;
  }
  return false;
}

std::string flag_sections(const Command& command) {
  std::string out;
  for (std::size_t i = 0; i < kFlagSections; ++i) {
    const auto section = static_cast<FlagSection>(i);
    if (!has_flags(command, section)) continue;
    out += "\n" + std::string(title(section)) + ":\n";
    for (const Flag& flag : flags()) {
      if (flag.section == section && (flag.commands & bit(command.id)) != 0)
        out += entry(spelled(flag), flag.help);
    }
  }
  return out;
}

// Text in a Markdown table cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string page_section(const Command& command) {
  std::string out = "\n## haoline " + std::string(command.name) + "\n\n`" + usage_line(command) +
                    "`: " + std::string(command.summary) + ".\n";
  if (!command.text.empty()) out += "\n" + std::string(command.text) + "\n";
  out += "\n```\n" + std::string(command.examples) + "\n```\n";
  for (std::size_t i = 0; i < kFlagSections; ++i) {
    const auto section = static_cast<FlagSection>(i);
    if (!has_flags(command, section)) continue;
    out += "\n### " + std::string(title(section)) + "\n\n| flag | meaning |\n|---|---|\n";
    for (const Flag& flag : flags()) {
      if (flag.section != section || (flag.commands & bit(command.id)) == 0) continue;
      out += "| `" + cell(spelled(flag)) + "` | " + cell(flag.help) + " |\n";
    }
  }
  return out;
}

}  // namespace

std::string help_text(const Command& command) {
  std::string out;
  if (command.id == CommandId::inspect) {
    out += "haoline: what is inside a model, what it computes and what it occupies\n\n";
  } else {
    out += "haoline " + std::string(command.name) + ": " + std::string(command.summary) + "\n\n";
  }
  out += "Usage: " + usage_line(command) + "\n";
  each_line(command.text, [&](std::string_view line) { out += "\n" + wrapped(line, 0, 0, kWidth); });
  if (!command.text.empty()) out += "\n";
  if (command.id == CommandId::inspect) {
    out += "\nCommands (haoline help COMMAND):\n";
    for (const Command& other : commands()) {
      out +=
          entry(std::string(other.name) + (other.operands.empty() ? "" : " " + std::string(other.operands)),
                other.summary);
    }
  }
  out += flag_sections(command);
  out += "\nExamples:\n";
  each_line(command.examples, [&](std::string_view line) { out += "  " + std::string(line) + "\n"; });
  if (command.id == CommandId::inspect) {
    out += "\nExit codes:\n";
    for (const auto& code : kExitCodes) out += entry(std::string(code[0]), code[1]);
  }
  return out;
}

std::string help_page() {
  std::string out =
      "# The command line\n\nMade by `haoline help --markdown` from the tables of commands and flags. A "
      "flag's value follows "
      "it or an equals sign (`--top 5`, `--top=5`); `--` ends the flags.\n";
  for (const Command& command : commands()) out += page_section(command);
  out += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const auto& code : kExitCodes)
    out += "| " + std::string(code[0]) + " | " + std::string(code[1]) + " |\n";
  return out;
}

int run_help(const Arguments& arguments) {
  if (arguments.markdown) return print(help_page());
  if (arguments.operands.empty()) return print(help_text(command_of(CommandId::inspect)));
  if (const Command* command = find_command(arguments.operands[0])) return print(help_text(*command));
  complain("no command " + arguments.operands[0]);
  return kUsage;
}

}  // namespace haoline::cli
