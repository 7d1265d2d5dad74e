// Encoder-decoders, speech, images.
#include "blueprints/assembly.h"
#include "blueprints/dialects_other.h"
#include "blueprints/families.h"

namespace haoline::blueprints {
namespace {

constexpr Traits kSeq2seq{.norm = NormKind::layer,
                          .position = Position::learned,
                          .causal = false,
                          .tied = true,
                          .activation = "gelu"};
constexpr Traits kPostNormSeq2seq{.norm = NormKind::layer,
                                  .position = Position::learned,
                                  .causal = false,
                                  .tied = true,
                                  .post_norm = true,
                                  .activation = "gelu"};
constexpr Traits kImage{
    .norm = NormKind::layer, .position = Position::learned, .causal = false, .activation = "gelu"};

constexpr Family kSequences[] = {
    {"t5",
     "mt5 longt5 umt5 t5encoder",
     assemble_t5,
     t5_dialect,
     {},
     nullptr,
     {.position = Position::relative, .causal = false, .tied = true, .activation = "relu"}},
    {"bart", "marian blenderbot_small", assemble_bart, bart_dialect, {}, nullptr, kPostNormSeq2seq},
    {"mbart", "pegasus blenderbot m2m_100 plbart nllb", assemble_bart, bart_dialect, {}, nullptr, kSeq2seq},
    {"whisper", "", assemble_whisper, bart_dialect, {}, nullptr, kSeq2seq},
    {"wav2vec2", "hubert data2vec_audio", assemble_speech, speech_dialect, {}, speech_places, kImage},
};

constexpr Family kVision[] = {
    {"vit", "deit dinov2 vit_msn", assemble_vision, vit_dialect, {}, vit_places, kImage},
    {"clip",
     "chinese_clip",
     assemble_contrastive,
     clip_dialect,
     {},
     nullptr,
     {.norm = NormKind::layer, .position = Position::learned, .activation = "quick_gelu"}},
    {"siglip",
     "",
     assemble_contrastive,
     clip_dialect,
     {},
     nullptr,
     {.norm = NormKind::layer,
      .position = Position::learned,
      .causal = false,
      .activation = "gelu_pytorch_tanh"}},
    {"llava",
     "llava_next vipllava paligemma gemma3 qwen2_vl qwen2_5_vl qwen2vl",
     assemble_vision_language,
     nullptr,
     {},
     nullptr,
     {}},
    {"resnet", "", assemble_resnet, nullptr, {}, nullptr, {.norm = NormKind::layer, .activation = "relu"}},
    {"convnext", "convnextv2", assemble_convnext, nullptr, {}, nullptr, kImage},
    {"swin", "", assemble_swin, nullptr, {}, nullptr, kImage},
    {"segformer", "", assemble_segformer, nullptr, {}, nullptr, kImage},
};

}  // namespace

std::span<const Family> sequence_families() {
  return kSequences;
}
std::span<const Family> vision_families() {
  return kVision;
}

}  // namespace haoline::blueprints
