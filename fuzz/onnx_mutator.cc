#include "onnx_mutator.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "formats/shared/protobuf.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace haoline::fuzz {
namespace {

struct Field {
  std::uint32_t number = 1;
  protobuf::WireType type = protobuf::WireType::varint;
  std::string payload;          // of leaves; a varint as its bytes
  std::vector<Field> children;  // of what reads as a message
  bool is_message = false;
};

constexpr std::size_t kMaxDepth = 24;

bool parse(Bytes bytes, std::size_t depth, std::vector<Field>& fields) {
  protobuf::Context context(bytes);
  protobuf::Fields message(bytes, {}, {}, context);
  while (message.next()) {
    Field field;
    field.number = message.number();
    field.type = message.type();
    field.payload = std::string(as_text(message.payload()));
    const bool may_nest =
        field.type == protobuf::WireType::length && field.payload.size() > 1 && depth < kMaxDepth;
    if (may_nest && parse(message.payload(), depth + 1, field.children) && !field.children.empty()) {
      field.is_message = true;
    } else {
      field.children.clear();
    }
    fields.push_back(std::move(field));
  }
  return context.ok();
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

void write(const std::vector<Field>& fields, std::string& out) {
  for (const Field& field : fields) {
    put_varint(out, std::uint64_t{field.number} << 3 | static_cast<std::uint64_t>(field.type));
    if (field.type != protobuf::WireType::length) {
      out += field.payload;
      continue;
    }
    std::string inner;
    if (field.is_message) {
      write(field.children, inner);
    } else {
      inner = field.payload;
    }
    put_varint(out, inner.size());
    out += inner;
  }
}

// Every list of fields in the tree, so that one can be picked evenly.
void collect(std::vector<Field>& fields, std::vector<std::vector<Field>*>& lists) {
  if (fields.empty()) return;
  lists.push_back(&fields);
  for (Field& field : fields) {
    if (field.is_message) collect(field.children, lists);
  }
}

class Mutation {
 public:
  Mutation(std::vector<Field>& root, unsigned seed) : random_(seed) { collect(root, lists_); }

  void apply() {
    std::vector<Field>& list = *lists_[pick(lists_.size())];
    Field& field = list[pick(list.size())];
    switch (pick(9)) {
      case 0:
        list.erase(list.begin() + offset(list.size()));
        return;
      case 1:
        list.insert(list.begin() + offset(list.size()), Field(field));
        return;
      case 2:
        std::swap(field, list[pick(list.size())]);
        return;
      case 3:
        field.number = static_cast<std::uint32_t>(1 + pick(26));
        return;
      case 4:
        return copy_from_elsewhere(list);
      case 5:
        return change_number(field);
      case 6:
        return borrow_text(field);
      default:
        return change_bytes(field);
    }
  }

 private:
  std::size_t pick(std::size_t count) { return count < 2 ? 0 : random_() % count; }
  std::ptrdiff_t offset(std::size_t count) { return static_cast<std::ptrdiff_t>(pick(count)); }
  const Field& anywhere() {
    const std::vector<Field>& list = *lists_[pick(lists_.size())];
    return list[pick(list.size())];
  }

  void copy_from_elsewhere(std::vector<Field>& list) {
    Field copy = anywhere();
    list.insert(list.begin() + offset(list.size()), std::move(copy));
  }

  void change_number(Field& field) {
    constexpr std::uint64_t kOdd[] = {0,   1,    2,        7,          8,          127,       128,
                                      255, 4096, 1u << 31, UINT64_MAX, 1ull << 62, 1ull << 32};
    if (field.type != protobuf::WireType::varint) return change_bytes(field);
    field.payload.clear();
    put_varint(field.payload, kOdd[pick(std::size(kOdd))]);
  }

  // Names of one place in another: that is how graphs come apart.
  void borrow_text(Field& field) {
    const Field& other = anywhere();
    if (field.type == other.type && !field.is_message && !other.is_message) field.payload = other.payload;
  }

  void change_bytes(Field& field) {
    if (field.is_message || field.payload.empty()) return;
    if (field.type == protobuf::WireType::varint) return change_number(field);
    const std::size_t room =
        field.type == protobuf::WireType::length ? field.payload.size() + 16 : field.payload.size();
    std::vector<std::uint8_t> buffer(room);
    std::memcpy(buffer.data(), field.payload.data(), field.payload.size());
    const std::size_t size = LLVMFuzzerMutate(buffer.data(), field.payload.size(), room);
    if (field.type == protobuf::WireType::length || size == field.payload.size()) {
      field.payload.assign(reinterpret_cast<const char*>(buffer.data()), size);
    }
  }

  std::minstd_rand random_;
  std::vector<std::vector<Field>*> lists_;
};

}  // namespace

std::size_t mutate_protobuf(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  std::vector<Field> fields;
  const bool is_whole = parse({reinterpret_cast<const std::byte*>(data), size}, 0, fields);
  if (fields.empty() || (!is_whole && seed % 2 == 0) || seed % 16 == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  for (unsigned round = 0; round <= seed % 3 && !fields.empty(); ++round)
    Mutation(fields, seed + round).apply();
  std::string out;
  write(fields, out);
  if (out.empty() || out.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, out.data(), out.size());
  return out.size();
}

}  // namespace haoline::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return haoline::fuzz::mutate_protobuf(data, size, max_size, seed);
}
