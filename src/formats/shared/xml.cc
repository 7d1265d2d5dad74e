#include "formats/shared/xml.h"

#include <algorithm>
#include <string>

namespace haoline::xml {
namespace {

constexpr std::string_view kDamaged = "The file is cut short or damaged; export the model again.";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_name(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' ||
         c == '-' || c == '.' || u >= 0x80;
}

std::size_t append_utf8(std::uint32_t code, char* to) {
  const auto put = [&](std::size_t i, std::uint32_t byte) { to[i] = static_cast<char>(byte); };
  if (code < 0x80) {
    put(0, code);
    return 1;
  }
  if (code < 0x800) {
    put(0, 0xc0 | code >> 6);
    put(1, 0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    put(0, 0xe0 | code >> 12);
    put(1, 0x80 | (code >> 6 & 0x3f));
    put(2, 0x80 | (code & 0x3f));
    return 3;
  }
  put(0, 0xf0 | code >> 18);
  put(1, 0x80 | (code >> 12 & 0x3f));
  put(2, 0x80 | (code >> 6 & 0x3f));
  put(3, 0x80 | (code & 0x3f));
  return 4;
}

// The character that "&…;" stands for; 0: none that we know.
std::uint32_t entity(std::string_view name) {
  if (name == "amp") return '&';
  if (name == "lt") return '<';
  if (name == "gt") return '>';
  if (name == "quot") return '"';
  if (name == "apos") return '\'';
  if (name.size() < 2 || name[0] != '#') return 0;
  const bool is_hex = name[1] == 'x';
  const std::string_view digits = name.substr(is_hex ? 2 : 1);
  if (digits.empty() || digits.size() > 8) return 0;
  std::uint64_t code = 0;
  for (const char c : digits) {
    const unsigned digit = c >= '0' && c <= '9'             ? static_cast<unsigned>(c - '0')
                           : is_hex && c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                           : is_hex && c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                            : 99;
    if (digit == 99) return 0;
    code = code * (is_hex ? 16 : 10) + digit;
  }
  const bool is_character = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return is_character ? static_cast<std::uint32_t>(code) : 0;
}

}  // namespace

Cursor::Cursor(Bytes text, Arena& arena)
    : begin_(reinterpret_cast<const char*>(text.data())),
      at_(begin_),
      end_(begin_ + text.size()),
      tag_(begin_),
      arena_(arena) {
  if (starts("\xef\xbb\xbf")) at_ += 3;
}

void Cursor::fail(ErrorKind kind, std::string message, std::string advice) {
  if (!ok_) return;
  ok_ = false;
  error_.kind = kind;
  error_.path = "line " + std::to_string(1 + std::count(begin_, tag_, '\n'));
  error_.offset = offset();
  error_.has_offset = true;
  error_.message = std::move(message);
  error_.advice = std::move(advice);
  at_ = end_;
}

Event Cursor::defect(std::string message, std::string advice) {
  fail(ErrorKind::malformed, std::move(message), advice.empty() ? std::string(kDamaged) : std::move(advice));
  return Event::done;
}

std::string_view Cursor::attribute(std::string_view name) const {
  for (const Attribute& a : attributes_) {
    if (a.name == name) return a.value;
  }
  return {};
}

void Cursor::skip_space() {
  while (at_ != end_ && is_space(*at_)) ++at_;
}

bool Cursor::step_over(std::string_view closing, std::string_view what) {
  const std::size_t found = std::string_view(at_, left()).find(closing);
  if (found == std::string_view::npos) {
    defect(std::string(what) + " does not end");
    return false;
  }
  at_ += found + closing.size();
  return true;
}

bool Cursor::read_name(std::string_view& name) {
  const char* const from = at_;
  while (at_ != end_ && is_name(*at_)) ++at_;
  name = {from, static_cast<std::size_t>(at_ - from)};
  if (!name.empty()) return true;
  defect("a tag or attribute has no name");
  return false;
}

// A view of the same text where it holds no entity.
std::string_view Cursor::decode(std::string_view raw) {
  if (raw.find('&') == std::string_view::npos) return raw;
  const std::span<char> room = arena_.allocate<char>(raw.size());  // no entity is shorter than its character
  std::size_t size = 0;
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '&') {
      room[size++] = raw[i++];
      continue;
    }
    const std::size_t close = raw.substr(i, 16).find(';');
    const std::uint32_t code = close == std::string_view::npos ? 0 : entity(raw.substr(i + 1, close - 1));
    if (code == 0) {
      defect("uses an entity that is not one of XML's own",
             "Only &amp; &lt; &gt; &quot; &apos; and numbers are read.");
      return {};
    }
    size += append_utf8(code, room.data() + size);
    i += close + 1;
  }
  return {room.data(), size};
}

bool Cursor::read_attributes() {
  attributes_.clear();
  while (true) {
    skip_space();
    if (at_ == end_) {
      defect("the file ends within a tag");
      return false;
    }
    if (*at_ == '>' || *at_ == '/') return true;
    Attribute attribute;
    if (!read_name(attribute.name)) return false;
    skip_space();
    if (at_ == end_ || *at_ != '=') {
      defect("an attribute has no value");
      return false;
    }
    ++at_;
    skip_space();
    if (at_ == end_ || (*at_ != '"' && *at_ != '\'')) {
      defect("the value of an attribute is not in quotes");
      return false;
    }
    const char quote = *at_++;
    const auto* close = static_cast<const char*>(std::memchr(at_, quote, left()));
    if (close == nullptr) {
      defect("the value of an attribute does not end");
      return false;
    }
    attribute.value = decode({at_, static_cast<std::size_t>(close - at_)});
    if (!ok_) return false;
    at_ = close + 1;
    attributes_.push_back(attribute);
  }
}

Event Cursor::read_begin() {
  ++at_;
  if (!read_name(name_) || !read_attributes()) return Event::done;
  if (*at_ == '/') {
    ++at_;
    if (at_ == end_ || *at_ != '>') return defect("a tag is not closed");
    closes_ = true;
  }
  ++at_;
  if (open_.empty() && had_root_) return defect("there is a second outermost element");
  if (open_.size() >= kMaxDepth) {
    fail(ErrorKind::unsupported, "elements are nested more than " + std::to_string(kMaxDepth) + " deep");
    return Event::done;
  }
  had_root_ = true;
  open_.push_back(name_);
  return Event::begin;
}

Event Cursor::read_end() {
  at_ += 2;
  if (!read_name(name_)) return Event::done;
  skip_space();
  if (at_ == end_ || *at_ != '>') return defect("a closing tag is not closed");
  ++at_;
  if (open_.empty() || open_.back() != name_)
    return defect("a closing tag closes another element than the open one");
  open_.pop_back();
  return Event::end;
}

// Text up to the next tag. False: it is blank.
bool Cursor::read_text(Event& event) {
  const auto* close = static_cast<const char*>(std::memchr(at_, '<', left()));
  if (close == nullptr) close = end_;
  const std::string_view raw(at_, static_cast<std::size_t>(close - at_));
  at_ = close;
  if (std::all_of(raw.begin(), raw.end(), is_space)) return false;
  event = Event::text;
  if (open_.empty()) {
    event = defect("there is text outside of the outermost element");
    return true;
  }
  text_ = decode(raw);
  if (!ok_) event = Event::done;
  return true;
}

Event Cursor::next() {
  if (!ok_) return Event::done;
  if (closes_) {
    closes_ = false;
    name_ = open_.back();
    open_.pop_back();
    return Event::end;
  }
  while (at_ != end_) {
    tag_ = at_;
    Event event = Event::done;
    if (*at_ != '<') {
      if (read_text(event)) return event;
    } else if (starts("<!--")) {
      at_ += 4;
      if (!step_over("-->", "a comment")) return Event::done;
    } else if (starts("<?")) {
      if (!step_over("?>", "a processing instruction")) return Event::done;
    } else if (starts("<![CDATA[")) {
      at_ += 9;
      const char* const from = at_;
      if (open_.empty()) return defect("there is text outside of the outermost element");
      if (!step_over("]]>", "a stretch of literal text")) return Event::done;
      text_ = {from, static_cast<std::size_t>(at_ - 3 - from)};
      return Event::text;
    } else if (starts("<!")) {
      fail(ErrorKind::unsupported, "declares a document type, which may define entities",
           "No exporter writes one; remove it if the file is trusted.");
      return Event::done;
    } else {
      return starts("</") ? read_end() : read_begin();
    }
  }
  tag_ = at_;
  if (!open_.empty()) return defect("the file ends within <" + std::string(open_.back().substr(0, 64)) + ">");
  if (!had_root_) return defect("there is no element");
  return Event::done;
}

void Cursor::skip() {
  const std::size_t outside = open_.size() - 1;
  while (open_.size() > outside && next() != Event::done) {
  }
}

}  // namespace haoline::xml
