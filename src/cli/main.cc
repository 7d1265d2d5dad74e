#include <malloc.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
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

// A short run that only grows: one stretch of address space for all tables, in huge pages where the system
// has them. Half of the cost of a large model's tables is otherwise that the system hands them out 4 KiB at a
// time.
void prepare_memory() {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  constexpr int kReserved = 128 << 20;
  constexpr std::uintptr_t kHugePage = 2 << 20;
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_ARENA_MAX, 1);  // the second thread allocates little: it shares these pages
  mallopt(M_TOP_PAD, kReserved);
  void* block = std::malloc(std::size_t{1} << 20);  // makes the heap grow by what is reserved
  const bool has_block = block != nullptr;
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(block);
  std::free(block);
  mallopt(M_TOP_PAD, 16 << 20);
  // Advice only: where it is refused, everything works as before.
  void* const begin = reinterpret_cast<void*>((address + kHugePage - 1) / kHugePage * kHugePage);
  if (has_block) madvise(begin, kReserved - kHugePage, MADV_HUGEPAGE);
#endif
}

}  // namespace

int main(int count, char** values) {
  prepare_memory();
  try {
    const std::vector<std::string_view> words(values + (count > 0 ? 1 : 0), values + count);
    return run(words);
  } catch (const std::exception& defect) {
    haoline::cli::complain(std::string("a defect of haoline: ") + defect.what() + ". Please report it.");
    return haoline::cli::kDefect;
  }
}
