// The pipeline, as a page: everything else is called from here.
#include "inspect/inspect.h"

#include <utility>

#include "analyses/accounting.h"
#include "analyses/bindings.h"
#include "analyses/inference.h"
#include "analyses/memory.h"
#include "analyses/parameters.h"
#include "analyses/totals.h"
#include "blueprints/blueprints.h"
#include "inspect/shorthands.h"
#include "report/build.h"
#include "report/redact.h"

namespace haoline {
namespace {

InferOptions infer_options(const InspectOptions& options) {
  InferOptions infer;
  infer.input_shapes = options.input_shapes;
  infer.force_shapes = options.force_shapes;
  infer.input_values = options.input_values;
  return infer;
}

ReportOptions report_options(const InspectOptions& options, const Model& model, std::string_view path) {
  const Format* format = find_format(model.format);
  return {.path = path,
          .format_title = format ? format->title : std::string_view(),
          .nodes = options.include_nodes,
          .tensors = options.include_tensors,
          .weights = options.include_weights,
          .series = options.include_series,
          .scopes = options.include_scopes,
          .macs_only = options.macs_only,
          .top = options.top};
}

// What the caller says of the inputs: shapes replace declarations; numbers are bound after inference, so that
// figures keep their formulas.
struct Understood {
  Inference inference;
  BoundSymbols bound;
  std::vector<MessageText> notes;
};

Result<Understood> understand(const Model& model, const InspectOptions& options) {
  InferOptions wanted = infer_options(options);
  Bindings given = options.bind;
  auto notes = apply_shorthands(model, options, wanted, given);
  if (!notes) return std::move(notes).error();
  Result<Inference> inference = infer(model, wanted);
  if (!inference) return std::move(inference).error();
  Result<BoundSymbols> bound = bind_symbols(model, *inference, given);
  if (!bound) return std::move(bound).error();
  return Understood{std::move(*inference), std::move(*bound), std::move(*notes)};
}

void begin(const InspectOptions& options, const char* phase) {
  if (options.phase) options.phase->store(phase, std::memory_order_relaxed);
}

Result<Report> report_on(const Model& model, std::string_view path, const InspectOptions& options) {
  // Types, shapes, integer values, costs.
  begin(options, "inference");
  Result<Understood> understood = understand(model, options);
  if (!understood) return std::move(understood).error();
  auto& [inference, bound, notes] = *understood;

  // What follows from them.
  begin(options, "parameters, costs and memory");
  const ParameterFacts parameters = count_parameters(model, inference, options.by_content);
  MemoryAnalysis planning(model, inference, bound, parameters, options.alignment);  // partly on a second core
  const CostTotals totals = total_costs(model, inference, options.include_scopes);
  const ByteAccounting accounting = account_bytes(model, options.by_content);
  const MemoryFacts memory = planning.finish();

  // Words.
  begin(options, options.include_weights ? "report and statistics of weights" : "report");
  Report report = build_report({.model = model,
                                .inference = inference,
                                .bound = bound,
                                .totals = totals,
                                .parameters = parameters,
                                .memory = memory,
                                .accounting = accounting},
                               report_options(options, model, path));
  for (MessageText& note : notes) {
    for (MessageText::Part& part : note.parts) part.text = report.arena.text(part.text);
    report.notes.push_back(std::move(note));
  }
  return report;
}

}  // namespace

Result<Report> inspect(const Model& model, std::string_view path, const InspectOptions& options) {
  Result<Report> report = report_on(model, path, options);
  if (!options.redact_names && !options.summary_only) return report;
  // What must not leave the house is taken out of the report itself, so that no output can forget it.
  Redactor redactor(model);
  if (!report)
    return options.redact_names ? redactor.redacted(std::move(report).error()) : std::move(report).error();
  if (options.summary_only) summarize(*report);
  if (options.redact_names) redactor.apply(*report);
  return report;
}

ReadOptions read_options(const InspectOptions& options) {
  ReadOptions source;
  source.format = options.format;
  source.graph_inputs = options.graph_inputs;
  source.graph_outputs = options.graph_outputs;
  return source;
}

// A file that holds only weights gets the graph of its architecture, where a blueprint knows it.
static Result<Model> with_graph(Result<Model> model) {
  if (model && model->architecture && model->main().nodes.empty()) blueprints::build(*model);
  return model;
}

Result<Model> load_model(Bytes file, const ReadOptions& source) {
  return with_graph(read_model(file, source));
}

Result<Model> load_model_folder(FileProvider& files, const ReadOptions& source) {
  return with_graph(read_model_folder(files, source));
}

Result<Report> inspect(Bytes file, const ReadOptions& source, const InspectOptions& options) {
  Result<Model> model = load_model(file, source);
  if (!model)
    return options.redact_names ? without_names(std::move(model).error()) : std::move(model).error();
  return inspect(*model, options.display_path.empty() ? source.name : std::string_view(options.display_path),
                 options);
}

Result<Explanation> explain(const Model& model, const InspectOptions& options, std::string_view node,
                            Figure figure) {
  Result<Understood> understood = understand(model, options);
  Result<Explanation> explanation =
      understood ? explain(model, understood->inference, understood->bound, node, figure)
                 : Result<Explanation>(std::move(understood).error());
  if (!options.redact_names) return explanation;
  Redactor redactor(model);
  if (!explanation) return redactor.redacted(std::move(explanation).error());
  explanation->result_text = redactor.words(explanation->result_text);
  for (Explanation::Line& line : explanation->lines) {
    line.label = redactor.words(line.label);
    line.text = redactor.words(line.text);
  }
  return explanation;
}

Result<Explanation> explain(Bytes file, const ReadOptions& source, const InspectOptions& options,
                            std::string_view node, Figure figure) {
  Result<Model> model = load_model(file, source);
  if (!model)
    return options.redact_names ? without_names(std::move(model).error()) : std::move(model).error();
  return explain(*model, options, node, figure);
}

}  // namespace haoline
