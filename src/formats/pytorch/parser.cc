#include <algorithm>

#include "formats/pytorch/archive.h"
#include "formats/pytorch/syntax.h"

namespace haoline::pytorch::syntax {
namespace {

constexpr int kMaxNesting = 100;  // of expressions in expressions, blocks in blocks

// Binary signs by rank, weakest first; each rank is left-associative. `**` is apart.
struct Sign {
  std::string_view text;
  int rank;
};
constexpr Sign kBinary[] = {{"or", 0}, {"and", 1}, {"in", 2}, {"is", 2}, {"==", 2}, {"!=", 2},
                            {"<", 2},  {">", 2},   {"<=", 2}, {">=", 2}, {"|", 3},  {"^", 4},
                            {"&", 5},  {"<<", 6},  {">>", 6}, {"+", 7},  {"-", 7},  {"*", 8},
                            {"/", 8},  {"//", 8},  {"%", 8},  {"@", 8}};
constexpr int kRanks = 9;

class Parser {
 public:
  Parser(std::vector<Token> tokens, Program& program) : tokens_(std::move(tokens)), program_(program) {}

  bool run(Problem& problem) {
    while (!failed_ && token().kind != Token::Kind::end) statement(program_.body);
    problem = problem_;
    return !failed_;
  }

 private:
  using Kind = Expression::Kind;

  const Token& token() const { return tokens_[at_]; }
  void advance() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool is(std::string_view text) const {
    return (token().kind == Token::Kind::sign || token().kind == Token::Kind::name) && token().text == text;
  }
  bool accept(std::string_view text) {
    if (!is(text)) return false;
    advance();
    return true;
  }
  bool expect(std::string_view text) {
    if (accept(text)) return true;
    fail("lacks '" + std::string(text) + "'");
    return false;
  }
  void fail(std::string message) {
    if (!failed_) problem_ = {token().at, std::move(message) + " in line " + std::to_string(token().line)};
    failed_ = true;
  }
  struct Depth {
    explicit Depth(Parser& parser) : p(parser) {
      if (++p.depth_ > kMaxNesting) p.fail("is nested too deeply");
    }
    ~Depth() { --p.depth_; }
    Parser& p;
  };

  Index add(Expression expression) {
    expression.line = token().line;
    program_.expressions.push_back(std::move(expression));
    return static_cast<Index>(program_.expressions.size() - 1);
  }
  Index add(Kind kind, std::string_view text, Index first = kNothing, Index second = kNothing) {
    Expression e;
    e.kind = kind;
    e.text = text;
    e.first = first;
    e.second = second;
    return add(std::move(e));
  }

  // --- expressions

  Index expression() {
    const Depth depth(*this);
    if (failed_) return kNothing;
    const Index value = binary(0);
    if (failed_ || !is("if")) return value;
    advance();
    Expression choice;
    choice.kind = Kind::choice;
    choice.first = value;
    choice.items.push_back(binary(0));
    expect("else");
    choice.second = expression();
    return add(std::move(choice));
  }

  const Sign* binary_sign(int rank) const {
    if (token().kind != Token::Kind::sign && token().kind != Token::Kind::name) return nullptr;
    const auto found = std::find_if(std::begin(kBinary), std::end(kBinary),
                                    [&](const Sign& s) { return s.rank == rank && s.text == token().text; });
    return found == std::end(kBinary) ? nullptr : found;
  }

  Index binary(int rank) {
    if (rank == kRanks) return unary();
    Index left = binary(rank + 1);
    while (!failed_) {
      std::string_view text;
      if (const Sign* sign = binary_sign(rank)) {
        text = sign->text;
        advance();
        if (text == "is" && accept("not")) text = "is not";
      } else if (rank == 2 && is("not") && tokens_[at_ + 1].text == "in") {
        advance(), advance();
        text = "not in";
      } else {
        break;
      }
      const Index right = binary(rank + 1);
      left = add(Kind::binary, text, left, right);
    }
    return left;
  }

  Index unary() {
    const Depth depth(*this);
    if (failed_) return kNothing;
    for (const std::string_view sign : {"-", "+", "~", "not"}) {
      if (accept(sign)) {
        // "not" binds weaker than comparisons.
        const Index operand = sign == "not" ? binary(2) : unary();
        return add(Kind::unary, sign, operand);
      }
    }
    const Index base = postfix();
    if (!accept("**")) return base;
    return add(Kind::binary, "**", base, unary());
  }

  Index postfix() {
    Index value = atom();
    while (!failed_) {
      if (accept(".")) {
        if (token().kind != Token::Kind::name) {
          fail("lacks a name after '.'");
          break;
        }
        value = add(Kind::attribute, token().text, value);
        advance();
      } else if (accept("(")) {
        value = call(value);
      } else if (accept("[")) {
        value = subscript(value);
      } else {
        break;
      }
    }
    return value;
  }

  Index call(Index callee) {
    Expression call;
    call.kind = Kind::call;
    call.first = callee;
    while (!failed_ && !is(")")) {
      if (token().kind == Token::Kind::name && tokens_[at_ + 1].kind == Token::Kind::sign &&
          tokens_[at_ + 1].text == "=") {
        const std::string_view keyword = token().text;
        advance(), advance();
        call.items.push_back(add(Kind::keyword, keyword, expression()));
      } else if (accept("*")) {
        call.items.push_back(add(Kind::starred, "*", expression()));
      } else if (accept("**")) {
        call.items.push_back(add(Kind::starred, "**", expression()));
      } else {
        call.items.push_back(expression());
      }
      if (!accept(",")) break;
    }
    expect(")");
    return add(std::move(call));
  }

  Index slice_part() { return is(":") || is("]") || is(",") ? kNothing : expression(); }

  Index subscript(Index base) {
    Expression subscript;
    subscript.kind = Kind::subscript;
    subscript.first = base;
    while (!failed_ && !is("]")) {
      Index item = slice_part();
      if (accept(":")) {
        Expression slice;
        slice.kind = Kind::slice;
        slice.items = {item, slice_part()};
        slice.items.push_back(accept(":") ? slice_part() : kNothing);
        item = add(std::move(slice));
      }
      subscript.items.push_back(item);
      if (!accept(",")) break;
    }
    expect("]");
    return add(std::move(subscript));
  }

  // Items up to `close`; whether a comma followed one.
  bool items(std::string_view close, std::vector<Index>& out) {
    bool has_comma = false;
    while (!failed_ && !is(close)) {
      out.push_back(accept("*") ? add(Kind::starred, "*", expression()) : expression());
      if (!accept(",")) break;
      has_comma = true;
    }
    expect(close);
    return has_comma;
  }

  Index atom() {
    if (failed_) return kNothing;
    const Token found = token();
    const std::size_t before = at_;
    advance();
    Expression e;
    switch (found.kind) {
      case Token::Kind::integer:
        e.kind = Kind::integer;
        e.integer = found.integer;
        return add(std::move(e));
      case Token::Kind::real:
        e.kind = Kind::real;
        e.real = found.real;
        return add(std::move(e));
      case Token::Kind::text: {
        e.kind = Kind::text;
        e.text = found.text;
        return add(std::move(e));
      }
      case Token::Kind::name:
        if (found.text == "None") return add(Kind::none, {});
        if (found.text == "True" || found.text == "False") {
          e.kind = Kind::truth;
          e.integer = found.text == "True";
          return add(std::move(e));
        }
        return add(Kind::name, found.text);
      case Token::Kind::sign:
        if (found.text == "(") {
          const bool has_comma = items(")", e.items);
          if (e.items.size() == 1 && !has_comma) return e.items[0];
          e.kind = Kind::tuple;
          return add(std::move(e));
        }
        if (found.text == "[") {
          e.kind = Kind::list;
          items("]", e.items);
          return add(std::move(e));
        }
        if (found.text == "{") return dictionary();
        if (found.text == "...") return add(Kind::name, found.text);
        break;
      default:
        break;
    }
    at_ = before;
    fail("has no expression where one is needed");
    return kNothing;
  }

  Index dictionary() {
    Expression e;
    e.kind = Kind::dictionary;
    while (!failed_ && !is("}")) {
      e.items.push_back(expression());
      if (accept(":")) e.items.push_back(expression());
      if (!accept(",")) break;
    }
    expect("}");
    return add(std::move(e));
  }

  // "a, b, = …": a tuple without parentheses.
  Index expressions() {
    const Index first = accept("*") ? add(Kind::starred, "*", expression()) : expression();
    if (!is(",")) return first;
    Expression tuple;
    tuple.kind = Kind::tuple;
    tuple.items.push_back(first);
    while (!failed_ && accept(",")) {
      if (is("=") || is(":") || is(")") || token().kind == Token::Kind::line_end || is(";")) break;
      tuple.items.push_back(expression());
    }
    return add(std::move(tuple));
  }

  // --- statements

  void end_of_statement() {
    if (accept(";")) {
      if (token().kind == Token::Kind::line_end) advance();
      return;
    }
    if (token().kind == Token::Kind::line_end) {
      advance();
    } else if (token().kind != Token::Kind::end && token().kind != Token::Kind::dedent) {
      fail("has something behind a statement");
    }
  }

  void block(std::vector<Index>& out) {
    const Depth depth(*this);
    if (failed_ || !expect(":")) return;
    if (token().kind != Token::Kind::line_end) return statement(out);
    advance();
    if (token().kind != Token::Kind::indent) return fail("lacks an indented block");
    advance();
    while (!failed_ && token().kind != Token::Kind::dedent && token().kind != Token::Kind::end)
      statement(out);
    if (token().kind == Token::Kind::dedent) advance();
  }

  void statement(std::vector<Index>& out) {
    if (token().kind == Token::Kind::line_end) {
      advance();
      return;
    }
    Statement s;
    s.line = token().line;
    while (accept("@")) {  // decorators say nothing of the computation
      expression();
      if (token().kind == Token::Kind::line_end) advance();
    }
    if (accept("def")) {
      define(s);
    } else if (accept("class")) {
      s.kind = Statement::Kind::type;
      s.text = token().text;
      advance();
      if (accept("(")) {
        std::vector<Index> bases;
        items(")", bases);
      }
      block(s.body);
    } else if (accept("if")) {
      branch(s);
    } else if (accept("while")) {
      s.kind = Statement::Kind::repeat;
      s.value = expression();
      block(s.body);
    } else if (accept("for")) {
      s.kind = Statement::Kind::each;
      s.targets.push_back(for_target());
      expect("in");
      s.value = expressions();
      block(s.body);
    } else {
      simple(s);
    }
    program_.statements.push_back(std::move(s));
    out.push_back(static_cast<Index>(program_.statements.size() - 1));
  }

  Index for_target() {
    Expression tuple;
    tuple.kind = Kind::tuple;
    do {
      if (is("in")) break;
      tuple.items.push_back(postfix());
    } while (!failed_ && accept(","));
    return tuple.items.size() == 1 ? tuple.items[0] : add(std::move(tuple));
  }

  void branch(Statement& s) {
    s.kind = Statement::Kind::branch;
    s.value = expression();
    block(s.body);
    if (accept("elif")) {
      const Depth depth(*this);
      if (failed_) return;
      Statement inner;
      inner.line = token().line;
      branch(inner);
      program_.statements.push_back(std::move(inner));
      s.other.push_back(static_cast<Index>(program_.statements.size() - 1));
    } else if (accept("else")) {
      block(s.other);
    }
  }

  void define(Statement& s) {
    s.kind = Statement::Kind::define;
    s.text = token().text;
    advance();
    expect("(");
    while (!failed_ && !is(")")) {
      accept("*");
      if (accept("**") || is(",")) {
        accept(",");
        continue;
      }
      s.parameters.push_back(token().text);
      if (token().kind != Token::Kind::name) fail("has a parameter without a name");
      advance();
      s.types.push_back(accept(":") ? expression() : kNothing);
      s.defaults.push_back(accept("=") ? expression() : kNothing);
      if (!accept(",")) break;
    }
    expect(")");
    if (accept("->")) expression();
    block(s.body);
  }

  void simple(Statement& s) {
    if (accept("return")) {
      s.kind = Statement::Kind::give;
      if (token().kind != Token::Kind::line_end && !is(";")) s.value = expressions();
    } else if (accept("pass") || accept("continue") || accept("break")) {
      s.kind = Statement::Kind::nothing;
    } else if (accept("raise") || accept("assert")) {
      s.kind = tokens_[at_ - 1].text == "raise" ? Statement::Kind::raise : Statement::Kind::nothing;
      if (token().kind != Token::Kind::line_end) expressions();
    } else if (accept("import") || accept("from") || accept("del") || accept("global")) {
      while (token().kind != Token::Kind::line_end && token().kind != Token::Kind::end) advance();
    } else {
      assignment(s);
    }
    end_of_statement();
  }

  void assignment(Statement& s) {
    Index value = expressions();
    bool is_assigned = false;
    if (accept(":")) {  // an annotation
      s.types.push_back(expression());
      s.kind = Statement::Kind::nothing;
      if (!is("=")) s.targets.push_back(value);
      if (!is("=")) return;
    }
    for (const std::string_view sign : {"+=", "-=", "*=", "/=", "//=", "**="}) {
      if (!accept(sign)) continue;
      s.kind = Statement::Kind::assign;
      s.targets.push_back(value);
      s.value = add(Kind::binary, sign.substr(0, sign.size() - 1), value, expressions());
      return;
    }
    while (!failed_ && accept("=")) {
      is_assigned = true;
      s.targets.push_back(value);
      value = expressions();
    }
    s.kind = is_assigned ? Statement::Kind::assign : Statement::Kind::evaluate;
    s.value = value;
  }

  std::vector<Token> tokens_;
  Program& program_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  Problem problem_;
};

}  // namespace

Result<Program> parse(std::string_view text, std::string_view place, std::uint64_t offset, Arena& arena) {
  Result<std::vector<Token>, Problem> tokens = tokenize(text, arena);
  Program program;
  Problem problem;
  if (!tokens) {
    problem = std::move(tokens).error();
  } else if (Parser(std::move(*tokens), program).run(problem)) {
    return program;
  }
  return located(ErrorKind::malformed, place, offset + problem.at, "the code " + problem.message,
                 "The file is damaged, or written by a PyTorch that is newer than this reader.");
}

}  // namespace haoline::pytorch::syntax
