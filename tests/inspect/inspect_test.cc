// The pipeline on graphs stated here: what comes out under which key.
#include "inspect/inspect.h"

#include <gtest/gtest.h>

#include "ir/graph_builder.h"
#include "report/csv.h"
#include "report/markdown.h"
#include "report/terminal.h"
#include "report/utf8.h"

namespace haoline {
namespace {

// x [batch, 8] · w [8, 4] + b, with names that nobody publishes.
Model secret_model() {
  GraphBuilder g(17);
  const TensorId x = g.input("patient_vector", DType::float32, {"hospital_beds", 8});
  const TensorId w = g.weight("secret_weight", DType::float32, {8, 4});
  const TensorId b = g.weight("secret_bias", DType::float32, {4});
  const TensorId product = g.node("MatMul", {x, w}, {}, "ward/diagnosis_product");
  const TensorId sum = g.node("Add", {product, b}, {}, "ward/diagnosis_sum");
  const TensorId odd =
      g.node("com.hospital.TriageOp", {sum}, {{"triage_mode", "confidential"}}, "ward/triage_step");
  g.rename(odd, "patient_score");
  g.output(odd);
  return std::move(g).build();
}

Report report_of(const Model& model, InspectOptions options = {}) {
  Result<Report> report = inspect(model, "/home/doctor/hospital.onnx", options);
  if (!report) ADD_FAILURE() << report.error().to_string();
  return report ? std::move(*report) : Report{};
}

InspectOptions everything() {
  InspectOptions options;
  options.include_nodes = options.include_tensors = options.include_weights = options.include_series = true;
  options.include_scopes = true;
  return options;
}

TEST(Inspect, CountsOneMacPerProductElementAndKeepsTheSymbol) {
  const Report report = report_of(secret_model());
  EXPECT_EQ(report.cost.macs.value, Int128{32});
  EXPECT_EQ(report.cost.macs.formula.text, "32*hospital_beds");
  EXPECT_EQ(report.parameters.trainable, Int128{36});
}
TEST(Inspect, ShowsTheNumberUnderTheBindingAndTheFormula) {
  InspectOptions options;
  options.bind["hospital_beds"] = 10;
  const Report report = report_of(secret_model(), options);
  EXPECT_EQ(report.cost.macs.value, Int128{320});
  EXPECT_EQ(report.cost.macs.formula.text, "32*hospital_beds");
  ASSERT_EQ(report.bindings.size(), 1u);
  EXPECT_EQ(report.bindings.entries[0].second.source.text, "given");
}
TEST(Inspect, SaysThatATotalLeavesOutAnUnknownOperator) {
  const Report report = report_of(secret_model());
  EXPECT_FALSE(report.cost.macs.complete);
  EXPECT_EQ(report.cost.coverage.nodes - report.cost.coverage.nodes_known, 1);
  ASSERT_EQ(report.cost.coverage.unknown.size(), 1u);
  EXPECT_EQ(report.cost.coverage.unknown[0].why.text, "unknown operator");
}
TEST(Inspect, BatchSizeBindsTheFirstAxisAndSaysSo) {
  InspectOptions options;
  options.batch_size = 4;
  const Report report = report_of(secret_model(), options);
  EXPECT_EQ(report.cost.macs.value, Int128{128});
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_EQ(report.notes[0].to_string(), "--batch-size: axis 0 of input `patient_vector`");
}
TEST(Inspect, ResolutionOfAModelWithoutImagesIsAUsageError) {
  InspectOptions options;
  options.height = options.width = 64;
  const Result<Report> report = inspect(secret_model(), "m", options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::usage);
}
TEST(Inspect, AFixedBatchNeedsForceShape) {
  GraphBuilder g(17);
  const TensorId x = g.input("x", DType::float32, {1, 3, 8, 8});
  g.output(g.node("Relu", {x}));
  const Model model = std::move(g).build();
  InspectOptions options;
  options.batch_size = 2;
  const Result<Report> refused = inspect(model, "m", options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().to_string(),
            "input `x` has the fixed batch 1. Add --force-shape to override what the file declares");
  options.force_shapes = true;
  const Report report = report_of(model, options);
  ASSERT_EQ(report.graph.inputs.size(), 1u);
  EXPECT_EQ(report.graph.inputs[0].shape.extents[0].number, 2);
}

TEST(Report, IsTheSameBytesEachTime) {
  EXPECT_EQ(to_json(report_of(secret_model(), everything())),
            to_json(report_of(secret_model(), everything())));
}
TEST(Report, LeavesOutRowsThatWereNotAskedFor) {
  const std::string json = to_json(report_of(secret_model()));
  EXPECT_EQ(json.find("\"tensors\": [\n"), std::string::npos);
  EXPECT_EQ(json.find("\"nodes\": ["), std::string::npos);
}
TEST(Report, JsonOptionsHideRowsThatOtherOutputsNeed) {
  const Report report = report_of(secret_model(), everything());
  const std::string json =
      to_json(report, {.nodes = false, .tensors = false, .weights = false, .series = false});
  EXPECT_EQ(json, to_json(report_of(secret_model(), [] {
              InspectOptions options;
              options.include_scopes = true;
              return options;
            }())));
}
TEST(Report, SingleLineHasOneLine) {
  const std::string json = to_json(report_of(secret_model(), everything()), {.single_line = true});
  EXPECT_EQ(json.find('\n'), json.size() - 1);
}

constexpr std::string_view kPrivate[] = {"patient", "hospital",     "secret", "ward", "diagnosis", "triage",
                                         "Triage",  "confidential", "doctor", "beds", "score"};

void expect_nothing_private(const std::string& output) {
  for (const std::string_view word : kPrivate) {
    EXPECT_EQ(output.find(word), std::string::npos) << word << " in\n" << output;
  }
}

TEST(Redaction, LeavesNoNameInAnyOutput) {
  InspectOptions options = everything();
  options.redact_names = true;
  const Report report = report_of(secret_model(), options);
  expect_nothing_private(to_json(report));
  expect_nothing_private(to_markdown(report));
  expect_nothing_private(to_csv(report));
  expect_nothing_private(to_terminal(report, {}));
  expect_nothing_private(to_terminal(report, {.top = 10, .by = Breakdown::by_scope}));
}
TEST(Redaction, KeepsFiguresAndPublishedWords) {
  InspectOptions options = everything();
  options.redact_names = true;
  const std::string json = to_json(report_of(secret_model(), options));
  EXPECT_NE(json.find("\"MatMul\""), std::string::npos);
  EXPECT_NE(json.find("32*sym_a"), std::string::npos);
}
TEST(Redaction, GivesTheSameTokenWhateverIsAskedFor) {
  InspectOptions brief, full = everything();
  brief.redact_names = full.redact_names = true;
  const Report a = report_of(secret_model(), brief), b = report_of(secret_model(), full);
  EXPECT_EQ(a.graph.outputs[0].name.text, b.graph.outputs[0].name.text);
}
TEST(Redaction, ReachesErrorLines) {
  InspectOptions options;
  options.redact_names = true;
  options.bind["hospital_bed"] = 1;
  const Result<Report> report = inspect(secret_model(), "m", options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().to_string().find("hospital_beds"), std::string::npos)
      << report.error().to_string();
}

TEST(Summary, ShowsNothingOfTheGraph) {
  InspectOptions options = everything();
  options.summary_only = true;
  const Report report = report_of(secret_model(), options);
  for (const std::string& output :
       {to_json(report), to_markdown(report), to_csv(report), to_terminal(report, {})}) {
    for (const std::string_view word :
         {"patient_vector", "secret_weight", "ward", "confidential", "/home/doctor"}) {
      EXPECT_EQ(output.find(word), std::string::npos) << word << " in\n" << output;
    }
  }
  EXPECT_EQ(report.cost.macs.value, Int128{32});
}

TEST(Csv, HasARowPerNodeWithItsOwnFigures) {
  const std::string csv = to_csv(report_of(secret_model(), everything()));
  EXPECT_NE(csv.find("ward/diagnosis_product,MatMul,1x8,1x4,32,64,16,,88.8889,"), std::string::npos) << csv;
}
TEST(Csv, MakesFormulasOfSpreadsheetsText) {
  GraphBuilder g(17);
  const TensorId x = g.input("x", DType::float32, {2});
  g.output(g.node("Relu", {x}, {}, "=cmd|' /C calc'!A0,\"x\""));
  InspectOptions options = everything();
  const std::string csv = to_csv(report_of(std::move(g).build(), options));
  EXPECT_NE(csv.find("\n\"'=cmd|' /C calc'!A0,\"\"x\"\"\",Relu,"), std::string::npos) << csv;
}

TEST(Terminal, KeepsToEightyColumns) {
  GraphBuilder g(17);
  const std::string name(300, 'n');
  const TensorId x = g.input(name, DType::float32, {"batch", 3, 224, 224});
  const TensorId w = g.weight("w", DType::float32, {64, 3, 7, 7});
  g.output(g.node("Conv", {x, w}, {{"strides", {2, 2}}}, name));
  const std::string text = to_terminal(report_of(std::move(g).build()), {});
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    EXPECT_LE(display_width(std::string_view(text).substr(begin, end - begin)), 80u)
        << text.substr(begin, end - begin);
    begin = end + 1;
  }
}
TEST(Terminal, HasNoEscapesUnlessColoursAreWanted) {
  const Report report = report_of(secret_model());
  EXPECT_EQ(to_terminal(report, {}).find('\x1b'), std::string::npos);
  EXPECT_NE(to_terminal(report, {.colour = true}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace haoline
