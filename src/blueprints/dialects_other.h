// Spellings of encoder-decoders, images and speech.
#pragma once

#include "blueprints/slots.h"

namespace haoline::blueprints {

Dialect t5_dialect();
Dialect t5_encoder_rows();  // what the sides spell differently
Dialect t5_decoder_rows();
Dialect bart_dialect();
Dialect vit_dialect();          // ViT, DeiT, DINOv2
Dialect clip_dialect();         // both towers of CLIP and SigLIP
Dialect qwen_vision_dialect();  // the towers of Qwen2-VL and later
Dialect speech_dialect();       // wav2vec2, HuBERT

Places vit_places();
Places speech_places();

}  // namespace haoline::blueprints
