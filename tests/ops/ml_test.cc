// Costs of ai.onnx.ml by hand; its shapes are recorded from ONNX Runtime (tests/proof/contrib).
#include <gtest/gtest.h>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;
using Texts = std::vector<std::string>;
using Reals = std::vector<float>;

TEST(LinearClassifier, CountsACoefficientPerRow) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 3});
  const std::vector<TensorId> y = g.nodes(
      "ai.onnx.ml.LinearClassifier", {x}, 2,
      {{"coefficients", Reals(9)}, {"intercepts", Reals(3)}, {"classlabels_strings", Texts{"a", "b", "c"}}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y[0]), "string [n]");
  EXPECT_EQ(inferred.said(y[1]), "float32 [n, 3]");
  EXPECT_EQ(inferred.macs(), "9*n");
  EXPECT_EQ(inferred.count(Arith::add), "3*n");
  EXPECT_EQ(inferred.count(Arith::compare), "3*n");
}

TEST(LinearClassifier, OneScoreIsMirroredToTheOtherOfTwoClasses) {
  GraphBuilder g;
  const std::vector<TensorId> y =
      g.nodes("ai.onnx.ml.LinearClassifier", {g.input("x", DType::float32, {3})}, 2,
              {{"coefficients", Reals(3)}, {"intercepts", Reals(1)}, {"classlabels_ints", {0, 1}}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y[0]), "int64 [1]");
  EXPECT_EQ(inferred.said(y[1]), "float32 [1, 2]");
}

TEST(Svm, CountsKernelAndWeights) {
  GraphBuilder g;
  const TensorId y = g.node("ai.onnx.ml.SVMRegressor", {g.input("x", DType::float32, {"n", 3})},
                            {{"coefficients", Reals(2)},
                             {"support_vectors", Reals(6)},
                             {"n_supports", 2},
                             {"rho", Reals(1)},
                             {"kernel_type", "RBF"}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 [n, 1]");
  EXPECT_EQ(inferred.macs(), "8*n");             // 2 vectors of 3, 2 coefficients
  EXPECT_EQ(inferred.count(Arith::add), "7*n");  // 6 differences, rho
  EXPECT_EQ(inferred.count(Arith::transcendental), "2*n");
}

// Tree 0: a root with a leaf and a branch with two leaves (depth 2). Tree 1: a leaf only.
BuilderAttributes small_forest() {
  return {{"nodes_treeids", {0, 0, 0, 0, 0, 1}},
          {"nodes_nodeids", {0, 1, 2, 3, 4, 0}},
          {"nodes_modes", Texts{"BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"}},
          {"nodes_truenodeids", {1, 0, 3, 0, 0, 0}},
          {"nodes_falsenodeids", {2, 0, 4, 0, 0, 0}},
          {"n_targets", 2}};
}

TEST(TreeEnsemble, WalksEveryTreeToItsDeepestLeaf) {
  GraphBuilder g;
  g.import("ai.onnx.ml", 3);
  const TensorId y =
      g.node("ai.onnx.ml.TreeEnsembleRegressor", {g.input("x", DType::float32, {"n", 3})}, small_forest());
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 [n, 2]");
  EXPECT_EQ(inferred.count(Arith::compare), "2*n");
  EXPECT_EQ(inferred.count(Arith::add), "2*n");
  EXPECT_EQ(inferred.macs(), "0");
}

TEST(TreeEnsemble, ABranchThatLeadsBackHasNoCost) {
  GraphBuilder g;
  g.import("ai.onnx.ml", 3);
  BuilderAttributes forest = small_forest();
  forest[3] = {"nodes_truenodeids", {1, 0, 0, 0, 0, 0}};
  const TensorId y =
      g.node("ai.onnx.ml.TreeEnsembleRegressor", {g.input("x", DType::float32, {"n", 3})}, forest);
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float32 [n, 2]");
  EXPECT_EQ(inferred.arithmetic(), "?");
}

TEST(TreeEnsemble, VersionFiveNamesItsRoots) {
  GraphBuilder g;
  const TensorId y = g.node("ai.onnx.ml.TreeEnsemble", {g.input("x", DType::float64, {"n", 3})},
                            {{"tree_roots", {0, 2}},
                             {"nodes_truenodeids", {0, 1, 2}},
                             {"nodes_trueleafs", {1, 1, 1}},
                             {"nodes_falsenodeids", {1, 3, 4}},
                             {"nodes_falseleafs", {0, 1, 1}},
                             {"n_targets", 1}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float64 [n, 1]");
  EXPECT_EQ(inferred.count(Arith::compare), "3*n");  // depths 2 and 1
}

TEST(ZipMap, MakesAMapOfEveryRow) {
  GraphBuilder g;
  const TensorId y =
      g.node("ai.onnx.ml.ZipMap", {g.input("x", DType::float32, {"n", 2})}, {{"classlabels_int64s", {0, 1}}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "sequence(map(int64, float32)) ? x n");
}

TEST(Maps, BecomeRows) {
  GraphBuilder g;
  Type map{DType::float32, DType::string, {Container::map}};
  const TensorId x = g.input("x", map);
  const TensorId vocabulary =
      g.node("ai.onnx.ml.DictVectorizer", {x}, {{"string_vocabulary", Texts{"a", "b", "c"}}});
  const TensorId sparse =
      g.node("ai.onnx.ml.CastMap", {x}, {{"map_form", "SPARSE"}, {"max_map", 5}, {"cast_to", "TO_INT64"}});
  const TensorId dense = g.node("ai.onnx.ml.CastMap", {x}, {}, "cast");
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(vocabulary), "float32 [1, 3]");
  EXPECT_EQ(inferred.said(sparse), "int64 [1, 5]");
  EXPECT_EQ(inferred.said(dense), "float32 [1, cast_entries]");
}

TEST(Legacy, CropAndPluginsFollowTheirRegistration) {
  GraphBuilder g(9);
  const TensorId image = g.input("image", DType::float32, {"n", 3, 32, "w"});
  const TensorId cropped = g.node("Crop", {image}, {{"border", {1, 2, 3, 4}}});
  const TensorId boxes = g.input("boxes", DType::float32, {"n", 100, 4}),
                 scores = g.input("scores", DType::float32, {"n", 100, 80});
  const std::vector<TensorId> nms =
      g.nodes("EfficientNMS_TRT", {boxes, scores}, 4, {{"max_output_boxes", 20}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(cropped), "float32 [n, 3, 26, w - 4]");
  EXPECT_EQ(inferred.said(nms[0]), "int32 [n, 1]");
  EXPECT_EQ(inferred.said(nms[1]), "float32 [n, 20, 4]");
  EXPECT_EQ(inferred.said(nms[3]), "int32 [n, 20]");
}

}  // namespace
}  // namespace haoline
