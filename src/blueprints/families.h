// The tables of families, one per kind of model.
#pragma once

#include "blueprints/family.h"

namespace haoline::blueprints {

std::span<const Family> decoder_families();  // families_text.cc
std::span<const Family> encoder_families();
std::span<const Family> recurrent_families();
std::span<const Family> sequence_families();  // families_other.cc: encoder-decoders, speech
std::span<const Family> vision_families();    // images, alone or with text

}  // namespace haoline::blueprints
