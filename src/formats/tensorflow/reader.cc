#include "formats/tensorflow/reader.h"

#include <algorithm>

#include "formats/shared/graphdef_schema.h"
#include "formats/shared/protobuf.h"
#include "formats/tensorflow/saved_model.h"
#include "formats/tensorflow/table.h"

namespace haoline::tensorflow {
namespace {

using protobuf::read_varint;

enum class Kind : std::uint8_t { none, saved_model, meta_graph, graph, index };

// What a text begins with, after comments and space.
struct TextMark {
  std::string_view field;
  Kind kind;
};
constexpr TextMark kTextMarks[] = {{"node", Kind::graph},
                                   {"library", Kind::graph},
                                   {"versions", Kind::graph},
                                   {"meta_info_def", Kind::meta_graph},
                                   {"graph_def", Kind::meta_graph},
                                   {"saved_model_schema_version", Kind::saved_model},
                                   {"meta_graphs", Kind::saved_model}};

std::string_view skip_space(std::string_view text) {
  while (!text.empty()) {
    const char c = text.front();
    if (c == '#') {
      const std::size_t end = text.find('\n');
      text.remove_prefix(end == std::string_view::npos ? text.size() : end);
    } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      text.remove_prefix(1);
    } else {
      break;
    }
  }
  return text;
}

Kind kind_of_text(std::string_view text) {
  text = skip_space(text.substr(0, kProbeBytes));
  for (const TextMark& mark : kTextMarks) {
    if (!text.starts_with(mark.field)) continue;
    std::string_view rest = skip_space(text.substr(mark.field.size()));
    if (rest.starts_with(":")) rest = skip_space(rest.substr(1));
    if (mark.field == "saved_model_schema_version" || !(rest.starts_with("{") || rest.starts_with("<"))) {
      if (mark.field == "saved_model_schema_version" && !rest.empty()) return mark.kind;
      continue;
    }
    // Other graphs have nodes as well; an operator is TensorFlow's word.
    rest = skip_space(rest.substr(1));
    if (mark.field != "node" || rest.starts_with("name") || rest.starts_with("op")) return mark.kind;
  }
  return Kind::none;
}

// The head of one field: its number, type, and where its payload lies as far as it is shown.
struct Field {
  std::uint64_t number = 0, type = 0, size = 0;
  Bytes shown;
};

// Steps over fields without trusting them. False where no field begins.
class Peek {
 public:
  explicit Peek(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  bool next(Field& field) {
    if (at_ == end_) return false;
    std::uint64_t key = 0;
    at_ = read_varint(at_, end_, key);
    if (at_ != nullptr && (key & 7) <= 2) at_ = (key & 7) == 1 ? nullptr : read_varint(at_, end_, field.size);
    if (at_ == nullptr || key >> 3 == 0 || ((key & 7) != 0 && (key & 7) != 2)) return fail();
    field.number = key >> 3;
    field.type = key & 7;
    field.shown = {};
    if (field.type != 2) return true;
    const auto left = static_cast<std::uint64_t>(end_ - at_);
    field.shown = Bytes(at_, static_cast<std::size_t>(std::min(field.size, left)));
    is_cut_ = field.size > left;
    at_ += field.shown.size();
    return true;
  }
  bool is_cut() const { return is_cut_; }
  bool failed() const { return failed_; }

 private:
  bool fail() {
    at_ = end_;
    failed_ = true;
    return false;
  }
  const std::byte* at_;
  const std::byte* end_;
  bool is_cut_ = false;
  bool failed_ = false;
};

bool is_identifier(std::string_view text) {
  if (text.empty() || text.size() > 200) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '>' || c == '.' || c == '/' || c == '-';
  });
}

// NodeDef: a name, then an operator, in this order as every writer has them.
bool looks_like_node(Bytes bytes) {
  Peek peek(bytes);
  Field field;
  if (!peek.next(field) || field.number != 1 || field.type != 2 || !is_identifier(as_text(field.shown)))
    return false;
  return peek.next(field) && field.number == 2 && field.type == 2 && is_identifier(as_text(field.shown)) &&
         !peek.is_cut();
}

// FunctionDefLibrary: a function, which begins with its signature, which begins with a name.
bool looks_like_library(Bytes bytes) {
  Field function, signature, name;
  return Peek(bytes).next(function) && function.number == 1 && function.type == 2 &&
         Peek(function.shown).next(signature) && signature.number == 1 && signature.type == 2 &&
         Peek(signature.shown).next(name) && name.number == 1 && name.type == 2 &&
         is_identifier(as_text(name.shown));
}

bool looks_like_graph(Bytes bytes) {
  Field field;
  if (!Peek(bytes).next(field) || field.type != 2) return false;
  if (field.number == 1) return looks_like_node(field.shown);
  return field.number == 2 && looks_like_library(field.shown);
}

// MetaInfoDef: tags, the list of operators, versions.
bool looks_like_info(Bytes bytes) {
  Peek peek(bytes);
  Field field;
  bool has_mark = false;
  while (peek.next(field)) {
    if (field.number > 8) return false;
    const bool is_number = field.number == 7;
    if (is_number != (field.type == 0)) return false;
    has_mark = has_mark || field.number == 2 || field.number == 4 || field.number == 5;
    if (peek.is_cut()) break;
  }
  return has_mark && !peek.failed();
}

bool looks_like_meta_graph(Bytes bytes) {
  Peek peek(bytes);
  Field field;
  if (!peek.next(field) || field.type != 2) return false;
  if (field.number == 2) return looks_like_graph(field.shown);
  if (field.number != 1 || !looks_like_info(field.shown)) return false;
  if (peek.is_cut()) return true;
  return peek.next(field) && field.number == 2 && looks_like_graph(field.shown);
}

bool looks_like_saved_model(Bytes bytes) {
  Peek peek(bytes);
  Field field;
  if (!peek.next(field)) return false;
  if (field.number == 1 && field.type == 0 && field.size <= 16 && !peek.next(field)) return false;
  return field.number == 2 && field.type == 2 && looks_like_meta_graph(field.shown);
}

Kind kind_of(Bytes file) {
  if (file.size() < 2) return Kind::none;
  if (is_table(file)) return Kind::index;
  if (looks_like_saved_model(file)) return Kind::saved_model;
  if (looks_like_graph(file)) return Kind::graph;
  return looks_like_meta_graph(file) ? Kind::meta_graph : Kind::none;
}

Error lone_index() {
  Error error;
  error.kind = ErrorKind::unsupported;
  error.message = "is the index of a TensorFlow checkpoint: names of variables without a graph";
  error.advice = "Give the folder that holds saved_model.pb, or the .meta file beside the checkpoint.";
  return error;
}

graphdef::Record record_of(Kind kind) {
  return kind == Kind::saved_model  ? graphdef::Record::saved_model
         : kind == Kind::meta_graph ? graphdef::Record::meta_graph
                                    : graphdef::Record::graph;
}

Model new_model(Bytes file, std::string_view name) {
  Model model;
  model.format = "tensorflow";
  model.files.add({std::string(name), "model", file});
  return model;
}

}  // namespace

bool sniff(const Probe& probe) {
  return kind_of(probe.all) != Kind::none || kind_of_text(as_text(probe.all)) != Kind::none;
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Source source{file, false, options, options.files};
  Model model = new_model(file, options.name);
  Kind kind = kind_of(file);
  if (kind == Kind::index) return lone_index();
  if (const Kind text = kind_of_text(as_text(file)); kind == Kind::none && text != Kind::none) {
    kind = text;
    source.is_text = true;
    Result<Bytes> wire = graphdef::encode_text(as_text(file), record_of(kind), model.arena);
    if (!wire) return std::move(wire).error();
    source.file = *wire;
  }
  if (kind == Kind::saved_model) return read_saved_model(source, std::move(model));
  source.files = nullptr;
  if (kind == Kind::meta_graph) return read_meta_graph(source, std::move(model));
  return read_frozen_graph(source, std::move(model));
}

bool sniff_folder(std::span<const std::string> files) {
  return std::any_of(files.begin(), files.end(), [](const std::string& name) {
    return name == "saved_model.pb" || name == "saved_model.pbtxt";
  });
}

Result<Model> read_folder(FileProvider& files, const ReadOptions& options) {
  Result<FileProvider::Opened> opened = files.open("saved_model.pb");
  std::string_view name = "saved_model.pb";
  if (!opened) {
    opened = files.open("saved_model.pbtxt");
    name = "saved_model.pbtxt";
  }
  if (!opened) return std::move(opened).error();
  ReadOptions inner = options;
  inner.files = &files;
  inner.name = name;
  return read(opened->bytes, inner);
}

}  // namespace haoline::tensorflow
