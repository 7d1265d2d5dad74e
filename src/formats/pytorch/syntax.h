// The part of Python that TorchScript and torch.fx write: a tokenizer and a recursive-descent parser with a
// bound on depth. Nothing is evaluated here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"

namespace haoline::pytorch::syntax {

using Index = std::uint32_t;
inline constexpr Index kNothing = ~Index{0};

struct Expression {
  enum class Kind : std::uint8_t {
    name,     // text
    integer,  // integer
    real,     // real
    text,     // text, unescaped
    none,
    truth,      // integer 0 or 1
    attribute,  // first . text
    call,       // first ( items ), a keyword argument is a `keyword` item
    keyword,    // text = first
    subscript,  // first [ items ]
    slice,      // items: begin, end, step, each may be kNothing
    tuple,
    list,
    dictionary,  // items: key, value, key, value …
    unary,       // text first: "-", "not", "~"
    binary,      // first text second
    choice,      // first if items[0] else second
    starred,     // *first
  };
  Kind kind = Kind::none;
  std::string_view text;
  std::int64_t integer = 0;
  double real = 0;
  Index first = kNothing, second = kNothing;
  std::vector<Index> items;
  std::uint32_t line = 0;
};

struct Statement {
  enum class Kind : std::uint8_t {
    assign,    // targets = value; several targets are a tuple expression or chained
    evaluate,  // value
    give,      // return value
    branch,    // if value: body else: other
    repeat,    // while value: body
    each,      // for targets[0] in value: body
    define,    // def text(parameters): body
    type,      // class text: body
    nothing,   // pass, annotations, del
    raise,
  };
  Kind kind = Kind::nothing;
  std::string_view text;
  std::vector<Index> targets;
  Index value = kNothing;
  std::vector<Index> body, other;            // statements
  std::vector<std::string_view> parameters;  // of a definition
  std::vector<Index> defaults;               // one per parameter, kNothing where it has none
  std::vector<Index> types;                  // one per parameter: its annotation
  std::uint32_t line = 0;
};

struct Program {
  std::vector<Expression> expressions;
  std::vector<Statement> statements;
  std::vector<Index> body;
};

// `place` and `offset` locate errors. Names and plain texts are views into `text`, which must outlive the
// program; unescaped ones lie in the arena.
Result<Program> parse(std::string_view text, std::string_view place, std::uint64_t offset, Arena& arena);

// --- for the parser
struct Token {
  enum class Kind : std::uint8_t { name, integer, real, text, sign, line_end, indent, dedent, end };
  Kind kind = Kind::end;
  std::string_view text;
  std::int64_t integer = 0;
  double real = 0;
  std::uint32_t line = 0;
  std::uint64_t at = 0;
};
struct Problem {
  std::uint64_t at = 0;
  std::string message;
};
Result<std::vector<Token>, Problem> tokenize(std::string_view text, Arena& arena);

}  // namespace haoline::pytorch::syntax
