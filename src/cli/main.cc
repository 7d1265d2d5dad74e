#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/version.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/parse.h"

namespace {

int run(std::span<const std::string_view> words) {
  using namespace haoline;
  using namespace haoline::cli;
  const Result<Arguments, std::string> arguments = parse(words);
  if (!arguments) {
    complain(arguments.error() + " (haoline --help shows what there is)");
    return kUsage;
  }
  const Command& command = command_of(arguments->command);
  if (arguments->version) return print("haoline " + std::string(version()) + "\n");
  if (arguments->help) return print(help_text(command));
  return command.run(*arguments);
}

}  // namespace

int main(int count, char** values) {
  try {
    const std::vector<std::string_view> words(values + (count > 0 ? 1 : 0), values + count);
    return run(words);
  } catch (const std::exception& defect) {
    haoline::cli::complain(std::string("a defect of haoline: ") + defect.what() + ". Please report it.");
    return haoline::cli::kDefect;
  }
}
