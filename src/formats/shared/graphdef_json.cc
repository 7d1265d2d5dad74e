#include <limits>
#include <optional>

#include "base/text.h"
#include "formats/shared/graphdef.h"
#include "formats/shared/graphdef_schema.h"

namespace haoline::graphdef {
namespace {

// "tensorShape" and "tensor_shape" are the same field.
bool is_called(std::string_view key, std::string_view name) {
  if (key == name) return true;
  std::size_t at = 0;
  for (std::size_t i = 0; i < name.size(); ++i, ++at) {
    char wanted = name[i];
    if (wanted == '_' && i + 1 < name.size()) {
      wanted = name[++i];
      if (wanted >= 'a' && wanted <= 'z') wanted = static_cast<char>(wanted - 'a' + 'A');
    }
    if (at >= key.size() || key[at] != wanted) return false;
  }
  return at == key.size();
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

std::string decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

std::optional<std::int64_t> integer_of(json::Value value) {
  if (!value.is_text()) return value.is_number() ? std::optional(value.integer()) : std::nullopt;
  std::string_view text = value.text();
  const bool is_negative = text.starts_with("-");
  if (is_negative) text.remove_prefix(1);
  const std::optional<std::uint64_t> number = parse_decimal(text);
  if (!number) return std::nullopt;
  return static_cast<std::int64_t>(is_negative ? std::uint64_t{0} - *number : *number);
}

double real_of(json::Value value) {
  if (!value.is_text()) return value.number();
  if (value.text() == "Infinity") return std::numeric_limits<double>::infinity();
  if (value.text() == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

// Text in base64, or a list of the bytes.
std::string bytes_of(json::Value value) {
  if (value.is_text()) return decode_base64(value.text());
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) out += static_cast<char>(value[i].integer());
  return out;
}

void write_record(WireWriter& out, json::Value value, Record record);

void write_value(WireWriter& out, json::Value value, const FieldSpec& field) {
  if (value.is_null()) return;
  switch (field.kind) {
    case FieldKind::integer:
      if (const std::optional<std::int64_t> number = integer_of(value)) out.integer(field.number, *number);
      return;
    case FieldKind::boolean:
      out.integer(field.number, value.is_boolean() ? value.boolean() : value.integer() != 0);
      return;
    case FieldKind::type:
      out.integer(field.number, value.is_text() ? type_named(value.text()) : value.integer());
      return;
    case FieldKind::real32:
      return out.real32(field.number, static_cast<float>(real_of(value)));
    case FieldKind::real64:
      return out.real64(field.number, real_of(value));
    case FieldKind::text:
      return out.bytes(field.number, value.text());
    case FieldKind::bytes:
      return out.bytes(field.number, bytes_of(value));
    case FieldKind::record:
    case FieldKind::map: {
      WireWriter inner;
      write_record(inner, value, field.record);
      return out.bytes(field.number, inner.text());
    }
  }
}

void write_map(WireWriter& out, json::Value value, const FieldSpec& field) {
  const FieldSpec& entry_value = fields_of(field.record)[1];
  for (std::size_t i = 0; i < value.size(); ++i) {
    const json::Member member = value.member(i);
    WireWriter entry;
    entry.bytes(1, member.key);
    write_value(entry, member.value, entry_value);
    out.bytes(field.number, entry.text());
  }
}

bool is_list_of_bytes(json::Value value) {
  return value.size() > 0 && value[std::size_t{0}].is_number();
}

// The document's depth is bounded, and so is this.
void write_record(WireWriter& out, json::Value value, Record record) {
  if (!value.is_object()) return;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const json::Member member = value.member(i);
    for (const FieldSpec& field : fields_of(record)) {
      if (!is_called(member.key, field.name)) continue;
      if (field.kind == FieldKind::map) {
        write_map(out, member.value, field);
      } else if (member.value.is_array() &&
                 !(field.kind == FieldKind::bytes && is_list_of_bytes(member.value))) {
        for (std::size_t k = 0; k < member.value.size(); ++k) write_value(out, member.value[k], field);
      } else {
        write_value(out, member.value, field);
      }
      break;
    }
  }
}

}  // namespace

Bytes encode_json(json::Value value, Record root, Arena& arena) {
  WireWriter out;
  write_record(out, value, root);
  return as_bytes(arena.text(out.text()));
}

}  // namespace haoline::graphdef
