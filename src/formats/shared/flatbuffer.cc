#include "formats/shared/flatbuffer.h"

#include "base/text.h"

namespace haoline::flatbuffer {
namespace {

constexpr std::string_view kDamaged = "The file is cut short or damaged; get it again.";

std::string with_index(std::string_view name, std::uint32_t index) {
  std::string text(name);
  if (index != Table::kNoIndex) text += "[" + std::to_string(index) + "]";
  return text;
}

}  // namespace

bool has_identifier(Bytes head, std::string_view identifier) {
  return head.size() >= 8 && as_text(head.subspan(4, 4)) == identifier;
}

void Context::fail(ErrorKind kind, std::string path, std::uint64_t offset, std::string message,
                   std::string advice) {
  if (!ok_) return;
  ok_ = false;
  error_.kind = kind;
  error_.path = std::move(path);
  error_.offset = offset;
  error_.has_offset = true;
  error_.message = std::move(message);
  error_.advice = std::move(advice);
}

std::string Table::path() const {
  std::string text;
  for (const Table* table = this; table != nullptr && table->parent_ != nullptr; table = table->parent_) {
    const std::string step = with_index(table->name_, table->index_);
    text = text.empty() ? step : step + "." + text;
  }
  return text;
}

void Table::fail_at(const std::byte* at, Field field, ErrorKind kind, std::string message,
                    std::string advice) const {
  if (context_ == nullptr || !context_->ok()) return;
  std::string where = path();
  if (!field.name.empty()) where += (where.empty() ? "" : ".") + std::string(field.name);
  context_->fail(kind, std::move(where), context_->offset_of(at), std::move(message), std::move(advice));
}

void Table::fail(ErrorKind kind, std::string message, std::string advice) const {
  fail_at(at_, {}, kind, std::move(message), std::move(advice));
}

void Table::fail(Field field, ErrorKind kind, std::string message, std::string advice) const {
  const std::size_t entry = 4 + std::size_t{field.slot} * 2;
  const std::uint16_t offset = entry + 2 <= vtable_size_ ? load<std::uint16_t>(vtable_ + entry) : 0;
  fail_at(at_ + offset, field, kind, std::move(message), std::move(advice));
}

const std::byte* Table::fail_field(Field field) const {
  fail_at(at_, field, ErrorKind::malformed, "lies outside its record", std::string(kDamaged));
  return nullptr;
}

Table Table::root(Context& context) {
  const Bytes file = context.file();
  Table base;
  base.context_ = &context;
  base.at_ = file.data();
  if (file.size() < 8) {
    context.fail(ErrorKind::truncated, {}, 0,
                 "has " + counted(file.size(), "byte") + ", too few for a header", std::string(kDamaged));
    return {};
  }
  Table table = base.follow(file.data(), "root", kNoIndex);
  table.parent_ = nullptr;
  table.depth_ = 0;
  return table;
}

Table Table::follow(const std::byte* reference, std::string_view name, std::uint32_t index) const {
  if (context_ == nullptr || !context_->ok()) return {};
  const Bytes file = context_->file();
  const auto fail_here = [&](ErrorKind kind, std::string message) {
    const std::string step = with_index(name, index);
    fail_at(reference, {0, step}, kind, std::move(message), std::string(kDamaged));
    return Table{};
  };
  const std::uint64_t from = context_->offset_of(reference);
  const std::uint64_t at = from + load<std::uint32_t>(reference);
  if (at == from || at + 4 > file.size()) return fail_here(ErrorKind::truncated, "leads outside the file");
  const std::int64_t vtable =
      static_cast<std::int64_t>(at) - std::int64_t{load<std::int32_t>(file.data() + at)};
  if (vtable < 0 || static_cast<std::uint64_t>(vtable) + 4 > file.size()) {
    return fail_here(ErrorKind::malformed, "has its description outside the file");
  }
  Table table;
  table.vtable_ = file.data() + vtable;
  table.vtable_size_ = load<std::uint16_t>(table.vtable_);
  table.table_size_ = load<std::uint16_t>(table.vtable_ + 2);
  if (table.vtable_size_ < 4 || static_cast<std::uint64_t>(vtable) + table.vtable_size_ > file.size() ||
      table.table_size_ < 4 || at + table.table_size_ > file.size()) {
    return fail_here(ErrorKind::malformed, "has a size that the file does not have");
  }
  if (depth_ + 1 > kMaxDepth) {
    return fail_here(ErrorKind::unsupported, "is nested more than " + std::to_string(kMaxDepth) + " deep");
  }
  if (!context_->charge(16)) return fail_here(ErrorKind::malformed, "shares its records too often");
  table.context_ = context_;
  table.parent_ = this;
  table.name_ = name;
  table.index_ = index;
  table.at_ = file.data() + at;
  table.depth_ = depth_ + 1;
  return table;
}

Bytes Table::vector(Field field, std::size_t element, bool is_charged) const {
  const std::byte* reference = find(field, 4);
  return reference == nullptr ? Bytes{} : vector_at(field, reference, element, is_charged);
}

Bytes Table::vector_at(Field field, const std::byte* reference, std::size_t element, bool is_charged) const {
  if (!context_->ok()) return {};
  const Bytes file = context_->file();
  const std::uint64_t from = context_->offset_of(reference);
  const std::uint64_t at = from + load<std::uint32_t>(reference);
  if (at == from || at + 4 > file.size()) {
    fail_at(reference, field, ErrorKind::truncated, "leads outside the file", std::string(kDamaged));
    return {};
  }
  const std::uint64_t count = load<std::uint32_t>(file.data() + at);
  const std::uint64_t left = file.size() - at - 4;
  if (count > left / element) {
    fail_at(file.data() + at, field, ErrorKind::truncated,
            "claims " + counted(count, element == 1 ? "byte" : "element") + ", " + counted(left, "byte") +
                " are left",
            std::string(kDamaged));
    return {};
  }
  if (is_charged && !context_->charge(count * element)) {
    fail_at(reference, field, ErrorKind::malformed, "shares its records too often", std::string(kDamaged));
    return {};
  }
  return file.subspan(static_cast<std::size_t>(at) + 4, static_cast<std::size_t>(count * element));
}

Table Table::table(Field field) const& {
  const std::byte* reference = find(field, 4);
  return reference == nullptr ? Table{} : follow(reference, field.name, kNoIndex);
}

Tables Table::tables(Field field) const& {
  const Bytes bytes = vector(field, 4, true);
  Tables tables;
  tables.parent_ = this;
  tables.name_ = field.name;
  tables.data_ = bytes.data();
  tables.size_ = bytes.size() / 4;
  return tables;
}

Texts Table::texts(Field field) const& {
  const Bytes bytes = vector(field, 4, true);
  Texts texts;
  texts.parent_ = this;
  texts.field_ = field;
  texts.data_ = bytes.data();
  texts.size_ = bytes.size() / 4;
  return texts;
}

std::string_view Texts::operator[](std::size_t i) const {
  return as_text(parent_->vector_at(field_, data_ + i * 4, 1, false));
}

}  // namespace haoline::flatbuffer
