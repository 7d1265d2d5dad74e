// Pickles byte by byte, as torch.save writes them: protocol 2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/zip_writer.h"

namespace haoline::test {

inline std::string p_text(std::string_view text) {
  std::string out = "X";
  put_number(out, text.size(), 4);
  return out.append(text);
}
inline std::string p_int(std::int64_t value) {
  std::string out = "J";
  put_number(out, static_cast<std::uint64_t>(value), 4);
  return out;
}
inline std::string p_global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}
inline std::string p_tuple(const std::vector<std::string>& items) {
  std::string out = "(";
  for (const std::string& item : items) out += item;
  return out + "t";
}
inline std::string p_ints(const std::vector<std::int64_t>& values) {
  std::vector<std::string> items;
  for (const std::int64_t value : values) items.push_back(p_int(value));
  return p_tuple(items);
}
inline std::string p_call(const std::string& callee, const std::string& arguments) {
  return callee + arguments + "R";
}
using Entries = std::vector<std::pair<std::string, std::string>>;
inline std::string p_items(const Entries& entries) {
  std::string out = "(";
  for (const auto& [key, value] : entries) out += p_text(key) + value;
  return out + "u";
}
inline std::string p_dict(const Entries& entries) {
  return "}" + p_items(entries);
}
inline std::string p_object(std::string_view module, std::string_view name, const std::string& state) {
  return p_global(module, name) + ")\x81" + state + "b";
}
// A contiguous tensor over a storage of `elements` elements.
inline std::string p_tensor(std::string_view storage_class, std::string_view key, std::int64_t elements,
                            const std::vector<std::int64_t>& extents, std::int64_t offset = 0,
                            std::vector<std::int64_t> strides = {}) {
  if (strides.empty()) {
    strides.assign(extents.size(), 1);
    for (std::size_t i = extents.size(); i-- > 1;) strides[i - 1] = strides[i] * extents[i];
  }
  const std::string storage = p_tuple({p_text("storage"), p_global("torch", storage_class), p_text(key),
                                       p_text("cpu"), p_int(elements)}) +
                              "Q";
  return p_call(p_global("torch._utils", "_rebuild_tensor_v2"),
                p_tuple({storage, p_int(offset), p_ints(extents), p_ints(strides), "\x89",
                         p_call(p_global("collections", "OrderedDict"), ")")}));
}
inline std::string pickled(const std::string& value) {
  return "\x80\x02" + value + ".";
}
inline std::string floats(std::size_t count) {
  return std::string(4 * count, '\x01');
}

}  // namespace haoline::test
