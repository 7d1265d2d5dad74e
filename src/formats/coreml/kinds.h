// The kinds of model that Core ML's outermost record can hold, by field number. Internal to this folder.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace haoline::coreml {

inline constexpr std::uint32_t kPipelineClassifier = 200, kPipelineRegressor = 201, kPipeline = 202,
                               kNeuralNetworkRegressor = 303, kNeuralNetworkClassifier = 403,
                               kNeuralNetwork = 500, kProgram = 502;

struct Kind {
  std::uint32_t number;
  std::string_view name;
};
std::span<const Kind> kinds();
std::string_view kind_name(std::uint32_t number);  // "unknown kind" where there is none

}  // namespace haoline::coreml
