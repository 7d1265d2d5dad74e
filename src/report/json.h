// Writes JSON through one growing buffer: deterministic bytes, valid UTF-8 whatever the names hold.
//
// Layout: containers down to `broken_levels` have one item a line, deeper ones are on one line; 0 gives a
// single line (JSON Lines).
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/checked.h"

namespace haoline {

class JsonWriter {
 public:
  explicit JsonWriter(int broken_levels) : broken_levels_(broken_levels) {}

  void reserve(std::size_t bytes) { out_.reserve(bytes); }

  void begin(char bracket) {
    before_value();
    out_ += bracket;
    ++depth_;
    first_ = true;
  }
  void end(char bracket) {
    --depth_;
    if (!first_ && depth_ < broken_levels_) new_line();
    out_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {  // one of ours: needs no escapes
    separate();
    out_ += '"';
    out_ += name;
    out_ += depth_ <= broken_levels_ || broken_levels_ != 0 ? "\": " : "\":";
    after_key_ = true;
  }
  void data_key(std::string_view name) {  // chosen by the file
    separate();
    append_quoted(out_, name);
    out_ += broken_levels_ != 0 ? ": " : ":";
    after_key_ = true;
  }

  void text(std::string_view value) {
    before_value();
    append_quoted(out_, value);
  }
  void null() { literal("null"); }
  void boolean(bool value) { literal(value ? "true" : "false"); }
  void number(std::int64_t value) { digits(value); }
  void number(std::uint64_t value) { digits(value); }
  void number(Int128 value);
  void number(double value);  // null when it is no finite number

  std::string take() && { return std::move(out_); }

  // The string as a JSON literal. Invalid UTF-8 becomes U+FFFD; control characters, and what a terminal or a
  // script element could take for more than text, become escapes.
  static void append_quoted(std::string& out, std::string_view text);

 private:
  template <class Int>
  void digits(Int value) {
    before_value();
    char buffer[24];
    out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
  void literal(std::string_view word) {
    before_value();
    out_ += word;
  }
  void before_value() {
    if (after_key_) {
      after_key_ = false;
    } else if (depth_ > 0) {
      separate();
    }
  }
  void separate() {
    if (!first_) out_ += depth_ <= broken_levels_ || broken_levels_ == 0 ? "," : ", ";
    if (depth_ <= broken_levels_) new_line();
    first_ = false;
  }
  void new_line() {
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth_) * 2, ' ');
  }

  std::string out_;
  int depth_ = 0;
  int broken_levels_;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace haoline
