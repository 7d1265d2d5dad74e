#include "report/redact.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "ops/schema.h"

namespace haoline {
namespace {

constexpr std::string_view kPrefixes[] = {"tensor",    "node",   "sym",       "scope", "graph",   "file",
                                          "custom_op", "domain", "attribute", "text",  "producer"};
static_assert(std::size(kPrefixes) == kNameKinds);

constexpr std::string_view kDomains[] = {"ai.onnx",
                                         "ai.onnx.ml",
                                         "ai.onnx.training",
                                         "ai.onnx.preview.training",
                                         "ai.onnx.preview",
                                         "ai.onnx.contrib",
                                         "com.microsoft",
                                         "com.microsoft.nchwc",
                                         "com.microsoft.experimental",
                                         "com.ms.internal.nhwc",
                                         "org.pytorch.aten",
                                         "pkg.onnxscript.torch_lib",
                                         "pkg.onnxscript.torch_lib.common",
                                         "com.microsoft.dml"};

constexpr std::string_view kProducers[] = {"pytorch",
                                           "tf2onnx",
                                           "keras2onnx",
                                           "skl2onnx",
                                           "onnxmltools",
                                           "OnnxMLTools",
                                           "WinMLTools",
                                           "CNTK",
                                           "caffe2",
                                           "onnx-caffe2",
                                           "backend-test",
                                           "onnx.quantize",
                                           "onnx.utils.extract_model",
                                           "onnxruntime",
                                           "onnxruntime.transformers",
                                           "onnxruntime.tools.convert_onnx_models_to_ort",
                                           "onnx.compose.merge_models",
                                           "onnxscript",
                                           "paddle2onnx",
                                           "PaddlePaddle",
                                           "spox",
                                           "sparseml",
                                           "neural-compressor",
                                           "optimum",
                                           "onnxsim",
                                           "nemo",
                                           "Matlab",
                                           "mxnet2onnx",
                                           "chainer",
                                           "tract"};

template <std::size_t N>
bool is_one_of(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool is_identifier_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_identifier(char c) {
  return is_identifier_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

// 1 is a, 26 is z, 27 is aa.
std::string letters(std::size_t number) {
  std::string text;
  for (; number > 0; number = (number - 1) / 26)
    text.insert(text.begin(), static_cast<char>('a' + (number - 1) % 26));
  return text;
}

bool is_known_operator(std::string_view display) {
  const std::size_t dot = display.find_last_of('.');
  const std::string_view domain = dot == std::string_view::npos ? std::string_view() : display.substr(0, dot);
  return find_op(domain, display.substr(dot == std::string_view::npos ? 0 : dot + 1)) != Op::unknown;
}

// "2.15.0+cu132": short, and begins with a digit.
bool is_version(std::string_view text) {
  return text.size() <= 16 && std::isdigit(static_cast<unsigned char>(text.front())) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '+' || c == '-';
         });
}

bool is_public(NameKind kind, std::string_view name) {
  switch (kind) {
    case NameKind::op:
      return is_known_operator(name);
    case NameKind::domain:
      return is_one_of(kDomains, name);
    case NameKind::producer:
      return is_one_of(kProducers, name) || is_version(name);
    default:
      return false;
  }
}

}  // namespace

Redactor::Redactor(const Model& model) {
  for (const auto schemas : {onnx_schemas(), ml_schemas(), microsoft_schemas()}) {
    for (const Schema& schema : schemas) {
      for (const SchemaAttribute& attribute : schema.attributes) attributes_.emplace(attribute.name, true);
    }
  }
  for (std::size_t i = 0; i < model.dims->symbol_count(); ++i)
    token(NameKind::symbol, model.dims->symbol_at(i).name);
  for (const Graph& graph : model.graphs) learn(graph);
  for (const ModelFile& file : model.files) token(NameKind::file, file.name);
  for (const OperatorSet& set : model.opsets) token(NameKind::domain, set.domain);
  for (const Function& function : model.functions) {
    token(NameKind::domain, function.domain);
    token(NameKind::op, function.name);
  }
}

void Redactor::learn(const Graph& graph) {
  if (!graph.path.empty()) token(NameKind::graph, graph.path);
  for (const Tensor& tensor : graph.tensors) {
    token(NameKind::tensor, tensor.name);
    if (!tensor.source_name.empty()) token(NameKind::tensor, tensor.source_name);
  }
  for (const Node& node : graph.nodes) {
    token(NameKind::node, node.name);
    if (!node.source_name.empty()) token(NameKind::node, node.source_name);
    if (node.op == Op::unknown) token(NameKind::op, node.op_type);
    if (!node.domain.empty()) token(NameKind::domain, node.domain);
    if (!node.scope.empty()) scope(node.scope);
  }
}

std::string_view Redactor::token(NameKind kind, std::string_view name) {
  if (name.empty() || is_public(kind, name)) return name;
  Table& known = table(kind);
  const auto at = known.tokens.find(name);
  if (at != known.tokens.end()) return at->second;
  const std::size_t number = known.next++;
  const std::string text = std::string(kPrefixes[static_cast<std::size_t>(kind)]) + "_" +
                           (kind == NameKind::symbol ? letters(number) : std::to_string(number));
  return known.tokens.emplace(arena_.text(name), arena_.text(text)).first->second;
}

std::string_view Redactor::any_token(std::string_view name) {
  for (const Table& known : tables_) {
    if (const auto at = known.tokens.find(name); at != known.tokens.end()) return at->second;
  }
  if (is_known_operator(name) || is_public_attribute(name) || is_one_of(kDomains, name)) return name;
  const auto at = unknown_.tokens.find(name);
  if (at != unknown_.tokens.end()) return at->second;
  const std::string text = "name_" + std::to_string(unknown_.next++);
  return unknown_.tokens.emplace(arena_.text(name), arena_.text(text)).first->second;
}

std::string Redactor::scope(std::string_view path) {
  std::string out;
  while (true) {
    const std::size_t slash = path.find('/');
    out += token(NameKind::scope, path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

std::string Redactor::formula(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    if (text[at] == '`') {
      end = std::min(text.find('`', end), text.size() - 1) + 1;
      out += token(NameKind::symbol, text.substr(at + 1, end - at - 2));
    } else if (is_identifier_start(text[at])) {
      while (end < text.size() && is_identifier(text[end])) ++end;
      const std::string_view word = text.substr(at, end - at);
      const bool is_function = end < text.size() && text[end] == '(';
      out += is_function ? word : token(NameKind::symbol, word);
    } else {
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) &&
             is_identifier(text[end]))
        ++end;
      out += text.substr(at, end - at);
    }
    at = end;
  }
  return out;
}

std::string Redactor::words(std::string_view text) {
  const auto is_separator = [](char c) {
    return std::isspace(static_cast<unsigned char>(c)) ||
           std::string_view(",;()[]{}'\"`=").find(c) != std::string_view::npos;
  };
  const auto known = [&](std::string_view word) -> const std::string_view* {
    for (const Table& names : tables_) {
      if (const auto at = names.tokens.find(word); at != names.tokens.end()) return &at->second;
    }
    return nullptr;
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && !is_separator(text[end])) ++end;
    std::string_view word = text.substr(at, end - at);
    while (word.size() > 1 && (word.back() == '.' || word.back() == ':')) word.remove_suffix(1);
    const std::string_view* replaced = word.size() >= 2 ? known(word) : nullptr;
    out += replaced ? *replaced : word;
    out += text.substr(at + word.size(), end - at - word.size());
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  return out;
}

Error Redactor::redacted(Error error) {
  error = without_names(std::move(error));
  error.message = words(error.message);
  error.advice = words(error.advice);
  return error;
}

Error without_names(Error error) {
  error.path.clear();
  for (std::string* text : {&error.message, &error.advice}) {
    for (std::size_t open = text->find('`'); open != std::string::npos; open = text->find('`', open + 1)) {
      const std::size_t close = text->find('`', open + 1);
      if (close == std::string::npos) break;
      text->replace(open, close - open + 1, "(name)");
    }
  }
  return error;
}

}  // namespace haoline
