// The table of operators, put together from its families.
#include <algorithm>
#include <array>

#include "formats/openvino/layer.h"
#include "formats/openvino/reader.h"
#include "formats/shared/name_table.h"

namespace haoline::openvino {
namespace {

using Family = std::span<const Translation> (*)();
constexpr Family kFamilies[] = {math_translations, movement_translations, network_translations,
                                control_translations};

// Operators of the operator sets 1 to 16 that have no canonical one; they stay as themselves.
constexpr std::string_view kOnlyHere[] = {
    "BinaryConvolution",
    "CTCGreedyDecoder",
    "CTCGreedyDecoderSeqLen",
    "CTCLoss",
    "ConvertPromoteTypes",
    "DFT",
    "DeformablePSROIPooling",
    "DetectionOutput",
    "ErfInv",
    "ExperimentalDetectronDetectionOutput",
    "ExperimentalDetectronGenerateProposalsSingleImage",
    "ExperimentalDetectronPriorGridGenerator",
    "ExperimentalDetectronROIFeatureExtractor",
    "ExperimentalDetectronTopKROIs",
    "ExtractImagePatches",
    "Eye",
    "FakeConvert",
    "GRN",
    "GatherTree",
    "GenerateProposals",
    "GroupedMatMul",
    "I420toBGR",
    "I420toRGB",
    "IDFT",
    "IRDFT",
    "ISTFT",
    "MatrixNms",
    "MulticlassNms",
    "Multinomial",
    "NMSRotated",
    "NV12toBGR",
    "NV12toRGB",
    "PSROIPooling",
    "PriorBox",
    "PriorBoxClustered",
    "Proposal",
    "RDFT",
    "ROIAlignRotated",
    "RegionYolo",
    "ReorgYolo",
    "STFT",
    "SearchSorted",
    "SegmentMax",
    "SliceScatter",
    "SparseFillEmptyRows",
    "StringTensorPack",
    "StringTensorUnpack",
};

const Translation* find_in(std::span<const Translation> rows, std::string_view type) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const Translation& t) { return t.type == type; });
  return found == rows.end() ? nullptr : &*found;
}

std::vector<SourceOperator> list_operators() {
  std::vector<SourceOperator> list = {
      {"Parameter", "an input"}, {"Const", "a constant"}, {"Result", "an output"}};
  for (const Family family : kFamilies) {
    for (const Translation& t : family()) list.push_back({t.type, display_name(t.op)});
  }
  for (const std::string_view name : kOnlyHere) list.push_back({name, {}});
  std::sort(list.begin(), list.end(),
            [](const SourceOperator& a, const SourceOperator& b) { return a.name < b.name; });
  return list;
}

}  // namespace

const Translation* find_translation(std::string_view type, bool is_legacy) {
  if (is_legacy) {
    if (const Translation* found = find_in(legacy_translations(), type)) return found;
  }
  for (const Family family : kFamilies) {
    if (const Translation* found = find_in(family(), type)) return found;
  }
  return nullptr;
}

std::span<const SourceOperator> operators() {
  static const std::vector<SourceOperator> list = list_operators();
  return list;
}

}  // namespace haoline::openvino
