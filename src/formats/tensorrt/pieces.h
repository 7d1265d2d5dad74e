// The files beside a layer list: profile, device, build and inference records. All are optional.
#pragma once

#include <string_view>

#include "formats/format.h"
#include "formats/shared/json.h"
#include "ir/engine_facts.h"
#include "ir/model.h"

namespace haoline::tensorrt {

enum class Piece : std::uint8_t { none, layers, profile, timing, device, build, inference };
// What a JSON file of TensorRT's tools holds, by its first bytes.
Piece piece_of(Bytes head);

void read_profile(json::Value profile, Model& model, EngineFacts& facts);
void read_device(json::Value device, Model& model, EngineFacts& facts);
void read_build(json::Value build, Model& model, EngineFacts& facts);
void read_inference(json::Value inference, Model& model, EngineFacts& facts);
void read_timing(json::Value timing, Model& model, EngineFacts& facts);

// Looks for the pieces of "resnet.onnx.engine.graph.json" beside it and reads those that are there.
void read_pieces(std::string_view main_name, const ReadOptions& options, Model& model, EngineFacts& facts);

}  // namespace haoline::tensorrt
