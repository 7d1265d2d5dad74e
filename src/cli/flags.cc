#include "cli/flags.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace haoline::cli {
namespace {

constexpr std::uint32_t kInspect = bit(CommandId::inspect);
constexpr std::uint32_t kModels = kInspect | bit(CommandId::explain);
constexpr std::uint32_t kPages =
    bit(CommandId::ops) | bit(CommandId::formats) | bit(CommandId::help) | bit(CommandId::schema);
constexpr std::uint32_t kAll = ~0u;

template <class Int>
bool parse_number(std::string_view text, Int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// Calls `take` for each part between commas; stops at the first error.
template <class Take>
std::string each_part(std::string_view list, Take take) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (std::string error = take(list.substr(0, comma)); !error.empty()) return error;
    if (comma == std::string_view::npos) return {};
    list.remove_prefix(comma + 1);
  }
}

std::string one_of(std::string_view words) {
  std::string text = "must be one of ";
  for (const char c : words) text += c == ' ' ? std::string(", ") : std::string(1, c);
  return text;
}

std::string keep(std::string& member, std::string_view value) {
  member = value;
  return value.empty() ? "must not be empty" : std::string();
}

std::string apply_include(Arguments& a, std::string_view value) {
  return each_part(value, [&](std::string_view part) -> std::string {
    const bool all = part == "all";
    if (!all && part != "nodes" && part != "tensors" && part != "weights" && part != "series") {
      return "knows nodes, tensors, weights, series and all, not '" + std::string(part) + "'";
    }
    a.include_nodes |= all || part == "nodes";
    a.include_tensors |= all || part == "tensors";
    a.include_weights |= all || part == "weights";
    a.include_series |= all || part == "series";
    return {};
  });
}

std::string apply_bind(Arguments& a, std::string_view value) {
  return each_part(value, [&](std::string_view part) -> std::string {
    const std::size_t equals = part.rfind('=');
    std::int64_t number = 0;
    if (equals == std::string_view::npos || equals == 0 || !parse_number(part.substr(equals + 1), number) ||
        number < 0) {
      return "expects NAME=NUMBER, not '" + std::string(part) + "'";
    }
    a.inspect.bind[std::string(part.substr(0, equals))] = number;
    return {};
  });
}

std::string apply_input_shape(Arguments& a, std::string_view value) {
  InferOptions::InputShape shape;
  const std::size_t equals = value.find('=');
  if (equals != std::string_view::npos) {
    shape.name = value.substr(0, equals);
    value.remove_prefix(equals + 1);
  }
  if (!value.empty()) {
    std::string error = each_part(value, [&](std::string_view part) -> std::string {
      shape.extents.emplace_back(part);
      return part.empty() ? "has an empty extent" : "";
    });
    if (!error.empty()) return error;
  }
  a.inspect.input_shapes.push_back(std::move(shape));
  return {};
}

std::string apply_input_value(Arguments& a, std::string_view value) {
  const std::size_t equals = value.rfind('=');
  if (equals == std::string_view::npos || equals == 0) return "expects NAME=1,2,3";
  std::vector<std::int64_t>& numbers = a.inspect.input_values[std::string(value.substr(0, equals))];
  numbers.clear();
  if (equals + 1 == value.size()) return {};
  return each_part(value.substr(equals + 1), [&](std::string_view part) -> std::string {
    std::int64_t number = 0;
    if (!parse_number(part, number)) return "expects integers, not '" + std::string(part) + "'";
    numbers.push_back(number);
    return {};
  });
}

std::string apply_batch_size(Arguments& a, std::string_view value) {
  return parse_number(value, a.inspect.batch_size) && a.inspect.batch_size > 0 ? ""
                                                                               : "expects a number above 0";
}

std::string apply_input_resolution(Arguments& a, std::string_view value) {
  const std::size_t x = value.find('x');
  const bool good = x != std::string_view::npos && parse_number(value.substr(0, x), a.inspect.height) &&
                    parse_number(value.substr(x + 1), a.inspect.width) && a.inspect.height > 0 &&
                    a.inspect.width > 0;
  return good ? "" : "expects HEIGHTxWIDTH, as 224x224";
}

std::string apply_alignment(Arguments& a, std::string_view value) {
  std::uint64_t& alignment = a.inspect.alignment;
  const bool good = parse_number(value, alignment) && alignment > 0 && alignment <= (1u << 30) &&
                    (alignment & (alignment - 1)) == 0;
  return good ? "" : "expects a power of two";
}

std::string apply_flops(Arguments& a, std::string_view value) {
  a.inspect.macs_only = value == "macs";
  return value == "macs" || value == "all" ? "" : one_of("macs all");
}

std::string apply_top(Arguments& a, std::string_view value) {
  std::size_t count = 0;
  if (!parse_number(value, count)) return "expects a number";
  a.top = count;
  a.inspect.top = std::max<std::size_t>(count, 10);
  return {};
}

std::string apply_by(Arguments& a, std::string_view value) {
  constexpr std::string_view kWords[] = {"node", "op", "scope"};
  const auto at = std::find(std::begin(kWords), std::end(kWords), value);
  if (at == std::end(kWords)) return one_of("node op scope");
  a.by = static_cast<Breakdown>(at - std::begin(kWords));
  a.inspect.include_scopes = a.by == Breakdown::by_scope;
  return {};
}

std::string apply_fail_on(Arguments& a, std::string_view value) {
  constexpr std::string_view kWords[] = {"info", "warning", "error"};
  const auto at = std::find(std::begin(kWords), std::end(kWords), value);
  if (at == std::end(kWords)) return one_of("info warning error");
  a.fail_on = static_cast<Severity>(at - std::begin(kWords));
  return {};
}

std::string apply_log_level(Arguments& a, std::string_view value) {
  constexpr std::string_view kWords[] = {"debug", "info", "warning", "error"};
  const auto at = std::find(std::begin(kWords), std::end(kWords), value);
  if (at == std::end(kWords)) return one_of("debug info warning error");
  a.log_level = static_cast<LogLevel>(at - std::begin(kWords));
  return {};
}

std::string apply_figure(Arguments& a, std::string_view value) {
  constexpr std::string_view kWords[] = {"macs", "shape", "bytes", "peak", "parameters"};
  const auto at = std::find(std::begin(kWords), std::end(kWords), value);
  if (at == std::end(kWords)) return one_of("macs shape bytes peak parameters");
  a.figure = static_cast<Figure>(at - std::begin(kWords));
  return {};
}

template <bool Arguments::* member>
std::string set(Arguments& a, std::string_view) {
  a.*member = true;
  return {};
}
template <bool InspectOptions::* member>
std::string set_option(Arguments& a, std::string_view) {
  a.inspect.*member = true;
  return {};
}
template <std::string Arguments::* member>
std::string set_text(Arguments& a, std::string_view value) {
  return keep(a.*member, value);
}
template <CommandId command>
std::string become(Arguments& a, std::string_view) {
  a.command = command;
  return {};
}
// --from-FORMAT MODEL: the model is the value, its reader is settled.
std::string read_as(Arguments& a, std::string_view value, std::string_view format) {
  if (!a.inspect.format.empty()) return "cannot be combined with another --from flag";
  if (value.empty()) return "must not be empty";
  a.inspect.format = format;
  a.operands.emplace_back(value);
  return {};
}
constexpr char kOnnx[] = "onnx", kPyTorch[] = "pytorch", kTensorFlow[] = "tensorflow", kKeras[] = "keras",
               kTflite[] = "tflite", kFlax[] = "flax";
template <const char* format>
std::string from(Arguments& a, std::string_view value) {
  return read_as(a, value, format);
}
template <std::vector<std::string> InspectOptions::* member>
std::string set_names(Arguments& a, std::string_view value) {
  return each_part(value, [&](std::string_view part) -> std::string {
    (a.inspect.*member).emplace_back(part);
    return part.empty() ? "has an empty name" : "";
  });
}
std::string accept(Arguments&, std::string_view) {
  return {};
}

using S = FlagSection;
constexpr Flag kFlags[] = {
    {"--out-json", 0, "FILE", "@file", S::output, kInspect,
     "Write the report as JSON (`haoline schema` describes it). `-` is standard output. With several models "
     "FILE is a "
     "folder with one file each, `-` one report a line.",
     set_text<&Arguments::out_json>},
    {"--out-md", 0, "FILE", "@file", S::output, kInspect, "Write a Markdown model card.",
     set_text<&Arguments::out_md>},
    {"--layer-csv", 0, "FILE", "@file", S::output, kInspect, "Write one row per node as CSV.",
     set_text<&Arguments::layer_csv>},
    {"--include", 0, "PARTS", "nodes tensors weights series all", S::output, kInspect,
     "Details to add to the JSON and Markdown: a comma list of nodes, tensors, weights, series; or all.",
     apply_include},
    {"--schema", 0, "", "", S::output, kInspect, "Print the JSON Schema of the report and exit.",
     become<CommandId::schema>},

    {"--bind", 0, "NAME=N,...", "", S::model, kModels,
     "Numbers for the symbols of the model's shapes. A symbol that is not bound counts as 1.", apply_bind},
    {"--batch-size", 0, "N", "", S::model, kModels,
     "Shorthand: binds the first axis of every input that has one.", apply_batch_size},
    {"--input-resolution", 0, "HxW", "", S::model, kModels,
     "Shorthand: binds height and width of image inputs.", apply_input_resolution},
    {"--input-shape", 0, "[NAME=]SHAPE", "", S::model, kModels,
     "Shape of an input, as x=1,3,224,224; a part may be a name and makes a symbol. May be repeated, once "
     "per input.",
     apply_input_shape},
    {"--force-shape", 0, "", "", S::model, kModels,
     "Let --input-shape and the shorthands override fixed extents.",
     set_option<&InspectOptions::force_shapes>},
    {"--input-value", 0, "NAME=N,...", "", S::model, kModels,
     "Value of a small integer input that steers shapes (axes, sizes, trip counts). May be repeated.",
     apply_input_value},

    {"--from-onnx", 0, "MODEL", "@file", S::model, kModels, "Read MODEL as ONNX, whatever its content says.",
     from<kOnnx>},
    {"--from-pytorch", 0, "MODEL", "@file", S::model, kModels, "Read MODEL as PyTorch. No code in it runs.",
     from<kPyTorch>},
    {"--from-tensorflow", 0, "MODEL", "@file", S::model, kModels, "Read MODEL, a SavedModel, as TensorFlow.",
     from<kTensorFlow>},
    {"--from-frozen-graph", 0, "MODEL", "@file", S::model, kModels,
     "Read MODEL, a frozen graph, as TensorFlow.", from<kTensorFlow>},
    {"--from-keras", 0, "MODEL", "@file", S::model, kModels, "Read MODEL as Keras.", from<kKeras>},
    {"--from-tflite", 0, "MODEL", "@file", S::model, kModels, "Read MODEL as TensorFlow Lite.",
     from<kTflite>},
    {"--from-jax", 0, "MODEL", "@file", S::model, kModels, "Read MODEL, Flax weights, as JAX.", from<kFlax>},
    {"--tf-inputs", 0, "NAMES", "", S::model, kModels,
     "Tensors at which a TensorFlow graph begins, as input:0; what feeds them is left out.",
     set_names<&InspectOptions::graph_inputs>},
    {"--tf-outputs", 0, "NAMES", "", S::model, kModels,
     "Tensors at which a TensorFlow graph ends, as probabilities:0.",
     set_names<&InspectOptions::graph_outputs>},

    {"--flops", 0, "WHAT", "macs all", S::figures, kInspect,
     "What FLOPs count: all arithmetic (2 per multiply-accumulate and every other operation), or macs only.",
     apply_flops},
    {"--alignment", 0, "BYTES", "", S::figures, kModels,
     "Alignment of offsets in the memory plan; 16 unless given.", apply_alignment},
    {"--by-content", 0, "", "", S::figures, kModels,
     "Find equal weights by their bytes, so that they count once. Reads every weight.",
     set_option<&InspectOptions::by_content>},

    {"--redact-names", 0, "", "", S::privacy, kModels,
     "Replace every name of the model (file, tensors, nodes, symbols, metadata) by a token, in every output.",
     set_option<&InspectOptions::redact_names>},
    {"--summary-only", 0, "", "", S::privacy, kInspect,
     "Aggregate figures only: nothing that shows the graph, in every output.",
     set_option<&InspectOptions::summary_only>},
    {"--offline", 0, "", "", S::privacy, kAll, "Accepted for scripts: haoline never uses the network.",
     accept},

    {"--top", 0, "N", "", S::terminal, kInspect, "Rows of the cost table; 3 unless given, 0 for none.",
     apply_top},
    {"--by", 0, "WHAT", "node op scope", S::terminal, kInspect, "What the rows of the cost table are.",
     apply_by},
    {"--no-color", 0, "", "", S::terminal, kAll,
     "No colours. They are off anyway where output is no terminal or NO_COLOR is set.",
     set<&Arguments::no_color>},
    {"--progress", 0, "", "", S::terminal, kModels,
     "Show progress on standard error from the start, also where that is no terminal.",
     set<&Arguments::progress>},
    {"--quiet", 'q', "", "", S::terminal, kModels,
     "No summary, no progress, no remarks: only requested outputs and errors.", set<&Arguments::quiet>},
    {"--log-level", 0, "LEVEL", "debug info warning error", S::terminal, kModels,
     "Which remarks go to standard error; info unless given.", apply_log_level},

    {"--fail-on", 0, "SEVERITY", "info warning error", S::general, kInspect,
     "Exit with 1 when a finding is at least that severe.", apply_fail_on},
    {"--node", 0, "NAME", "", S::general, bit(CommandId::explain), "The node whose figure to explain.",
     set_text<&Arguments::node>},
    {"--figure", 0, "FIGURE", "macs shape bytes peak parameters", S::general, bit(CommandId::explain),
     "The figure to explain; macs unless given.", apply_figure},
    {"--markdown", 0, "", "", S::general, kPages, "Print as a page of the documentation.",
     set<&Arguments::markdown>},
    {"--list-formats", 0, "", "", S::general, kInspect, "List the formats that can be read and exit.",
     become<CommandId::formats>},
    {"--help", 'h', "", "", S::general, kAll, "Show help and exit.", set<&Arguments::help>},
    {"--version", 'V', "", "", S::general, kAll, "Print the version and exit.", set<&Arguments::version>},
};

}  // namespace

std::string_view title(FlagSection section) {
  constexpr std::string_view kTitles[kFlagSections] = {"Outputs", "Model and inputs", "Figures",
                                                       "Privacy", "Terminal",         "General"};
  return kTitles[static_cast<std::size_t>(section)];
}

std::span<const Flag> flags() {
  return kFlags;
}

const Flag* find_flag(std::string_view name) {
  for (const Flag& flag : kFlags) {
    if (flag.name == name) return &flag;
    if (name.size() == 2 && name[0] == '-' && flag.letter != 0 && name[1] == flag.letter) return &flag;
  }
  return nullptr;
}

}  // namespace haoline::cli
