// JSON that nobody has to trust, as a tree: headers of SafeTensors, configs of Keras, tfjs and Hugging Face,
// TensorRT's layer lists.
//
// Strings are views into the text, and where something is escaped, into the Document: good as long as both
// live. Depth is bounded, parsing does not recurse, memory is in proportion to the text. NaN and Infinity,
// which Python writes, are numbers. A failure knows its byte.
//
// (RapidJSON 1.1 does not compile with clang 19, simdjson comes as a shared library only, the others throw.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace haoline::json {

struct Member;

// One value of a document, or nothing: a question to nothing has the empty answer, so that a reader asks for
// a path and checks once: config["layers"][3]["name"].text().
class Value {
 public:
  Value() = default;
  explicit Value(const void* raw) : raw_(raw) {}

  explicit operator bool() const { return raw_ != nullptr; }  // there is a value (null is one)
  bool is_null() const;
  bool is_boolean() const;
  bool is_integer() const;  // fits int64
  bool is_number() const;   // any number
  bool is_text() const;
  bool is_array() const;
  bool is_object() const;

  bool boolean(bool otherwise = false) const;
  std::int64_t integer(std::int64_t otherwise = 0) const;  // also of a double without fraction
  double number(double otherwise = 0) const;
  std::string_view text(std::string_view otherwise = {}) const;

  std::size_t size() const;  // of an array or object; else 0
  Value operator[](std::size_t index) const;
  Value operator[](std::string_view key) const;  // the last of repeated keys, as Python has it
  Member member(std::size_t index) const;        // of an object, in the order of the text

  std::uint64_t unsigned_integer(std::uint64_t otherwise = 0) const;

 private:
  const void* raw_ = nullptr;
};

struct Member {
  std::string_view key;
  Value value;
};

class Document {
 public:
  // The error has the byte, counted from `text`'s begin plus `offset` (where the text stands in its file).
  static Result<Document> parse(Bytes text, std::uint64_t offset = 0, std::size_t max_depth = 64);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Value root() const;

 private:
  struct State;
  explicit Document(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace haoline::json
