// An ML program as the text of a compiled model (model.mil):
//   program(1.0)
//   [buildInfo = …]
//   {
//       func main<ios16>(tensor<fp16, [1, 10]> x) {
//               tensor<fp16, [1, 10]> y = mul(x = x, y = x)[name = tensor<string, []>("y")];
//           } -> (y);
//   }
// Values are tensor<type, [extents]>(elements), elements a literal, a nested list in brackets, or
// BLOBFILE(path = …, offset = …).
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>

#include "formats/coreml/mil.h"

namespace haoline::coreml {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '+' || c == '@' || c == '/' || c == ':';
}

class TextReader {
 public:
  TextReader(Reading& r, MilProgram& out) : r_(r), out_(out), text_(as_text(r.file)) {}

  bool read() {
    expect_word("program");
    skip_group('(', ')');
    if (peek() == '[') skip_group('[', ']');
    expect('{');
    while (r_.ok() && peek() != '}') read_function();
    expect('}');
    return r_.ok();
  }

 private:
  // --- characters

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        ++at_;
      } else if (text_.substr(at_, 2) == "//") {
        const std::size_t end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end;
      } else {
        return;
      }
    }
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void fail(std::string what) {
    const std::size_t at = std::min(at_, text_.size());
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    r_.context.fail(ErrorKind::malformed, {nullptr, "line", static_cast<std::uint32_t>(line)},
                    r_.file.data() + at, std::move(what),
                    "The file is damaged, or of a later version; compile the model again.");
    at_ = text_.size();
  }
  bool expect(char c) {
    if (peek() == c) {
      ++at_;
      return true;
    }
    fail(std::string("'") + c + "' is expected");
    return false;
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::string_view word() {
    skip_space();
    const std::size_t from = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (at_ == from) fail("a name is expected");
    return text_.substr(from, at_ - from);
  }
  void expect_word(std::string_view wanted) {
    if (word() != wanted && r_.ok()) fail("\"" + std::string(wanted) + "\" is expected");
  }
  std::string_view quoted() {
    if (!expect('"')) return {};
    std::string text;
    const std::size_t from = at_;
    bool is_plain = true;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        is_plain = false;
        ++at_;
        const char c = text_[at_];
        text += c == 'n' ? '\n' : c == 't' ? '\t' : c;
      } else {
        text += text_[at_];
      }
      ++at_;
    }
    const std::string_view plain = text_.substr(from, at_ - from);
    expect('"');
    return is_plain ? plain : r_.model.arena.text(text);
  }
  // Everything between two brackets, nested ones and texts included.
  void skip_group(char open, char close) {
    if (!expect(open)) return;
    std::size_t depth = 1;
    while (r_.ok() && depth > 0) {
      const char c = peek();
      if (c == '\0') return fail("a bracket is not closed");
      if (c == '"') {
        quoted();
        continue;
      }
      depth += c == open ? 1 : 0;
      depth -= c == close ? 1 : 0;
      ++at_;
    }
  }

  // --- types and values

  MilType read_type(std::size_t depth = 0) {
    MilType type;
    if (depth >= kMaxDepth) {
      fail("types are nested too deeply");
      return type;
    }
    const std::string_view kind = word();
    if (kind == "tensor") {
      expect('<');
      const MilElement element = mil_element(word());
      type.dtype = element.dtype;
      type.bits = element.bits;
      expect(',');
      expect('[');
      while (r_.ok() && peek() != ']') {
        const std::string_view extent = peek() == '?' ? (++at_, std::string_view("-1")) : word();
        std::int64_t value = -1;
        const auto end = std::from_chars(extent.data(), extent.data() + extent.size(), value);
        type.dims.push_back(end.ec == std::errc() && value >= 0 ? value : -1);
        if (!accept(',')) break;
      }
      expect(']');
      expect('>');
      return type;
    }
    if (kind == "state" || kind == "list") {
      expect('<');
      type = read_type(depth + 1);
      while (r_.ok() && accept(',')) {
        if (peek() == '[')
          skip_group('[', ']');
        else if (peek() == '?')
          ++at_;
        else
          word();
      }
      expect('>');
      (kind == "state" ? type.is_state : type.is_list) = true;
      return type;
    }
    type.is_other = true;
    type.has_rank = false;
    if (peek() == '<') skip_group('<', '>');
    return type;
  }

  struct Elements {
    std::vector<std::string_view> texts;
    std::vector<double> reals;
    std::vector<std::int64_t> integers;
  };

  void read_literal(const MilType& type, Elements& out) {
    if (peek() == '"') {
      out.texts.push_back(quoted());
      return;
    }
    const std::string_view literal = word();
    if (literal == "true" || literal == "false") {
      out.integers.push_back(literal == "true" ? 1 : 0);
      return;
    }
    const bool is_real = is_float(type.dtype);
    if (!is_real) {
      std::int64_t value = 0;
      std::from_chars(literal.data(), literal.data() + literal.size(), value);
      out.integers.push_back(value);
      return;
    }
    // Also "0x1.8p+1". The C library's function: the browser's has no from_chars for reals.
    out.reals.push_back(std::strtod(std::string(literal.substr(0, 64)).c_str(), nullptr));
  }

  void read_elements(const MilType& type, Elements& out, std::size_t depth) {
    if (depth >= kMaxDepth) return fail("a list is nested too deeply");
    if (!accept('[')) return read_literal(type, out);
    while (r_.ok() && peek() != ']') {
      read_elements(type, out, depth + 1);
      if (!accept(',')) break;
    }
    expect(']');
  }

  void store(const MilType& type, const Elements& elements, TensorData& data) {
    Int128 count = 1;
    for (const std::int64_t extent : type.dims)
      count = extent < 0 || count > (Int128{1} << 50) ? -1 : count * extent;
    const std::size_t given = elements.texts.size() + elements.reals.size() + elements.integers.size();
    data.encoding = TensorData::Encoding::absent;
    data.stored_elements = count < 0 ? 1 : static_cast<std::uint64_t>(count);
    if (count != static_cast<Int128>(given) || type.bits % 8 != 0) return;
    if (!elements.texts.empty()) {
      data.encoding = TensorData::Encoding::strings;
      data.texts = r_.model.arena.copy(elements.texts);
      return;
    }
    const std::size_t width = type.bits / 8;
    if (width == 0) return;  // texts, or a type that is not known
    const std::span<std::byte> room = r_.model.arena.allocate<std::byte>(given * width);
    for (std::size_t i = 0; i < given; ++i) {
      std::byte* const to = room.data() + i * width;
      if (elements.reals.empty()) {
        std::memcpy(to, &elements.integers[i], std::min<std::size_t>(width, 8));
      } else if (width == 8) {
        std::memcpy(to, &elements.reals[i], 8);
      } else if (width == 4) {
        const auto value = static_cast<float>(elements.reals[i]);
        std::memcpy(to, &value, 4);
      } else {
        return;  // half floats of the text steer nothing
      }
    }
    data.bytes = room;
    data.encoding = TensorData::Encoding::raw;
  }

  const MilValue* read_value() {
    MilValue value;
    value.type = read_type();
    value.data.dtype = value.type.dtype;
    value.data.encoding = TensorData::Encoding::absent;
    expect('(');
    if (value.type.is_other || value.type.is_list) {
      --at_;
      skip_group('(', ')');
    } else if (text_.substr(at_).starts_with("BLOBFILE")) {
      word();
      expect('(');
      std::string_view path;
      std::uint64_t offset = 0;
      while (r_.ok() && peek() != ')') {
        const std::string_view key = word();
        expect('=');
        const MilValue* argument = read_value();
        if (key == "path" && argument->data.texts.size() == 1) path = argument->data.texts[0];
        if (key == "offset" && argument->data.bytes.size() == 8)
          offset = load<std::uint64_t>(argument->data.bytes.data());
        if (!accept(',')) break;
      }
      expect(')');
      if (r_.ok())
        value.data = read_blob(r_, path, offset, value.type.dtype, value.type.bits, value.type.dims);
      expect(')');
    } else {
      Elements elements;
      if (peek() != ')') read_elements(value.type, elements, 0);
      while (r_.ok() && accept(',')) read_elements(value.type, elements, 0);
      expect(')');
      value.data.extents = r_.model.arena.copy(std::span<const std::int64_t>(value.type.dims));
      store(value.type, elements, value.data);
    }
    if (value.data.encoding == TensorData::Encoding::absent &&
        std::any_of(value.type.dims.begin(), value.type.dims.end(), [](std::int64_t d) { return d < 0; }))
      value.data.extents = {};
    out_.values.push_back(std::move(value));
    return &out_.values.back();
  }

  // --- operations

  MilArgument read_argument() {
    MilArgument argument;
    argument.name = word();
    expect('=');
    const auto one = [&] {
      const std::size_t before = at_;
      const std::string_view name = word();
      if (peek() == '<' && r_.ok()) {
        at_ = before;
        argument.bindings.push_back({{}, read_value()});
      } else {
        argument.bindings.push_back({name, nullptr});
      }
    };
    if (!accept('(')) {
      one();
      return argument;
    }
    while (r_.ok() && peek() != ')') {
      one();
      if (!accept(',')) break;
    }
    expect(')');
    return argument;
  }

  MilNamed read_named() {
    MilNamed named;
    named.type = read_type();
    named.name = word();
    return named;
  }

  MilOperation read_operation(std::size_t depth) {
    MilOperation operation;
    operation.at = at_;
    do operation.outputs.push_back(read_named());
    while (r_.ok() && accept(','));
    expect('=');
    operation.type = word();
    expect('(');
    while (r_.ok() && peek() != ')') {
      operation.inputs.push_back(read_argument());
      if (!accept(',')) break;
    }
    expect(')');
    if (accept('[')) {
      while (r_.ok() && peek() != ']') {
        const std::string_view key = word();
        expect('=');
        operation.attributes.push_back({key, read_value()});
        if (!accept(',')) break;
      }
      expect(']');
    }
    while (r_.ok() && (peek() == '{' || peek() == '(')) operation.blocks.push_back(read_block(depth + 1));
    expect(';');
    return operation;
  }

  // (inputs) { operations } -> (outputs)
  MilBlock read_block(std::size_t depth) {
    MilBlock block;
    if (depth >= kMaxDepth) {
      fail("blocks are nested too deeply");
      return block;
    }
    if (accept('(')) {
      while (r_.ok() && peek() != ')') {
        block.inputs.push_back(read_named());
        if (!accept(',')) break;
      }
      expect(')');
    }
    expect('{');
    while (r_.ok() && peek() != '}') block.operations.push_back(read_operation(depth));
    expect('}');
    expect('-');
    expect('>');
    expect('(');
    while (r_.ok() && peek() != ')') {
      block.outputs.push_back(word());
      if (!accept(',')) break;
    }
    expect(')');
    return block;
  }

  void read_function() {
    MilFunction function;
    expect_word("func");
    function.name = word();
    expect('<');
    function.opset = word();
    expect('>');
    MilBlock block = read_block_of_function(function);
    function.block = std::move(block);
    expect(';');
    out_.functions.push_back(std::move(function));
  }
  MilBlock read_block_of_function(MilFunction& function) {
    // Between the inputs and the body there may be attributes.
    expect('(');
    while (r_.ok() && peek() != ')') {
      function.inputs.push_back(read_named());
      if (!accept(',')) break;
    }
    expect(')');
    if (peek() == '[') skip_group('[', ']');
    return read_block(0);
  }

  Reading& r_;
  MilProgram& out_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool read_mil_text(Reading& r, MilProgram& out) {
  return TextReader(r, out).read();
}

}  // namespace haoline::coreml
