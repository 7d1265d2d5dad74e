// haoline completion SHELL: scripts made from the tables of commands and flags.
#include "cli/console.h"
#include "cli/flags.h"
#include "cli/help.h"

namespace haoline::cli {
namespace {

std::string command_names() {
  std::string names;
  for (const Command& command : commands()) names += (names.empty() ? "" : " ") + std::string(command.name);
  return names;
}

std::string flag_names() {
  std::string names;
  for (const Flag& flag : flags()) names += (names.empty() ? "" : " ") + std::string(flag.name);
  return names;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash_script() {
  std::string out =
      "_haoline() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  case $before in\n";
  for (const Flag& flag : flags()) {
    if (flag.argument.empty()) continue;
    out += "    " + std::string(flag.name) + ") ";
    if (flag.choices == "@file") {
      out += "COMPREPLY=($(compgen -f -- \"$word\"))";
    } else if (!flag.choices.empty()) {
      out += "COMPREPLY=($(compgen -W \"" + std::string(flag.choices) + "\" -- \"$word\"))";
    }
    out += " return ;;\n";
    if (flag.choices.empty())
      out.replace(out.size() - std::string(") "
                                           " return ;;\n")
                                   .size(),
                  std::string::npos, ") return ;;\n");
  }
  out += "    completion) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$word\")) return ;;\n  esac\n";
  out +=
      "  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"" + flag_names() + "\" -- \"$word\"))\n";
  out += "  elif [[ $COMP_CWORD -eq 1 ]]; then\n    COMPREPLY=($(compgen -W \"" + command_names() +
         "\" -- \"$word\") $(compgen -f -- \"$word\"))\n";
  out +=
      "  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\ncomplete -o filenames -F _haoline "
      "haoline\n";
  return out;
}

// zsh's _arguments reads brackets and colons in descriptions as its own.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_script() {
  std::string out = "#compdef haoline\n_haoline() {\n  _arguments -s \\\n";
  for (const Flag& flag : flags()) {
    std::string spec =
        std::string(flag.name) + (flag.argument.empty() ? "" : "=") + "[" + zsh_text(flag.help) + "]";
    if (!flag.argument.empty()) {
      spec += ":" + zsh_text(flag.argument) + ":";
      if (flag.choices == "@file")
        spec += "_files";
      else if (!flag.choices.empty())
        spec += "(" + std::string(flag.choices) + ")";
    }
    out += "    " + quoted(spec) + " \\\n";
  }
  out +=
      "    " + quoted("1:command or model:_haoline_first") + " \\\n    " + quoted("*:model:_files") + "\n}\n";
  out += "_haoline_first() {\n  local -a names=(\n";
  for (const Command& command : commands()) {
    out += "    " + quoted(std::string(command.name) + ":" + std::string(command.summary)) + "\n";
  }
  return out + "  )\n  _describe command names\n  _files\n}\ncompdef _haoline haoline\n";
}

std::string fish_script() {
  std::string out;
  for (const Command& command : commands()) {
    out += "complete -c haoline -n __fish_use_subcommand -a " + std::string(command.name) + " -d " +
           quoted(command.summary) + "\n";
  }
  for (const Flag& flag : flags()) {
    out += "complete -c haoline -l " + std::string(flag.name.substr(2));
    if (flag.letter != 0) out += std::string(" -s ") + flag.letter;
    if (!flag.argument.empty()) out += flag.choices == "@file" ? " -r" : " -x";
    if (!flag.choices.empty() && flag.choices != "@file") out += " -a " + quoted(flag.choices);
    out += " -d " + quoted(flag.help) + "\n";
  }
  return out + "complete -c haoline -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return {};
}

int run_completion(const Arguments& arguments) {
  const std::string script = completion_script(arguments.operands[0]);
  if (!script.empty()) return print(script);
  complain("no completion for " + arguments.operands[0] + "; there is one for bash, zsh and fish");
  return kUsage;
}

}  // namespace haoline::cli
