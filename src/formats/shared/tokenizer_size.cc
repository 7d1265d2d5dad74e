// The size of a tokenizer without parsing it.
#include <algorithm>
#include <cstring>
#include <optional>

#include "formats/shared/huggingface.h"
#include "formats/shared/json.h"

namespace haoline {
namespace {

// A walk over JSON text that knows strings and nesting, nothing more.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  bool ok() const { return at_ <= text_.size(); }
  void to(std::size_t at) { at_ = at; }
  std::size_t at() const { return at_; }
  char peek() {
    while (at_ < text_.size() && std::strchr(" \t\r\n,:", text_[at_]) != nullptr && text_[at_] != '\0') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void next() { ++at_; }
  // At a quote: to behind the closing one.
  void string() {
    ++at_;
    while (at_ < text_.size()) {
      const void* quote = std::memchr(text_.data() + at_, '"', text_.size() - at_);
      if (quote == nullptr) break;
      const auto found = static_cast<std::size_t>(static_cast<const char*>(quote) - text_.data());
      std::size_t slashes = 0;
      while (slashes < found - at_ && text_[found - 1 - slashes] == '\\') ++slashes;
      at_ = found + 1;
      if (slashes % 2 == 0) return;
    }
    at_ = text_.size() + 1;
  }
  // Over one value of any kind.
  void value() {
    std::size_t depth = 0;
    do {
      const char c = peek();
      if (c == '\0') {
        at_ = text_.size() + 1;
        return;
      }
      if (c == '"') {
        string();
      } else if (c == '{' || c == '[') {
        ++depth;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return;
        --depth;
        ++at_;
      } else {
        while (at_ < text_.size() && std::strchr(" \t\r\n,:]}", text_[at_]) == nullptr) ++at_;
      }
    } while (depth != 0);
  }
  std::string_view since(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Where the value of a member of the object at the scan's place begins; nothing when there is none.
bool enter(Scan& scan, std::string_view member) {
  if (scan.peek() != '{') return false;
  scan.next();
  while (scan.ok() && scan.peek() == '"') {
    const std::size_t begin = scan.at();
    scan.string();
    if (!scan.ok()) return false;
    const std::string_view key = scan.since(begin);
    scan.peek();
    if (key.size() >= 2 && key.substr(1, key.size() - 2) == member) return true;
    scan.value();
  }
  return false;
}

}  // namespace

std::optional<std::uint64_t> count_tokens(Bytes tokenizer_json) {
  const std::string_view text = as_text(tokenizer_json);
  // Tokens beside the vocabulary have ids of their own.
  std::uint64_t after = 0;
  Scan added(text);
  if (enter(added, "added_tokens") && added.peek() == '[') {
    const std::size_t begin = added.at();
    added.value();
    if (!added.ok()) return std::nullopt;
    const Result<json::Document> tokens = json::Document::parse(as_bytes(added.since(begin)));
    for (std::size_t i = 0; tokens && i < tokens->root().size(); ++i)
      after = std::max(after, tokens->root()[i]["id"].unsigned_integer() + 1);
  }
  Scan scan(text);
  if (!enter(scan, "model") || !enter(scan, "vocab")) return std::nullopt;
  const char open = scan.peek();
  if (open != '{' && open != '[') return std::nullopt;
  scan.next();
  std::uint64_t count = 0;
  while (scan.ok() && scan.peek() != (open == '{' ? '}' : ']')) {
    if (scan.peek() == '\0' || (open == '{' && scan.peek() != '"')) return std::nullopt;
    if (open == '{') scan.string();
    scan.value();
    ++count;
  }
  if (!scan.ok()) return std::nullopt;
  return std::max(count, after);
}

}  // namespace haoline
