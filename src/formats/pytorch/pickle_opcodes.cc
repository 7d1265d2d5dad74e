// What each opcode of a pickle does, in groups. The names are those of Python's pickletools.
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/text.h"
#include "formats/pytorch/pickle_machine.h"

namespace haoline::pickle {
namespace {

template <class T>
T swapped(T value) {
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `digits` hexadecimal digits at `at`; false where there are fewer.
bool read_hex(std::string_view text, std::size_t at, std::size_t digits, std::uint32_t& out) {
  out = 0;
  if (text.size() - at < digits) return false;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = hex_digit(text[at + i]);
    if (digit < 0) return false;
    out = out * 16 + static_cast<std::uint32_t>(digit);
  }
  return true;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18 & 7));
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

}  // namespace

bool Machine::constant_opcode(unsigned char op) {
  std::uint8_t u8 = 0;
  std::uint16_t u16 = 0;
  std::int32_t i32 = 0;
  std::uint64_t u64 = 0;
  std::string_view text;
  Bytes bytes;
  switch (op) {
    case 'N':  // NONE
      push(kNone);
      return true;
    case 0x88:  // NEWTRUE
      push(kTrue);
      return true;
    case 0x89:  // NEWFALSE
      push(kFalse);
      return true;
    case 'K':  // BININT1
      if (number(u8)) push_integer(u8);
      return true;
    case 'M':  // BININT2
      if (number(u16)) push_integer(u16);
      return true;
    case 'J':  // BININT
      if (number(i32)) push_integer(i32);
      return true;
    case 'I':  // INT
      if (line(text)) decimal(text);
      return true;
    case 'L':  // LONG
      if (line(text)) decimal(!text.empty() && text.back() == 'L' ? text.substr(0, text.size() - 1) : text);
      return true;
    case 0x8a:  // LONG1
      if (number(u8) && take(u8, bytes)) push_long(bytes);
      return true;
    case 0x8b:  // LONG4
      if (number(i32)) {
        if (i32 < 0) {
          fail(ErrorKind::malformed, "a pickle's integer has a negative length");
        } else if (take(static_cast<std::uint64_t>(i32), bytes)) {
          push_long(bytes);
        }
      }
      return true;
    case 'G':  // BINFLOAT, big-endian
      if (number(u64)) push_real(std::bit_cast<double>(swapped(u64)));
      return true;
    case 'F':  // FLOAT
      if (line(text)) decimal_real(text);
      return true;
    default:
      return false;
  }
}

bool Machine::text_opcode(unsigned char op) {
  std::uint8_t u8 = 0;
  std::uint32_t u32 = 0;
  std::uint64_t u64 = 0;
  std::string_view text;
  Bytes bytes;
  switch (op) {
    case 'X':  // BINUNICODE
    case 'T':  // BINSTRING: a str of Python 2, which is text to everybody
      if (number(u32) && take(u32, bytes)) push_text(Kind::text, as_text(bytes));
      return true;
    case 0x8c:  // SHORT_BINUNICODE
    case 'U':   // SHORT_BINSTRING
      if (number(u8) && take(u8, bytes)) push_text(Kind::text, as_text(bytes));
      return true;
    case 0x8d:  // BINUNICODE8
      if (number(u64) && take(u64, bytes)) push_text(Kind::text, as_text(bytes));
      return true;
    case 'B':  // BINBYTES
      if (number(u32) && take(u32, bytes)) push_text(Kind::bytes, as_text(bytes));
      return true;
    case 'C':  // SHORT_BINBYTES
      if (number(u8) && take(u8, bytes)) push_text(Kind::bytes, as_text(bytes));
      return true;
    case 0x8e:  // BINBYTES8
    case 0x96:  // BYTEARRAY8
      if (number(u64) && take(u64, bytes)) push_text(Kind::bytes, as_text(bytes));
      return true;
    case 'S':  // STRING
      if (line(text)) quoted(text);
      return true;
    case 'V':  // UNICODE
      if (line(text)) raw_unicode(text);
      return true;
    default:
      return false;
  }
}

bool Machine::container_opcode(unsigned char op) {
  std::size_t begin = 0;
  switch (op) {
    case '(':  // MARK
      marks_.push_back(stack_.size());
      return true;
    case ')':  // EMPTY_TUPLE
      push(kEmptyTuple);
      return true;
    case ']':  // EMPTY_LIST
      push(make(Kind::list));
      return true;
    case '}':  // EMPTY_DICT
      push(make(Kind::dictionary));
      return true;
    case 0x8f:  // EMPTY_SET
      push(make(Kind::set));
      return true;
    case 't':  // TUPLE
      if (to_mark(begin)) push_tuple(begin);
      return true;
    case 0x85:  // TUPLE1, TUPLE2, TUPLE3
    case 0x86:
    case 0x87:
      if (need(op - 0x84u)) push_tuple(stack_.size() - (op - 0x84u));
      return true;
    case 'l':   // LIST
    case 'd':   // DICT
    case 0x91:  // FROZENSET
      if (to_mark(begin)) {
        const Ref made = make(op == 'l' ? Kind::list : op == 'd' ? Kind::dictionary : Kind::set);
        append(made, std::span(stack_).subspan(begin), op == 'd');
        stack_.resize(begin);
        push(made);
      }
      return true;
    case 'a':  // APPEND
    case 's':  // SETITEM
      begin = op == 'a' ? 1 : 2;
      if (need(begin + 1)) {
        append(stack_[stack_.size() - begin - 1], std::span(stack_).last(begin), op == 's');
        stack_.resize(stack_.size() - begin);
      }
      return true;
    case 'e':   // APPENDS
    case 'u':   // SETITEMS
    case 0x90:  // ADDITEMS
      if (to_mark(begin)) {
        const std::size_t floor = marks_.empty() ? 0 : marks_.back();
        if (begin <= floor) {
          fail(ErrorKind::malformed, "a pickle's opcode finds nothing to add to");
          return true;
        }
        append(stack_[begin - 1], std::span(stack_).subspan(begin), op == 'u');
        stack_.resize(begin);
      }
      return true;
    case '0':  // POP, which also takes a lone mark
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else if (need(1)) {
        pop();
      }
      return true;
    case '1':  // POP_MARK
      if (to_mark(begin)) stack_.resize(begin);
      return true;
    case '2':  // DUP
      if (need(1)) push(stack_.back());
      return true;
    default:
      return false;
  }
}

bool Machine::object_opcode(unsigned char op) {
  std::string_view module;
  std::string_view name;
  switch (op) {
    case 'c':  // GLOBAL
      if (line(module) && line(name)) push_global(module, name);
      return true;
    case 0x93:  // STACK_GLOBAL
      if (need(2)) stack_global();
      return true;
    case 'R':   // REDUCE
    case 0x81:  // NEWOBJ
      if (need(2)) {
        const Ref arguments = pop();
        const Ref callee = pop();
        push_call(op == 'R' ? Call::reduce : Call::new_object, callee, arguments);
      }
      return true;
    case 0x92:  // NEWOBJ_EX: the keywords are kept as the state until a real one comes
      if (need(3)) {
        const Ref keywords = pop();
        const Ref arguments = pop();
        const Ref callee = pop();
        push_call(Call::new_object_keywords, callee, arguments);
        values_[stack_.back()].c = keywords;
        values_[stack_.back()].has_state = keywords != kNone;
      }
      return true;
    case 'b':  // BUILD
      if (need(2)) build();
      return true;
    case 'i':  // INST
      if (line(module) && line(name)) instance(module, name);
      return true;
    case 'o':  // OBJ
      object();
      return true;
    case 'P':  // PERSID
      if (line(name)) {
        push_text(Kind::text, name);
        const Ref id = pop();
        const Ref made = make(Kind::persistent);
        values_[made].a = id;
        push(made);
      }
      return true;
    case 'Q':  // BINPERSID
      if (need(1)) {
        const Ref id = pop();
        const Ref made = make(Kind::persistent);
        values_[made].a = id;
        push(made);
      }
      return true;
    default:
      return false;
  }
}

bool Machine::memo_opcode(unsigned char op) {
  std::uint8_t u8 = 0;
  std::uint32_t u32 = 0;
  std::uint64_t u64 = 0;
  std::string_view text;
  switch (op) {
    case 'q':  // BINPUT
      if (number(u8) && need(1)) remember(u8, stack_.back());
      return true;
    case 'r':  // LONG_BINPUT
      if (number(u32) && need(1)) remember(u32, stack_.back());
      return true;
    case 0x94:  // MEMOIZE
      if (need(1)) remember(memo_.size(), stack_.back());
      return true;
    case 'h':  // BINGET
      if (number(u8)) recall(u8);
      return true;
    case 'j':  // LONG_BINGET
      if (number(u32)) recall(u32);
      return true;
    case 'p':  // PUT
    case 'g':  // GET
      if (line(text)) {
        const std::optional<std::uint64_t> key = parse_decimal(text);
        if (!key) {
          fail(ErrorKind::malformed, "a pickle's memo number is no number");
        } else if (op == 'g') {
          recall(*key);
        } else if (need(1)) {
          remember(*key, stack_.back());
        }
      }
      return true;
    case 0x80:  // PROTO
      if (number(u8) && u8 > 5) {
        fail(ErrorKind::unsupported,
             "is a pickle of protocol " + std::to_string(u8) + ", newer than this reader");
      }
      return true;
    case 0x95:  // FRAME: how much to fetch at once, which a map does not need
      number(u64);
      return true;
    case 0x98:  // READONLY_BUFFER
      return true;
    case '.':  // STOP
      if (need(1)) stopped_ = true;
      return true;
    default:
      return false;
  }
}

void Machine::decimal(std::string_view text) {
  if (text == "00" || text == "01") return push(text == "01" ? kTrue : kFalse);  // protocol 0's booleans
  std::string_view digits = text;
  while (!digits.empty() && digits.front() == ' ') digits.remove_prefix(1);
  if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem == std::errc() && end == digits.data() + digits.size()) return push_integer(value);
  if (problem == std::errc::result_out_of_range) return push_text(Kind::big, digits);
  fail(ErrorKind::malformed, "a pickle's integer is no number");
}

void Machine::decimal_real(std::string_view text) {
  // The C library's function: the browser's has no from_chars for reals. It needs an end.
  const std::string digits(text);
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (end == digits.c_str()) return fail(ErrorKind::malformed, "a pickle's number is no number");
  push_real(value);
}

// A repr of Python 2: quotes around, backslashes inside.
void Machine::quoted(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.size() < 2 || text.front() != text.back() || (text.front() != '\'' && text.front() != '"')) {
    return fail(ErrorKind::malformed, "a pickle's text lacks its quotes");
  }
  text = text.substr(1, text.size() - 2);
  if (text.find('\\') == std::string_view::npos) return push_text(Kind::text, text);
  constexpr std::string_view kLetters = "abfnrtv\\'\"0";
  constexpr std::string_view kMeanings{"\a\b\f\n\r\t\v\\'\"\0", 11};
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t code = 0;
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
    } else if (text[i + 1] == 'x' && read_hex(text, i + 2, 2, code)) {
      plain += static_cast<char>(code);
      i += 3;
    } else {
      const std::size_t known = kLetters.find(text[++i]);
      if (known == std::string_view::npos) plain += '\\';
      plain += known == std::string_view::npos ? text[i] : kMeanings[known];
    }
  }
  push_text(Kind::text, arena_.text(plain));
}

// Latin-1 with \uXXXX and \UXXXXXXXX.
void Machine::raw_unicode(std::string_view text) {
  bool plain = true;
  for (const char c : text) plain = plain && c != '\\' && static_cast<unsigned char>(c) < 0x80;
  if (plain) return push_text(Kind::text, text);
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t code = 0;
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'u' && read_hex(text, i + 2, 4, code)) {
      append_utf8(decoded, code);
      i += 5;
    } else if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'U' &&
               read_hex(text, i + 2, 8, code)) {
      append_utf8(decoded, code);
      i += 9;
    } else {
      append_utf8(decoded, static_cast<unsigned char>(text[i]));
    }
  }
  push_text(Kind::text, arena_.text(decoded));
}

void Machine::stack_global() {
  const Value name = values_[pop()];
  const Value module = values_[pop()];
  if (name.kind != Kind::text || module.kind != Kind::text) {
    return fail(ErrorKind::malformed, "a pickle names a global by something that is no text");
  }
  push_global({module.as.text, module.size}, {name.as.text, name.size});
}

void Machine::build() {
  const Ref state = pop();
  Value& object = values_[stack_.back()];
  // Plain dictionaries and lists with attributes keep their items; nobody asks for the attributes.
  if (object.kind != Kind::call) return;
  object.c = state;
  object.has_state = true;
}

void Machine::instance(std::string_view module, std::string_view name) {
  std::size_t begin = 0;
  if (!to_mark(begin)) return;
  push_tuple(begin);
  const Ref arguments = pop();
  push_global(module, name);
  const Ref callee = pop();
  push_call(Call::instance, callee, arguments);
}

void Machine::object() {
  std::size_t begin = 0;
  if (!to_mark(begin)) return;
  if (begin == stack_.size()) return fail(ErrorKind::malformed, "a pickle makes an object of no class");
  const Ref callee = stack_[begin];
  push_tuple(begin + 1);
  const Ref arguments = pop();
  pop();
  push_call(Call::instance, callee, arguments);
}

}  // namespace haoline::pickle
