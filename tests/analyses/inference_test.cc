#include "analyses/inference.h"

#include <gtest/gtest.h>

#include "support/inferred.h"

namespace haoline {
namespace {

using test::Inferred;

std::string refusal(GraphBuilder&& builder, const InferOptions& options) {
  const Model model = std::move(builder).build();
  const Result<Inference> inference = infer(model, options);
  return inference ? "" : inference.error().message;
}

std::size_t count(const Inference& inference, FindingKind kind) {
  std::size_t found = 0;
  for (const Finding& finding : inference.findings) found += finding.kind == kind;
  return found;
}

// --- types and arity from the schemas

TEST(Inference, GivesResultsTheTypeOfTheirTypeVariable) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float16, {2, 3});
  const TensorId y = g.node("Relu", {x});
  const TensorId best = g.node("ArgMax", {x}, {{"axis", 1}, {"keepdims", 0}});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(y), "float16 [2, 3]");
  EXPECT_EQ(inferred.said(best), "int64 [2]");
}

TEST(Inference, LeavesANodeThatLacksAnOperandUnknownAndSaysSo) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {2, 3});
  const TensorId y = g.node("MatMul", {x});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.shape(y), "?");
  EXPECT_EQ(inferred.finding(FindingKind::wrong_arity), "the node lacks operand 1 (B)");
  EXPECT_TRUE(inferred.cost().macs.is_unknown());
}

TEST(Inference, RefusesMoreOperandsThanTheSchemaAllows) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {2});
  g.node("Relu", {x, x});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.finding(FindingKind::wrong_arity), "the node has 2 operands, at most 1 are allowed");
}

// --- findings at their root

TEST(Inference, ReportsAnUnknownOperatorOnceHoweverManyNodesFollow) {
  GraphBuilder g;
  TensorId x = g.node("Mystery", {g.input("x", DType::float32, {4})});
  for (int i = 0; i < 100; ++i) x = g.node("Relu", {x});
  Inferred inferred(std::move(g));
  EXPECT_EQ(count(inferred.inference(), FindingKind::unknown_operator), 1u);
  EXPECT_EQ(inferred.finding(FindingKind::unknown_shape), "100 more nodes are unknown because an operand is");
  EXPECT_TRUE(inferred.cost(0).macs.is_unknown());
}

TEST(Inference, TakesWhatTheFileDeclaresOfAnUnknownOperator) {
  GraphBuilder g;
  const TensorId y = g.node("Mystery", {g.input("x", DType::float32, {"batch", 4})});
  g.declare(y, DType::float32, {"batch", 8});
  const TensorId z = g.node("Relu", {y});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.said(z), "float32 [batch, 8]");
}

// --- declarations

TEST(Inference, KeepsItsOwnShapeWhereTheFileDeclaresAnother) {
  GraphBuilder g;
  const TensorId y = g.node("Relu", {g.input("x", DType::float32, {2, 3})});
  g.declare(y, DType::float32, {2, 4});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.shape(y), "[2, 3]");
  EXPECT_EQ(inferred.finding(FindingKind::contradicting_declaration),
            "the file declares [2, 4] for `Relu#0:out`, the operator gives [2, 3]");
}

TEST(Inference, LearnsWhatANameThatOnlyAResultBearsStandsFor) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n"});
  const TensorId twice = g.node("Concat", {x, x}, {{"axis", 0}});
  g.declare(twice, DType::float32, {"out"});
  const TensorId later = g.node("Mystery", {twice});
  g.declare(later, DType::float32, {"out"});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.shape(twice), "[2*n]");
  EXPECT_EQ(inferred.shape(later), "[2*n]");
  ASSERT_EQ(inferred.inference().constraints.size(), 1u);
  EXPECT_EQ(inferred.inference().dims.to_string(inferred.inference().constraints[0].constraint.a), "out");
}

TEST(Inference, DoesNotBelieveADeclarationThatRedefinesAnInputsSymbol) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n"});
  const TensorId twice = g.node("Concat", {x, x}, {{"axis", 0}});
  g.declare(twice, DType::float32, {"n"});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.shape(twice), "[2*n]");
  EXPECT_TRUE(inferred.inference().constraints.empty());
}

TEST(Inference, NamesOpenExtentsOfInputsAfterInputAndAxis) {
  GraphBuilder g;
  const TensorId y = g.node("Relu", {g.input("image", DType::float32, {"?", 3, "?"})});
  Inferred inferred(std::move(g));
  EXPECT_EQ(inferred.shape(y), "[image_0, 3, image_2]");
}

// --- the request

TEST(Request, BindsSymbolsBeforeAnythingIsInferred) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 4});
  const TensorId y = g.node("Reshape", {x, g.constant("shape", {2, -1})});
  InferOptions options;
  options.bind["n"] = 6;
  Inferred inferred(std::move(g), options);
  EXPECT_EQ(inferred.shape(y), "[2, 12]");
}

TEST(Request, AShapeReplacesSymbolsEverywhere) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 4});
  const TensorId other = g.input("other", DType::float32, {"n", 1});
  const TensorId y = g.node("Add", {x, other});
  InferOptions options;
  options.input_shapes.push_back({"x", {"batch", "4"}});
  Inferred inferred(std::move(g), options);
  EXPECT_EQ(inferred.shape(other), "[batch, 1]");
  EXPECT_EQ(inferred.shape(y), "[batch, 4]");
}

TEST(Request, AFixedExtentGivesWayOnlyToForce) {
  const auto graph = [] {
    GraphBuilder g;
    g.output(g.node("Relu", {g.input("x", DType::float32, {2, 3})}));
    return g;
  };
  InferOptions options;
  options.input_shapes.push_back({"", {"2", "5"}});
  EXPECT_EQ(refusal(graph(), options), "extent 1 of input `x` is 3, not 5");
  options.force_shapes = true;
  EXPECT_EQ(refusal(graph(), options), "");
}

TEST(Request, RefusesWhatTheModelDoesNotHave) {
  const auto graph = [] {
    GraphBuilder g;
    g.output(g.node("Relu", {g.input("x", DType::float32, {"n"})}));
    return g;
  };
  InferOptions unknown_input;
  unknown_input.input_shapes.push_back({"y", {"2"}});
  EXPECT_EQ(refusal(graph(), unknown_input), "there is no input `y`");
  InferOptions wrong_rank;
  wrong_rank.input_shapes.push_back({"x", {"2", "2"}});
  EXPECT_EQ(refusal(graph(), wrong_rank), "input `x` has 1 extents, not 2");
  InferOptions negative;
  negative.bind["n"] = -1;
  EXPECT_EQ(refusal(graph(), negative), "`n` cannot be -1: extents are not negative");
}

TEST(Request, AValueSteersShapesAndFixesTheLengthOfItsVector) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n"});
  const TensorId shape = g.input("shape", DType::int64, {"rank"});
  const TensorId y = g.node("Reshape", {x, shape});
  InferOptions options;
  options.input_values["shape"] = {2, 3, -1};
  Inferred inferred(std::move(g), options);
  EXPECT_EQ(inferred.shape(shape), "[3]");
  EXPECT_EQ(inferred.shape(y), "[2, 3, n // 6]");
}

// --- traffic

TEST(Traffic, CountsWholeOperandsResultsAndWeights) {
  GraphBuilder g;
  const TensorId x = g.input("x", DType::float32, {"n", 8});
  g.node("MatMul", {x, g.weight("w", DType::float32, {8, 2})});
  Inferred inferred(std::move(g));
  const NodeFacts& node = inferred.inference().graphs[Model::kMain].nodes[NodeId{0}];
  const DimPool& dims = inferred.inference().dims;
  EXPECT_EQ(dims.to_string(node.bytes_read), "32*n + 64");  // 4·8·n and 4·8·2
  EXPECT_EQ(dims.to_string(node.bytes_written), "8*n");
  EXPECT_EQ(dims.to_string(node.weight_bytes), "64");
}

TEST(Traffic, ReadsOnlyWhatIsGathered) {
  GraphBuilder g;
  const TensorId table = g.weight("table", DType::float32, {1000, 16});
  g.node("Gather", {table, g.input("ids", DType::int64, {"n"})});
  Inferred inferred(std::move(g));
  const NodeFacts& node = inferred.inference().graphs[Model::kMain].nodes[NodeId{0}];
  const DimPool& dims = inferred.inference().dims;
  EXPECT_EQ(dims.to_string(node.bytes_read), "72*n");  // 4·16·n of the table and 8·n of indices
  EXPECT_EQ(dims.to_string(node.weight_bytes), "64*n");
}

TEST(Traffic, PacksSubByteElements) {
  DimPool pool;
  EXPECT_TRUE(byte_size(Type{DType::int4}, Shape{3}, pool).is(2));
  EXPECT_TRUE(byte_size(Type{DType::q4_0}, Shape{64}, pool).is(36));  // two blocks of 18 bytes
  EXPECT_TRUE(byte_size(Type{DType::string}, Shape{3}, pool).is_unknown());
  EXPECT_TRUE(byte_size(Type{DType::float32}.wrapped(Container::sequence), Shape{3}, pool).is_unknown());
}

}  // namespace
}  // namespace haoline
