#include <gtest/gtest.h>

#include <string>

#include "analyses/inference.h"
#include "ir/graph_builder.h"

namespace haoline {
namespace {

TEST(Inference, RefusesAResultWithANegativeExtent) {
  GraphBuilder g;
  const TensorId image = g.input("image", DType::float32, {1, 3, 8, 8});
  const TensorId regions = g.input("regions", DType::float32, {2, 4});
  const TensorId batches = g.input("batches", DType::int64, {2});
  const TensorId out = g.node("RoiAlign", {image, regions, batches}, {{"output_height", -3}});
  g.output(out);
  const Model model = std::move(g).build();
  const Result<Inference> inference = infer(model);
  ASSERT_TRUE(inference);
  EXPECT_FALSE(inference->facts(Model::kMain, out).shape.has_rank());
  bool found = false;
  for (const Finding& finding : inference->findings) {
    if (finding.kind != FindingKind::contradicting_shapes) continue;
    found =
        found || finding.message.to_string().find("a result would have an extent of -3") != std::string::npos;
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace haoline
