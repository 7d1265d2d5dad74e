// A bounds-checked walk over FlatBuffers bytes that nobody has to trust.
//
// Zero-copy: a text or vector is a view into the file. Every offset, vtable and length is checked against the
// file before it is followed. The first failure sticks in the Context that all tables of one file share, and
// everything asked after it has the empty answer: a reader takes a whole record and asks ok() once. A failure
// knows the record's path ("subgraphs[0].operators[12].inputs") and its byte; the path is put together only
// then.
//
// Records may be shared in a FlatBuffer, so that a small file can describe a huge walk: what is followed is
// charged, and a file that makes one walk over it many times is refused.
//
// (The library's verifier is not used: it needs code generated from the schema, says neither place nor byte,
// and refuses whole files where only one part is damaged.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"

namespace haoline::flatbuffer {

inline constexpr std::uint32_t kMaxDepth = 64;  // of tables in tables

// A field of a table: its place in the schema, and its name for the path of an error.
struct Field {
  std::uint16_t slot;
  std::string_view name;
};

// Whether the file begins like a FlatBuffer of that kind (four letters behind the root's offset).
bool has_identifier(Bytes head, std::string_view identifier);

// What all tables of one file share.
class Context {
 public:
  explicit Context(Bytes file) : file_(file), budget_(file.size() * 16 + (std::uint64_t{1} << 20)) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  bool ok() const { return ok_; }
  const Error& error() const { return error_; }
  Bytes file() const { return file_; }
  std::uint64_t offset_of(const std::byte* at) const { return static_cast<std::uint64_t>(at - file_.data()); }

  // Only the first failure is kept.
  void fail(ErrorKind kind, std::string path, std::uint64_t offset, std::string message,
            std::string advice = {});
  // Counts bytes that are followed; false once that is many times what the file has.
  bool charge(std::uint64_t bytes) {
    if (bytes > budget_) return false;
    budget_ -= bytes;
    return true;
  }

 private:
  Bytes file_;
  std::uint64_t budget_;
  bool ok_ = true;
  Error error_;
};

// Numbers where they lie, not necessarily aligned.
template <class T>
class Numbers {
 public:
  Numbers() = default;
  Numbers(const std::byte* data, std::size_t size) : data_(data), size_(size) {}
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T operator[](std::size_t i) const { return load<T>(data_ + i * sizeof(T)); }
  T at(std::size_t i, T otherwise) const { return i < size_ ? (*this)[i] : otherwise; }
  Bytes bytes() const { return {data_, size_ * sizeof(T)}; }

  struct Iterator {
    const std::byte* at;
    T operator*() const { return load<T>(at); }
    Iterator& operator++() { return at += sizeof(T), *this; }
    bool operator==(const Iterator&) const = default;
  };
  Iterator begin() const { return {data_}; }
  Iterator end() const { return {data_ + size_ * sizeof(T)}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// As an array: a view where the file has the numbers aligned (always, but for files that somebody moved),
// else a copy.
template <class T>
std::span<const T> array_of(Numbers<T> numbers, Arena& arena) {
  const Bytes bytes = numbers.bytes();
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0) {
    return {reinterpret_cast<const T*>(bytes.data()), numbers.size()};
  }
  const std::span<T> copy = arena.allocate<T>(numbers.size());
  if (!copy.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

class Tables;
class Texts;

// One table, or none: what is asked of no table has the empty answer. A table points to the one it was found
// in, which has to live as long.
class Table {
 public:
  static constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};

  Table() = default;
  // The root of the file; none, and a failure, where there is none.
  static Table root(Context& context);

  explicit operator bool() const { return context_ != nullptr; }
  bool has(Field field) const { return find(field, 1) != nullptr; }

  template <class T>
  T number(Field field, T otherwise = {}) const {
    const std::byte* at = find(field, sizeof(T));
    return at == nullptr ? otherwise : load<T>(at);
  }
  bool flag(Field field, bool otherwise = false) const {
    return number<std::uint8_t>(field, otherwise ? 1 : 0) != 0;
  }
  std::string_view text(Field field) const { return as_text(vector(field, 1, false)); }
  Bytes bytes(Field field) const { return vector(field, 1, false); }
  template <class T>
  Numbers<T> numbers(Field field) const {
    const Bytes bytes = vector(field, sizeof(T), true);
    return {bytes.data(), bytes.size() / sizeof(T)};
  }
  // (Not of a temporary: what is found points back to this table.)
  Table table(Field field) const&;
  Tables tables(Field field) const&;
  Texts texts(Field field) const&;
  Table table(Field field) const&& = delete;
  Tables tables(Field field) const&& = delete;
  Texts texts(Field field) const&& = delete;

  // Byte of the file where it begins; 0 for none.
  std::uint64_t offset() const { return context_ == nullptr ? 0 : context_->offset_of(at_); }
  std::string path() const;  // "subgraphs[0].operators[12]", "" for the root
  void fail(ErrorKind kind, std::string message, std::string advice = {}) const;
  void fail(Field field, ErrorKind kind, std::string message, std::string advice = {}) const;

 private:
  friend class Tables;
  friend class Texts;

  // The field's bytes in the table, at least `size` of them; null where it is absent.
  const std::byte* find(Field field, std::size_t size) const {
    const std::size_t entry = 4 + std::size_t{field.slot} * 2;
    if (entry + 2 > vtable_size_) return nullptr;
    const std::uint16_t offset = load<std::uint16_t>(vtable_ + entry);
    if (offset == 0) return nullptr;
    if (offset < 4 || offset + size > table_size_) return fail_field(field);
    return at_ + offset;
  }
  const std::byte* fail_field(Field field) const;
  // The payload of a vector of such elements; empty where it is absent.
  Bytes vector(Field field, std::size_t element, bool is_charged) const;
  Bytes vector_at(Field field, const std::byte* reference, std::size_t element, bool is_charged) const;
  // The table that the offset at `reference` leads to.
  Table follow(const std::byte* reference, std::string_view name, std::uint32_t index) const;
  void fail_at(const std::byte* at, Field field, ErrorKind kind, std::string message,
               std::string advice = {}) const;

  Context* context_ = nullptr;
  const Table* parent_ = nullptr;
  std::string_view name_;
  const std::byte* at_ = nullptr;
  const std::byte* vtable_ = nullptr;
  std::uint16_t vtable_size_ = 0;
  std::uint16_t table_size_ = 0;
  std::uint32_t index_ = kNoIndex;
  std::uint32_t depth_ = 0;
};

class Tables {
 public:
  Tables() = default;
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Table operator[](std::size_t i) const {
    return parent_->follow(data_ + i * 4, name_, static_cast<std::uint32_t>(i));
  }

 private:
  friend class Table;
  const Table* parent_ = nullptr;
  std::string_view name_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

class Texts {
 public:
  Texts() = default;
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view operator[](std::size_t i) const;

 private:
  friend class Table;
  const Table* parent_ = nullptr;
  Field field_{};
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace haoline::flatbuffer
