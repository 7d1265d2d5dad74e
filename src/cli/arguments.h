// What the command line asks for, after parsing. `flags.cc` says which flag fills which member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyses/explain.h"
#include "inspect/inspect.h"
#include "ir/finding.h"
#include "report/terminal.h"

namespace haoline::cli {

enum class CommandId : std::uint8_t { inspect, explain, ops, formats, schema, completion, help };

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// Exit codes of the program (docs/cli.md).
enum ExitCode : int {
  kFine = 0,
  kFindings = 1,
  kUnreadable = 2,
  kUsage = 64,
  kMissing = 69,
  kDefect = 70,
  kCannotWrite = 73,
};

struct Arguments {
  CommandId command = CommandId::inspect;
  std::vector<std::string> operands;  // models, a shell, a command to explain
  InspectOptions inspect;

  std::string out_json, out_md, layer_csv;  // a file, a folder, or "-"; empty: not asked for
  bool include_nodes = false, include_tensors = false, include_weights = false,
       include_series = false;  // in JSON

  std::optional<std::size_t> top;
  Breakdown by = Breakdown::by_node;
  bool no_color = false;
  bool quiet = false;
  bool progress = false;
  LogLevel log_level = LogLevel::info;
  std::optional<Severity> fail_on;

  std::string node;              // explain
  Figure figure = Figure::macs;  // explain
  bool markdown = false;         // ops, help, schema: the page for docs/
  bool help = false, version = false;
};

}  // namespace haoline::cli
