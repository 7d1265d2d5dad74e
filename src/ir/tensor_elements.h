// The elements of a stored constant, whatever it is stored as. Nothing else decodes weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ir/attribute.h"
#include "ir/dim.h"
#include "ir/value.h"

namespace haoline {

// The product of the extents; nothing where one is negative or it is beyond 2^63.
std::optional<std::int64_t> element_count(const TensorData& data);

// Streams elements in row-major order:
//   ElementReader reader(data);
//   for (std::size_t n; (n = reader.read(room)) != 0;) use(room.first(n));
// Weights are touched once, as they are asked for. A tensor whose elements are numbers can be read; strings,
// complex numbers, 6-bit floats, ggml's codebook types, sparse, absent and filler tensors cannot.
class ElementReader {
 public:
  explicit ElementReader(const TensorData& data);

  bool can_read() const { return can_read_; }
  bool is_integer() const;  // integers and booleans: the int64 form is exact (uint64 beyond 2^63 wraps)

  // Fills `room` as far as there are elements; how many. 0 at the end, or where it cannot be read.
  std::size_t read(std::span<double> room);
  std::size_t read(std::span<std::int64_t> room);  // integers and booleans only

 private:
  template <class Out>
  std::size_t read_elements(std::span<Out> room);
  std::size_t read_blocks(std::span<double> room);

  const TensorData& data_;
  std::size_t next_ = 0;  // element
  std::size_t at_ = 0;    // byte of a varint
  std::size_t count_ = 0;
  bool can_read_ = false;
};

// The elements as a value that shape rules follow: integers exactly, reals as short fractions where they are.
// Nothing for more than Value::kMaxElements, and for what ElementReader cannot read.
Value decode_value(const TensorData& data, DimPool& pool);

}  // namespace haoline
