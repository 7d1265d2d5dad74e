// What a file that no reader takes looks like, so that the refusal can say so.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace haoline {

struct Likeness {
  std::string_view what;    // "looks like GGUF, which haoline does not read yet"
  std::string_view advice;  // what to do
};
// `name` of the file helps only where the content cannot: tensors without a header.
Likeness looks_like(Bytes file, std::string_view name = {});

}  // namespace haoline
