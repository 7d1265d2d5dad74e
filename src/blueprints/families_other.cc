// Encoder-decoders, speech, images.
#include "blueprints/assembly.h"
#include "blueprints/families.h"

namespace haoline::blueprints {

std::span<const Family> sequence_families() {
  return {};
}
std::span<const Family> vision_families() {
  return {};
}

}  // namespace haoline::blueprints
