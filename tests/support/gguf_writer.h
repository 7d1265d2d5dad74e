// Writes GGUF files for tests: header, pairs, tensor records and zeros for the data.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace haoline::test {

class GgufWriter {
 public:
  explicit GgufWriter(std::uint32_t version = 3, bool big_endian = false)
      : version_(version), big_endian_(big_endian) {}

  GgufWriter& text(std::string_view key, std::string_view value) {
    begin(key, 8);
    put_text(pairs_, value);
    return *this;
  }
  GgufWriter& uint32(std::string_view key, std::uint32_t value) {
    begin(key, 4);
    put(pairs_, value);
    return *this;
  }
  GgufWriter& float32(std::string_view key, float value) {
    begin(key, 6);
    put(pairs_, value);
    return *this;
  }
  GgufWriter& boolean(std::string_view key, bool value) {
    begin(key, 7);
    put(pairs_, static_cast<std::uint8_t>(value));
    return *this;
  }
  GgufWriter& texts(std::string_view key, const std::vector<std::string>& values) {
    begin(key, 9);
    put(pairs_, std::uint32_t{8});
    put_count(pairs_, values.size());
    for (const std::string& value : values) put_text(pairs_, value);
    return *this;
  }
  GgufWriter& uint32s(std::string_view key, const std::vector<std::uint32_t>& values) {
    begin(key, 9);
    put(pairs_, std::uint32_t{4});
    put_count(pairs_, values.size());
    for (const std::uint32_t value : values) put(pairs_, value);
    return *this;
  }
  // Extents innermost first, as ggml has them; `bytes` of data, behind the tensor before.
  GgufWriter& tensor(std::string_view name, std::uint32_t type, const std::vector<std::uint64_t>& extents,
                     std::uint64_t bytes) {
    data_ = (data_ + alignment_ - 1) / alignment_ * alignment_;
    put_text(tensors_, name);
    put(tensors_, static_cast<std::uint32_t>(extents.size()));
    for (const std::uint64_t extent : extents) put_count(tensors_, extent);
    put(tensors_, type);
    put(tensors_, data_);
    data_ += bytes;
    ++tensor_count_;
    return *this;
  }
  GgufWriter& align(std::uint32_t alignment) {
    alignment_ = alignment;
    return uint32("general.alignment", alignment);
  }

  std::string bytes() const {
    std::string out = "GGUF";
    put(out, version_);
    put_count(out, tensor_count_);
    put_count(out, pair_count_);
    out += pairs_ + tensors_;
    if (tensor_count_ == 0) return out;
    out.resize((out.size() + alignment_ - 1) / alignment_ * alignment_ + data_);
    return out;
  }

 private:
  template <class T>
  void put(std::string& out, T value) const {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    if (big_endian_) {
      for (std::size_t i = 0; i < sizeof(T) / 2; ++i) std::swap(raw[i], raw[sizeof(T) - 1 - i]);
    }
    out.append(raw, sizeof(T));
  }
  void put_count(std::string& out, std::uint64_t count) const {
    if (version_ == 1) {
      put(out, static_cast<std::uint32_t>(count));
    } else {
      put(out, count);
    }
  }
  void put_text(std::string& out, std::string_view text) const {
    put_count(out, text.size());
    out += text;
  }
  void begin(std::string_view key, std::uint32_t type) {
    put_text(pairs_, key);
    put(pairs_, type);
    ++pair_count_;
  }

  std::uint32_t version_;
  bool big_endian_;
  std::uint64_t alignment_ = 32, data_ = 0, tensor_count_ = 0, pair_count_ = 0;
  std::string pairs_, tensors_;
};

}  // namespace haoline::test
