// The table of subcommands. A subcommand is a file in this folder and a row in commands.cc.
#pragma once

#include <span>
#include <string_view>

#include "cli/arguments.h"

namespace haoline::cli {

struct Command {
  CommandId id;
  std::string_view name;
  std::string_view operands;  // "MODEL..."
  std::string_view summary;   // one line
  std::string_view text;      // what --help says beyond the flags: paragraphs separated by empty lines
  std::string_view examples;  // lines; "# remark" or a command
  int (*run)(const Arguments& arguments);
};

std::span<const Command> commands();
const Command& command_of(CommandId id);
const Command* find_command(std::string_view name);

int run_inspect(const Arguments& arguments);
int run_explain(const Arguments& arguments);
int run_ops(const Arguments& arguments);
int run_formats(const Arguments& arguments);
int run_schema(const Arguments& arguments);
int run_completion(const Arguments& arguments);
int run_help(const Arguments& arguments);

}  // namespace haoline::cli
