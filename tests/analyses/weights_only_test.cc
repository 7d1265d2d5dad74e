// A file that holds weights and no graph: what is stored was trained, unless the file says otherwise.
#include <gtest/gtest.h>

#include "analyses/parameters.h"
#include "ir/graph_builder.h"

namespace haoline {
namespace {

TEST(WeightsOnly, CountsWhatIsStoredAsTrainable) {
  GraphBuilder g;
  g.weight("w", DType::float32, {3, 4});
  const TensorId mean = g.weight("bn.running_mean", DType::float32, {5});
  const TensorId scales = g.weight("w.scales", DType::float16, {7});
  g.graph().tensors[mean].trained = Trained::no;
  g.graph().tensors[scales].trained = Trained::auxiliary;
  const Model model = std::move(g).build();
  Result<Inference> inference = infer(model);
  ASSERT_TRUE(inference);
  const ParameterFacts facts = count_parameters(model, *inference);
  EXPECT_EQ(facts.trainable, Dim(12));
  EXPECT_EQ(facts.buffers, Dim(5));
  EXPECT_EQ(facts.constants, Dim(7));
}

TEST(WeightsOnly, CountsTheLogicalElementsOfAPackedWeight) {
  GraphBuilder g;
  const TensorId packed = g.weight("qweight", DType::int32, {4, 96});  // eight 4-bit elements in a word
  const std::int64_t logical[] = {96, 32};
  Quantization packing;
  packing.bits = 4;
  packing.logical_extents = logical;
  g.graph().tensors[packed].quantization = &packing;
  const Model model = std::move(g).build();
  Result<Inference> inference = infer(model);
  ASSERT_TRUE(inference);
  EXPECT_EQ(count_parameters(model, *inference).trainable, Dim(96 * 32));
}

}  // namespace
}  // namespace haoline
