// Which module of the original program a node belongs to, '/'-separated.
//
// Exporters say it in one of two ways: in the node's name ("/encoder/layer.0/attention/MatMul"), or in
// metadata: PyTorch's newer exporter lists the qualified names of the modules from the outside in.
#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

// The nodes of a module all spell it out: it is read once.
std::string_view remembered(Reading& r, std::string_view text, std::string (*read)(std::string_view)) {
  const auto next = static_cast<std::uint32_t>(r.module_scope_texts.size());
  const auto [index, is_new] = r.module_scopes.insert(text, next);
  if (is_new) r.module_scope_texts.push_back(r.model.arena.text(read(text)));
  return r.module_scope_texts[*index];
}

constexpr std::string_view kNoModule = "_empty_nn_module_stack_from_metadata_hook";

// "model", "model.bert", "model.bert.layer.0" -> "model/bert/layer.0": each name without the one before it.
void append_module(std::string& path, std::string_view& before, std::string_view name) {
  if (name.empty() || name == kNoModule) return;
  std::string_view own = name;
  if (own.size() > before.size() && own.substr(0, before.size()) == before && own[before.size()] == '.') {
    own.remove_prefix(before.size() + 1);
  }
  if (!path.empty()) path += '/';
  path += own;
  before = name;
}

// A Python list of names without its last item, which is the operation itself: "['', 'model', 'model.bert'".
std::string read_name_scopes(std::string_view text) {
  std::string path;
  std::string_view before;
  for (std::size_t at = 0; at < text.size();) {
    const char quote = text[at];
    if (quote != '\'' && quote != '"') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find(quote, at + 1), text.size());
    append_module(path, before, text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return path;
}

// ": Model/model: pkg.Bert/model.bert: pkg.Layer", without the operation: the names are before the colons.
std::string read_namespace(std::string_view text) {
  std::string path;
  std::string_view before;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    append_module(path, before, part.substr(0, part.find(": ")));
    at = end + 1;
  }
  return path;
}

}  // namespace

std::string_view scope_from_name_scopes(Reading& r, std::string_view text) {
  const std::size_t last = text.rfind(',');
  return last == std::string_view::npos ? std::string_view{}
                                        : remembered(r, text.substr(0, last), read_name_scopes);
}

std::string_view scope_from_namespace(Reading& r, std::string_view text) {
  const std::size_t last = text.rfind('/');
  return last == std::string_view::npos ? std::string_view{}
                                        : remembered(r, text.substr(0, last), read_namespace);
}

}  // namespace haoline::onnx
