// Numbers and lists as IR attributes spell them: "1, 2,-1", "0.5", "true". Internal to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/small_vector.h"
#include "ir/dtype.h"

namespace haoline::openvino {

std::string_view trimmed(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);  // spaces around it are fine
std::optional<double> parse_real(std::string_view text);
bool parse_boolean(std::string_view text, bool otherwise);
// Nothing when an entry is no whole number, or there are more than any attribute has (65,536).
std::optional<SmallVector<std::int64_t, 6>> parse_integers(std::string_view text);
std::optional<SmallVector<float, 6>> parse_reals(std::string_view text);

// "f32" of Const and Parameter, "FP32" of ports.
struct ElementType {
  DType dtype = DType::unknown;
  std::uint32_t bits = 0;        // of one element in the .bin; 0: not fixed
  std::string_view scheme = {};  // how the stored integers stand for reals, where the type itself says so
};
ElementType element_type(std::string_view name);

}  // namespace haoline::openvino
