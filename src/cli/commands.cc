#include "cli/commands.h"

#include <iterator>

namespace haoline::cli {
namespace {

constexpr Command kCommands[] = {
    {CommandId::inspect, "inspect", "MODEL...",
     "report what is inside models and what they cost (the default command)",
     "Reads each MODEL and prints what it is, what it computes and what it occupies. `-` reads standard "
     "input. With an "
     "output flag the summary is not printed.\n\n"
     "Figures that depend on symbolic dimensions are shown as formulas and for the numbers given by --bind; "
     "a symbol "
     "that is not bound counts as 1. What cannot be known is named, never counted as 0.",
     "haoline resnet50.onnx\n"
     "# Cost of a batch of 8 sequences of 128 tokens, by operator\n"
     "haoline bert.onnx --bind batch=8,seq=128 --by op --top 10\n"
     "# Everything, for a program\n"
     "haoline bert.onnx --out-json report.json --include all\n"
     "# One report a line\n"
     "haoline *.onnx --out-json - | jq .cost.macs.value\n"
     "# A table for a spreadsheet\n"
     "haoline bert.onnx --layer-csv layers.csv\n"
     "# Something to show outside\n"
     "haoline secret.onnx --redact-names --out-md card.md\n"
     "# Fail a build on anything suspicious\n"
     "haoline model.onnx --quiet --fail-on warning",
     run_inspect},
    {CommandId::explain, "explain", "MODEL --node NAME", "show how one figure of a node came about",
     "Prints the rule behind a figure and its source, the operands with their shapes, the formula and the "
     "numbers.",
     "haoline explain resnet50.onnx --node /layer1/layer1.0/conv2/Conv\n"
     "haoline explain bert.onnx --node /encoder/MatMul --figure shape --bind seq=128",
     run_explain},
    {CommandId::ops, "ops", "[PATTERN]", "list the operators haoline knows and what it knows of each",
     "One line per operator: its category, whether its shapes are inferred, how its cost is counted. PATTERN "
     "selects "
     "names that contain it.",
     "haoline ops\nhaoline ops attention", run_ops},
    {CommandId::formats, "formats", "[NAME]", "list the formats and what can be done with each",
     "One line per format: what is read, what can be written, how many of its own operators have a canonical "
     "meaning. NAME lists those.",
     "haoline formats\nhaoline formats tflite", run_formats},
    {CommandId::schema, "schema", "", "print the JSON Schema of the report",
     "The schema is made from the same description that writes the report. It lists every finding id.",
     "haoline schema > report.schema.json", run_schema},
    {CommandId::completion,
     "completion",
     "bash|zsh|fish",
     "print a completion script for a shell",
     {},
     "source <(haoline completion bash)\nhaoline completion fish > ~/.config/fish/completions/haoline.fish",
     run_completion},
    {CommandId::help,
     "help",
     "[COMMAND]",
     "show help on haoline or on a command",
     {},
     "haoline help explain",
     run_help},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

const Command& command_of(CommandId id) {
  for (const Command& command : kCommands) {
    if (command.id == id) return command;
  }
  return kCommands[0];
}

const Command* find_command(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace haoline::cli
