// What is going on, on standard error, for whoever waits longer than a second. Erased when done.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "cli/arguments.h"

namespace haoline::cli {

class Progress {
 public:
  Progress(const Arguments& arguments, const std::string& what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // For InspectOptions::phase; null: nobody watches.
  std::atomic<const char*>* phase();

 private:
  struct Ticker;
  std::unique_ptr<Ticker> ticker_;  // null: nobody watches
};

}  // namespace haoline::cli
