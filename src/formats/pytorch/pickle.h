// A pickle read as data. Nothing is ever imported or called: what a pickle would build by calling something
// is kept as "a call of NAME with these arguments and that state", and readers recognise the few names they
// know.
//
// Values live in one table and refer to each other by number, so cycles and shared values are ordinary and
// cost nothing. Every opcode of protocols 0 to 5 is understood; one that needs something outside the file
// (extension codes, out-of-band buffers) is a located error.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"

namespace haoline::pickle {

using Ref = std::uint32_t;  // a value's number in its Pickle
inline constexpr Ref kNone = 0, kTrue = 1, kFalse = 2, kEmptyTuple = 3;

enum class Kind : std::uint8_t {
  none,
  boolean,  // integer() is 0 or 1
  integer,  // fits int64
  big,      // an integer beyond that: text() has its little-endian two's complement
  real,
  text,
  bytes,  // bytes and bytearray
  tuple,
  list,
  set,         // frozen or not
  dictionary,  // items() alternate key, value
  global,      // text() is the module, name() what is taken from it
  call,        // callee(), arguments(), state(); items() are what was appended: elements, or keys and values
  persistent,  // argument() says which object outside the pickle it is
};

// How a call came about.
enum class Call : std::uint8_t { reduce, new_object, new_object_keywords, instance };

struct Value {
  Kind kind = Kind::none;
  Call call = Call::reduce;
  bool has_state = false;
  bool has_pairs = false;             // of a call: items are keys and values
  std::uint32_t a = 0, b = 0, c = 0;  // callee, arguments, state; or first and last cell
  std::uint32_t size = 0;             // of text, or how many items
  union {
    std::int64_t integer;
    double real;
    const char* text;
    std::uint64_t items;  // of the finished table: where they begin
  } as = {0};
  std::uint64_t offset = 0;  // of the opcode that made it, within the pickle
};

class Pickle {
 public:
  Ref root() const { return root_; }
  std::size_t size() const { return values_.size(); }
  std::uint64_t end() const { return end_; }  // first byte behind STOP, within the bytes given

  Kind kind(Ref ref) const { return values_[ref].kind; }
  bool is_none(Ref ref) const { return ref == kNone; }
  bool boolean(Ref ref, bool otherwise = false) const;
  std::int64_t integer(Ref ref, std::int64_t otherwise = 0) const;  // of booleans too
  double real(Ref ref, double otherwise = 0) const;                 // of integers too
  std::string_view text(Ref ref) const;  // of texts, bytes, globals (the module); else empty
  bool is_text(Ref ref) const { return kind(ref) == Kind::text; }
  std::uint64_t offset(Ref ref) const { return values_[ref].offset; }

  // Elements of tuples, lists, sets; keys and values of dictionaries; what was appended to a call.
  std::span<const Ref> items(Ref ref) const;
  std::size_t pairs(Ref ref) const { return items(ref).size() / 2; }
  bool is_sequence(Ref ref) const { return kind(ref) == Kind::tuple || kind(ref) == Kind::list; }
  // A plain dictionary, or one that a class like OrderedDict made.
  bool is_mapping(Ref ref) const;
  Ref find(Ref mapping, std::string_view key) const;  // kNone: there is none
  bool has(Ref mapping, std::string_view key) const;

  // "torch.nn.modules.conv", "Conv2d" of a global.
  std::string_view module(Ref global) const;
  std::string_view name(Ref global) const;
  bool is_global(Ref ref, std::string_view module, std::string_view name) const;
  // Of calls.
  bool is_call(Ref ref) const { return kind(ref) == Kind::call; }
  bool is_call_of(Ref ref, std::string_view module, std::string_view name) const;
  Call call(Ref ref) const { return values_[ref].call; }
  // A global; also where an old file carries the class with its source beside it.
  Ref callee(Ref ref) const;
  std::span<const Ref> arguments(Ref ref) const;
  Ref argument(Ref ref,
               std::size_t index) const;  // of a call, or the id of a persistent object; kNone beyond
  bool has_state(Ref ref) const { return values_[ref].has_state; }
  Ref state(Ref ref) const { return values_[ref].has_state ? values_[ref].c : kNone; }
  // The dictionary of an object's attributes: its state, or the first half of a (dict, slots) state.
  Ref attributes(Ref ref) const;

 private:
  friend class Machine;
  std::vector<Value> values_;
  std::vector<Ref> items_;
  Ref root_ = kNone;
  std::uint64_t end_ = 0;
};

// `place` names the record for errors ("data.pkl"), `offset` is where `bytes` stand in their file. Text that
// has to be unescaped goes to the arena; everything else is a view into `bytes`.
struct Source {
  Bytes bytes;
  std::string_view place;
  std::uint64_t offset = 0;
};
Result<Pickle> read(const Source& source, Arena& arena);

// Begins like a pickle of protocol 2 or above.
bool sniff(Bytes head);

}  // namespace haoline::pickle
