// FlatBuffers for tests, a table at a time: values first, then what offsets lead to, each behind its user.
//
//   FlatBufferWriter f;
//   const auto tensor = f.table({{0, f.numbers<std::int32_t>({2, 3})}, {3, f.text("x")}});
//   f.finish(f.table({{2, f.tables({…})}}), "TFL3");
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace haoline::test {

class FlatBufferWriter {
 public:
  struct Object {  // bytes, and where in them offsets to other objects stand
    std::string bytes;
    std::vector<std::pair<std::size_t, std::size_t>> links;  // place, object
    std::size_t entry = 0;                                   // what offsets lead to, within the bytes
    std::size_t alignment = 4;
  };
  struct Ref {
    std::size_t object;
  };
  struct Slot {
    std::uint16_t slot;
    std::string inline_bytes;  // of a number
    std::size_t object = kNone;

    template <class T>
    Slot(int s, T number) : slot(static_cast<std::uint16_t>(s)), inline_bytes(sizeof(T), '\0') {
      std::memcpy(inline_bytes.data(), &number, sizeof(T));
    }
    Slot(int s, Ref ref) : slot(static_cast<std::uint16_t>(s)), inline_bytes(4, '\0'), object(ref.object) {}
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  Ref table(std::vector<Slot> slots) {
    Object object;
    std::size_t count = 0;
    for (const Slot& slot : slots) count = std::max<std::size_t>(count, slot.slot + std::size_t{1});
    std::string vtable(4 + 2 * count, '\0');
    std::string body(4, '\0');
    for (const Slot& slot : slots) {
      while (body.size() % slot.inline_bytes.size() != 0) body += '\0';
      put<std::uint16_t>(vtable, 4 + 2 * std::size_t{slot.slot}, static_cast<std::uint16_t>(body.size()));
      if (slot.object != kNone) object.links.push_back({body.size(), slot.object});
      body += slot.inline_bytes;
    }
    put<std::uint16_t>(vtable, 0, static_cast<std::uint16_t>(vtable.size()));
    put<std::uint16_t>(vtable, 2, static_cast<std::uint16_t>(body.size()));
    while (vtable.size() % 8 != 0) vtable += '\0';
    put<std::int32_t>(body, 0, static_cast<std::int32_t>(vtable.size()));
    object.entry = vtable.size();
    for (auto& link : object.links) link.first += vtable.size();
    object.bytes = vtable + body;
    object.alignment = 8;
    return add(std::move(object));
  }
  Ref text(std::string_view text) {
    Object object;
    object.bytes = number<std::uint32_t>(static_cast<std::uint32_t>(text.size())) + std::string(text) + '\0';
    return add(std::move(object));
  }
  template <class T>
  Ref numbers(const std::vector<T>& list) {
    Object object;
    object.bytes = number<std::uint32_t>(static_cast<std::uint32_t>(list.size()));
    for (const T item : list) object.bytes += number<T>(item);
    if (sizeof(T) == 8) {  // the length stands just before the aligned numbers
      object.bytes.insert(0, 4, '\0');
      object.entry = 4;
      object.alignment = 8;
    }
    return add(std::move(object));
  }
  template <class T>
  Ref bytes_of(const std::vector<T>& list) {
    std::vector<std::uint8_t> bytes(list.size() * sizeof(T));
    if (!bytes.empty()) std::memcpy(bytes.data(), list.data(), bytes.size());
    return numbers(bytes);
  }
  Ref list(const std::vector<Ref>& refs) {  // of tables or texts
    Object object;
    object.bytes = number<std::uint32_t>(static_cast<std::uint32_t>(refs.size()));
    for (const Ref ref : refs) {
      object.links.push_back({object.bytes.size(), ref.object});
      object.bytes += std::string(4, '\0');
    }
    return add(std::move(object));
  }

  // The file: objects in the reverse order of their making, so that every offset leads forwards.
  std::string finish(Ref root, std::string_view identifier) const {
    std::string file = std::string(4, '\0') + std::string(identifier);
    std::vector<std::size_t> places(objects_.size());
    for (std::size_t i = objects_.size(); i-- > 0;) {
      while (file.size() % objects_[i].alignment != 0) file += '\0';
      places[i] = file.size();
      file += objects_[i].bytes;
    }
    const auto link = [&](std::size_t at, std::size_t object) {
      put<std::uint32_t>(file, at, static_cast<std::uint32_t>(places[object] + objects_[object].entry - at));
    };
    link(0, root.object);
    for (std::size_t i = 0; i < objects_.size(); ++i) {
      for (const auto& [at, object] : objects_[i].links) link(places[i] + at, object);
    }
    return file;
  }

 private:
  template <class T>
  static void put(std::string& bytes, std::size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof(T));
  }
  template <class T>
  static std::string number(T value) {
    std::string bytes(sizeof(T), '\0');
    put(bytes, 0, value);
    return bytes;
  }
  Ref add(Object object) {
    objects_.push_back(std::move(object));
    return {objects_.size() - 1};
  }

  std::deque<Object> objects_;
};

}  // namespace haoline::test
