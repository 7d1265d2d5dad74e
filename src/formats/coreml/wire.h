// Small questions to protobuf fields that several of Core ML's messages share. Internal to this folder.
#pragma once

#include <string_view>

#include "formats/coreml/reading.h"

namespace haoline::coreml {

// A repeated number, packed or not.
inline void append_integers(Fields& message, Integers& list) {
  constexpr std::size_t kMost = 1 << 20;
  if (message.type() == protobuf::WireType::varint) {
    if (list.size() < kMost) list.push_back(message.integer());
    return;
  }
  const Bytes packed = message.bytes();
  const std::byte* at = packed.data();
  const std::byte* const end = at + packed.size();
  while (at != end && list.size() < kMost) {
    std::uint64_t value = 0;
    at = protobuf::read_varint(at, end, value);
    if (at == nullptr) {
      message.fail(ErrorKind::malformed, "holds a number that does not end");
      return;
    }
    list.push_back(static_cast<std::int64_t>(value));
  }
}

// One field of a message, the last of repeated ones; a question to a message without it has the empty answer.
class Message {
 public:
  Message(Reading& r, Bytes bytes, const Place& place) : r_(r), bytes_(bytes), place_(place) {}
  Bytes bytes() const { return bytes_; }
  bool has(std::uint32_t number) const {
    Fields message = fields();
    while (message.next()) {
      if (message.number() == number) return true;
    }
    return false;
  }
  Message sub(std::uint32_t number) const {
    Bytes found;
    Fields message = fields();
    while (message.next()) {
      if (message.number() == number) found = message.bytes();
    }
    return {r_, found, place_};
  }
  std::int64_t integer(std::uint32_t number, std::int64_t otherwise = 0) const {
    Fields message = fields();
    while (message.next()) {
      if (message.number() == number) otherwise = message.integer();
    }
    return otherwise;
  }
  float real(std::uint32_t number, float otherwise = 0) const {
    Fields message = fields();
    while (message.next()) {
      if (message.number() == number) otherwise = message.real();
    }
    return otherwise;
  }
  std::string_view text(std::uint32_t number) const { return as_text(sub(number).bytes()); }
  Integers integers(std::uint32_t number) const {
    Integers list;
    Fields message = fields();
    while (message.next()) {
      if (message.number() == number) append_integers(message, list);
    }
    return list;
  }
  template <class Step>
  void each(std::uint32_t number, Step step) const {
    Fields message = fields();
    while (message.next()) {
      if (message.number() == number) step(Message(r_, message.bytes(), place_));
    }
  }
  // The kind of a oneof: the first field whose number is at least `from`; 0: none.
  std::uint32_t kind(std::uint32_t from, Bytes& payload) const {
    Fields message = fields();
    while (message.next()) {
      if (message.number() < from || message.type() != protobuf::WireType::length) continue;
      payload = message.payload();
      return message.number();
    }
    return 0;
  }
  Fields fields() const { return {bytes_, place_, {}, r_.context}; }
  const Place& place() const { return place_; }
  Reading& reading() const { return r_; }

 private:
  Reading& r_;
  Bytes bytes_;
  const Place& place_;
};

}  // namespace haoline::coreml
