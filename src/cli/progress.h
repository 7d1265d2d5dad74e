// What is going on, on standard error, for whoever waits longer than half a second. Erased when done.
#pragma once

#include <memory>
#include <string>

#include "cli/arguments.h"

namespace haoline::cli {

class Progress {
 public:
  Progress(const Arguments& arguments, std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  struct Ticker;
  std::unique_ptr<Ticker> ticker_;  // null: nobody watches
};

}  // namespace haoline::cli
