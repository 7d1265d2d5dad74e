// Tokens of Python source, indentation included.
#include <charconv>
#include <cstdlib>
#include <string>

#include "formats/pytorch/syntax.h"

namespace haoline::pytorch::syntax {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Signs of several characters, longest first.
constexpr std::string_view kSigns[] = {
    "**=", "//=", "...", "->", "**", "//", "==", "!=", "<=", ">=", "<<", ">>", ":=", "+=", "-=", "*=", "/="};

class Tokenizer {
 public:
  Tokenizer(std::string_view text, Arena& arena) : text_(text), arena_(arena) {}

  Result<std::vector<Token>, Problem> run() {
    while (!failed_ && at_ < text_.size()) {
      if (at_line_begin_ && open_ == 0 && !indentation()) continue;
      at_line_begin_ = false;
      if (at_ < text_.size()) token();
    }
    if (failed_) return std::move(problem_);
    if (!tokens_.empty() && tokens_.back().kind != Token::Kind::line_end) push(Token::Kind::line_end, {});
    while (indents_.size() > 1) {
      indents_.pop_back();
      push(Token::Kind::dedent, {});
    }
    push(Token::Kind::end, {});
    return std::move(tokens_);
  }

 private:
  void fail(std::string message) {
    if (!failed_) problem_ = {at_, std::move(message)};
    failed_ = true;
  }
  Token& push(Token::Kind kind, std::string_view text) {
    tokens_.push_back({kind, text, 0, 0, line_, at_});
    return tokens_.back();
  }

  // False where the line is empty or a comment and was skipped.
  bool indentation() {
    std::size_t width = 0;
    std::size_t at = at_;
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) {
      ++at;
      ++width;
    }
    if (at == text_.size() || text_[at] == '\n' || text_[at] == '\r' || text_[at] == '#') {
      const std::size_t end = text_.find('\n', at);
      at_ = end == std::string_view::npos ? text_.size() : end + 1;
      ++line_;
      return false;
    }
    at_ = at;
    if (width > indents_.back()) {
      if (indents_.size() > 200) fail("is indented too deeply");
      indents_.push_back(width);
      push(Token::Kind::indent, {});
    }
    while (width < indents_.back()) {
      indents_.pop_back();
      push(Token::Kind::dedent, {});
    }
    if (width != indents_.back()) fail("has an indentation that matches no line above");
    return true;
  }

  void token() {
    const char c = text_[at_];
    if (c == '\n') {
      if (open_ == 0) push(Token::Kind::line_end, {});
      ++line_;
      ++at_;
      at_line_begin_ = open_ == 0;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
      ++at_;
    } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
      at_ += 2;
    } else if (c == '#') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      number();
    } else if (c == '"' || c == '\'') {
      quoted();
    } else if (is_letter(c)) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
      push(Token::Kind::name, text_.substr(begin, at_ - begin));
    } else {
      sign();
    }
  }

  void number() {
    const std::size_t begin = at_;
    bool is_real = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool is_exponent = (c == 'e' || c == 'E') && at_ > begin;
      if (c == '.' || is_exponent) is_real = true;
      if (is_exponent && at_ + 1 < text_.size() && (text_[at_ + 1] == '-' || text_[at_ + 1] == '+')) ++at_;
      if (!is_digit(c) && c != '.' && !is_exponent && c != '_') break;
      ++at_;
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    Token& token = push(is_real ? Token::Kind::real : Token::Kind::integer, digits);
    if (!is_real) {
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token.integer);
      if (error == std::errc()) return;
      token.kind = Token::Kind::real;
      static_cast<void>(end);
    }
    // The C library's function: the browser's has no from_chars for reals. It needs an end.
    const std::string copy(digits);
    char* end = nullptr;
    token.real = std::strtod(copy.c_str(), &end);
    if (end == copy.c_str()) fail("has a number that is none");
    if (at_ < text_.size() && text_[at_] == 'j') ++at_;
  }

  void quoted() {
    const char quote = text_[at_];
    const bool is_long = text_.substr(at_, 3) == std::string(3, quote);
    at_ += is_long ? 3 : 1;
    const std::size_t begin = at_;
    bool has_escapes = false;
    for (;; ++at_) {
      if (at_ >= text_.size() || (!is_long && text_[at_] == '\n')) return fail("has a text without an end");
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '\\') {
        has_escapes = true;
        ++at_;
      } else if (text_[at_] == quote && (!is_long || text_.substr(at_, 3) == std::string(3, quote))) {
        break;
      }
    }
    const std::string_view inside = text_.substr(begin, at_ - begin);
    at_ += is_long ? 3 : 1;
    push(Token::Kind::text, has_escapes ? unescaped(inside) : inside);
  }

  std::string_view unescaped(std::string_view text) {
    constexpr std::string_view kLetters = "abfnrtv\\'\"";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        plain += text[i];
        continue;
      }
      const char c = text[++i];
      const std::size_t known = kLetters.find(c);
      if (known != std::string_view::npos) {
        plain += kMeanings[known];
      } else if (is_digit(c) && c < '8') {  // octal, as TorchScript writes bytes
        int code = 0;
        std::size_t digits = 0;
        for (; digits < 3 && i < text.size() && text[i] >= '0' && text[i] < '8'; ++digits)
          code = code * 8 + (text[i++] - '0');
        --i;
        plain += static_cast<char>(code);
      } else if (c != '\n') {
        plain += '\\';
        plain += c;
      }
    }
    return arena_.text(plain);
  }

  void sign() {
    std::size_t length = 1;
    for (const std::string_view known : kSigns) {
      if (text_.substr(at_, known.size()) == known) {
        length = known.size();
        break;
      }
    }
    const std::string_view found = text_.substr(at_, length);
    if (length == 1 &&
        std::string_view("()[]{},:.;=+-*/%@<>&|^~!").find(found[0]) == std::string_view::npos) {
      return fail("has a character that is no Python");
    }
    if (found == "(" || found == "[" || found == "{") ++open_;
    if ((found == ")" || found == "]" || found == "}") && open_ > 0) --open_;
    push(Token::Kind::sign, found);
    at_ += length;
  }

  std::string_view text_;
  Arena& arena_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t open_ = 0;
  bool at_line_begin_ = true;
  std::vector<std::size_t> indents_{0};
  std::vector<Token> tokens_;
  bool failed_ = false;
  Problem problem_;
};

}  // namespace

Result<std::vector<Token>, Problem> tokenize(std::string_view text, Arena& arena) {
  return Tokenizer(text, arena).run();
}

}  // namespace haoline::pytorch::syntax
