// XML that nobody has to trust, pulled tag by tag: OpenVINO's IR.
//
// Zero-copy: names and values are views into the text; only one that holds an entity is decoded, into an
// arena. Memory grows with the depth alone, which is bounded. Document types are refused: they define
// entities, and entities are how small XML becomes large or reads other files. The five predefined entities
// and numbers of characters are known. The first defect sticks and has its line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"

namespace haoline::xml {

struct Attribute {
  std::string_view name;
  std::string_view value;  // as decode() gives it
};

enum class Event : std::uint8_t { begin, end, text, done };  // done: the end, or a defect

class Cursor {
 public:
  static constexpr std::size_t kMaxDepth = 192;

  // Decoded text goes to the arena.
  Cursor(Bytes text, Arena& arena);

  // Steps to the next tag or stretch of text. <a/> is a begin and an end. Comments, processing instructions
  // and blank text are stepped over.
  Event next();

  std::string_view name() const { return name_; }                        // begin, end
  std::span<const Attribute> attributes() const { return attributes_; }  // begin
  std::string_view attribute(std::string_view name) const;               // begin; empty: there is none
  std::string_view text() const { return text_; }                        // text
  std::uint64_t offset() const { return static_cast<std::uint64_t>(tag_ - begin_); }  // of the event
  std::size_t depth() const { return open_.size(); }  // elements that are open; a begin is in its own

  // Steps over the rest of the element that the last begin opened, its end included.
  void skip();

  bool ok() const { return ok_; }
  const Error& error() const { return error_; }
  // A defect that the caller found at the event in hand; only the first is kept.
  void fail(ErrorKind kind, std::string message, std::string advice = {});

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool starts(std::string_view what) const { return std::string_view(at_, left()).starts_with(what); }
  bool step_over(std::string_view closing, std::string_view what);
  bool read_name(std::string_view& name);
  void skip_space();
  Event read_begin();
  Event read_end();
  bool read_attributes();
  bool read_text(Event& event);
  std::string_view decode(std::string_view raw);
  Event defect(std::string message, std::string advice = {});

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* tag_;
  Arena& arena_;
  std::string_view name_, text_;
  std::vector<Attribute> attributes_;
  std::vector<std::string_view> open_;
  bool closes_ = false;  // the element in hand was <a/>: its end comes next
  bool had_root_ = false;
  bool ok_ = true;
  Error error_;
};

}  // namespace haoline::xml
