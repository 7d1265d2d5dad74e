// The stack machine behind pickle::read. Internal to this folder.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "formats/pytorch/pickle.h"

namespace haoline::pickle {

// What one pickle may hold: far beyond any real checkpoint's structure (weights are not in the pickle).
inline constexpr std::size_t kMaxValues = 8'000'000;

class Machine {
 public:
  Machine(const Source& source, Arena& arena) : source_(source), arena_(arena) {}
  Result<Pickle> run();

 private:
  struct Cell {  // an item of a value that still grows
    Ref value;
    std::uint32_t next;
  };
  static constexpr std::uint32_t kEnd = ~std::uint32_t{0};

  // --- reading; each returns false after a failure
  bool take(std::uint64_t count, Bytes& out);
  template <class T>
  bool number(T& out);
  bool line(std::string_view& out);
  void fail(ErrorKind kind, std::string message, std::string advice = {});
  bool step();

  // --- the stack
  bool need(std::size_t count);
  bool to_mark(std::size_t& begin);  // where the items above the topmost mark begin; the mark is gone
  Ref pop();
  void push(Ref ref) { stack_.push_back(ref); }
  Ref make(Kind kind);
  void push_text(Kind kind, std::string_view text);
  void push_integer(std::int64_t value);
  void push_real(double value);
  void push_long(Bytes digits);
  void push_tuple(std::size_t begin);
  void push_global(std::string_view module, std::string_view name);
  void push_call(Call how, Ref callee, Ref arguments);
  void append(Ref to, std::span<const Ref> added, bool pairs);
  void remember(std::uint64_t key, Ref ref);
  void recall(std::uint64_t key);

  // --- opcodes with a name of their own in the table
  void decimal(std::string_view text);
  void decimal_real(std::string_view text);
  void quoted(std::string_view text);
  void raw_unicode(std::string_view text);
  void stack_global();
  void build();
  void instance(std::string_view module, std::string_view name);
  void object();
  void finish(Pickle& out);
  void expand_pairs(Pickle& out);

  // Groups of opcodes; true when `op` was one of theirs.
  bool constant_opcode(unsigned char op);
  bool text_opcode(unsigned char op);
  bool container_opcode(unsigned char op);
  bool object_opcode(unsigned char op);
  bool memo_opcode(unsigned char op);

  const Source& source_;
  Arena& arena_;
  std::size_t at_ = 0;
  std::size_t opcode_at_ = 0;
  std::vector<Value> values_;
  std::vector<Cell> cells_;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;
  std::vector<Ref> memo_;
  std::vector<bool> memo_set_;
  bool stopped_ = false;
  bool failed_ = false;
  Error error_;
};

}  // namespace haoline::pickle
