// Standard output and error, and the outputs that go to files. Every line for people passes through here.
#pragma once

#include <string>
#include <string_view>

#include "cli/arguments.h"

namespace haoline::cli {

bool is_terminal_output();  // standard output
bool is_terminal_error();   // standard error
bool wants_colour(const Arguments& arguments);

// All of it or an error; kFine or kCannotWrite, with a line on standard error.
int print(std::string_view text);
// "haoline: text", safe for a terminal, one line.
void complain(std::string_view text);
// The same, below the chosen log level.
void remark(const Arguments& arguments, std::string_view text);

// Writes a whole file or nothing: a failure leaves what was there before. `-` is standard output.
int write_output(const std::string& path, std::string_view text);
}  // namespace haoline::cli
