// What a file says of itself: the description, signatures, the converter's and the task library's records
// inside metadata buffers, and the files that are packed behind the FlatBuffer as a zip archive.
#include <algorithm>

#include "base/zip.h"
#include "formats/tflite/reading.h"

namespace haoline::tflite {
namespace {

namespace wm = wire::model;
namespace mm = wire::model_metadata;

void add(Reading& r, std::string_view key, std::string_view value) {
  if (!value.empty()) r.model.metadata.push_back({key, value});
}

std::string_view kept(Reading& r, const std::string& text) {
  return r.model.arena.text(text);
}

bool is_text(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) {
    const auto c = std::to_integer<unsigned>(b);
    return c >= 0x20 && c < 0x7f;
  });
}

// Texts in metadata buffers are padded with zeros.
std::string_view without_padding(Bytes bytes) {
  std::string_view text = as_text(bytes);
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

// Lists for people end where nobody would read on.
constexpr std::size_t kLongestList = 4096;

void append_names(std::string& text, const Tables& records, Field field) {
  for (std::size_t i = 0; i < records.size() && text.size() < kLongestList; ++i) {
    const std::string_view name = records[i].text(field).substr(0, kLongestList);
    if (name.empty()) continue;
    if (!text.empty()) text += ", ";
    text += name;
  }
}

void add_tensors(Reading& r, const Table& subgraph, Field field, std::string_view key) {
  std::string text, files;
  const Tables tensors = subgraph.tables(field);
  append_names(text, tensors, wire::tensor_metadata::name);
  for (std::size_t i = 0; i < tensors.size() && files.size() < kLongestList; ++i) {
    const Table tensor = tensors[i];
    append_names(files, tensor.tables(wire::tensor_metadata::associated_files), wire::associated_file::name);
  }
  add(r, key, kept(r, text));
  if (!files.empty()) add(r, kept(r, std::string(key) + " files"), kept(r, files));
}

// A document of its own, with offsets from its own beginning. It may be damaged without harm to the model.
void read_model_metadata(Reading& r, Bytes bytes) {
  if (!flatbuffer::has_identifier(bytes, mm::kIdentifier)) return;
  Context context(bytes);
  const Table root = Table::root(context);
  add(r, "name", root.text(mm::name));
  add(r, "description", root.text(mm::description));
  add(r, "version", root.text(mm::version));
  add(r, "author", root.text(mm::author));
  add(r, "license", root.text(mm::license));
  add(r, "min_parser_version", root.text(mm::min_parser_version));
  std::string files;
  append_names(files, root.tables(mm::associated_files), wire::associated_file::name);
  const Tables subgraphs = root.tables(mm::subgraph_metadata);
  for (std::size_t i = 0; i < subgraphs.size() && context.ok(); ++i) {
    const Table subgraph = subgraphs[i];
    append_names(files, subgraph.tables(wire::subgraph_metadata::associated_files),
                 wire::associated_file::name);
    if (i != 0) continue;
    add_tensors(r, subgraph, wire::subgraph_metadata::input_tensor_metadata, "inputs");
    add_tensors(r, subgraph, wire::subgraph_metadata::output_tensor_metadata, "outputs");
  }
  add(r, "files", kept(r, files));
  if (!context.ok()) {
    r.remark({FindingKind::unread_content, Message("metadata that is damaged: " + context.error().message)});
  }
}

void read_conversion(Reading& r, Bytes bytes) {
  namespace wc = wire::conversion_metadata;
  constexpr std::string_view kSources[] = {"",         "SavedModel",         "Keras", "TensorFlow functions",
                                           "GraphDef", "TensorFlow session", "JAX",   "PyTorch"};
  Context context(bytes);
  const Table root = Table::root(context);
  const Table environment = root.table(wc::environment);
  if (const std::string_view version = environment.text(wc::tensorflow_version); !version.empty()) {
    r.model.producer = "TensorFlow Lite converter";
    r.model.producer_version = version;
  }
  const auto source = environment.number<std::uint32_t>(wc::model_type);
  if (source < std::size(kSources)) add(r, "converted_from", kSources[source]);
  const Table options = root.table(wc::options);
  struct Mode {
    std::int32_t number;
    std::string_view name;
  };
  constexpr Mode kModes[] = {{1001, "float16 weights"},
                             {1002, "dynamic range"},
                             {1003, "full integer"},
                             {1004, "16-bit activations"},
                             {2000, "quantization-aware training"},
                             {3001, "random sparsity"},
                             {3002, "block sparsity"},
                             {3003, "structured sparsity"}};
  std::string modes;
  for (const std::int32_t mode : options.numbers<std::int32_t>(wc::optimization_modes)) {
    for (const Mode& known : kModes) {
      if (known.number == mode) modes += (modes.empty() ? "" : ", ") + std::string(known.name);
    }
  }
  add(r, "optimizations", kept(r, modes));
}

void read_entry(Reading& r, std::string_view name, Buffer& buffer) {
  if (!buffer.is_used) r.label(buffer, ByteLabel::metadata);
  buffer.is_used = true;
  if (name == "TFLITE_METADATA") return read_model_metadata(r, buffer.bytes);
  if (name == "CONVERSION_METADATA") return read_conversion(r, buffer.bytes);
  const std::string_view text = without_padding(buffer.bytes);
  constexpr std::size_t kLongest = 1024;
  const bool is_short_text = text.size() <= kLongest && is_text(as_bytes(text));
  if (is_short_text) return add(r, name, text);
  add(r, name, kept(r, std::to_string(buffer.bytes.size()) + " bytes"));
}

// --- associated files

// Where an archive's directory would end: a signature within the last bytes of the file.
bool ends_like_zip(Bytes file) {
  constexpr std::size_t kReach = 22 + 1024;
  const std::string_view tail = as_text(file.last(std::min(file.size(), kReach)));
  return tail.rfind(std::string_view("PK\x05\x06", 4)) != std::string_view::npos;
}

void read_associated_files(Reading& r) {
  if (!ends_like_zip(r.file)) return;
  const Result<Zip> zip = Zip::open(r.file);
  if (!zip || zip->members().empty()) return;
  std::string names;
  std::uint64_t begin = r.file.size();
  for (const ZipMember& member : zip->members()) {
    names += (names.empty() ? "" : ", ") + std::string(member.name);
    begin = std::min(begin, member.header);
  }
  add(r, "associated_files", kept(r, names));
  if (begin >= r.file.size()) return;
  r.model.spans.push_back({FileId{0}, ByteLabel::metadata, DType::unknown, begin, r.file.size() - begin});
}

// --- signatures

std::string spelled(const Tables& maps, const Tables& tensors) {
  std::string text;
  for (std::size_t i = 0; i < maps.size() && text.size() < kLongestList; ++i) {
    const Table map = maps[i];
    const auto index = map.number<std::uint32_t>(wire::tensor_map::tensor_index);
    if (i != 0) text += ", ";
    text += map.text(wire::tensor_map::name).substr(0, kLongestList);
    if (index >= tensors.size()) continue;
    text += " = " + std::string(tensors[index].text(wire::tensor::name).substr(0, kLongestList));
  }
  return text;
}

}  // namespace

// "x = serving_default_x:0 -> y = StatefulPartitionedCall:0"
void read_signatures(Reading& r) {
  const Tables signatures = r.root.tables(wm::signature_defs);
  for (std::size_t i = 0; i < signatures.size() && r.ok(); ++i) {
    const Table signature = signatures[i];
    const auto subgraph = signature.number<std::uint32_t>(wire::signature::subgraph_index);
    Table graph;
    if (subgraph < r.subgraphs.size()) graph = r.subgraphs[subgraph];
    const Tables tensors = graph.tables(wire::subgraph::tensors);
    std::string text = spelled(signature.tables(wire::signature::inputs), tensors) + " -> " +
                       spelled(signature.tables(wire::signature::outputs), tensors);
    if (subgraph != 0) text += " (subgraph " + std::to_string(subgraph) + ")";
    const std::string key =
        "signature " + std::string(signature.text(wire::signature::signature_key).substr(0, kLongestList));
    if (r.ok() && r.may_copy(text)) r.model.metadata.push_back({kept(r, key), kept(r, text)});
  }
}

void read_metadata(Reading& r) {
  r.model.documentation = r.root.text(wm::description);
  if (r.model.documentation == "MLIR Converted.") r.model.producer = "TensorFlow Lite converter";
  if (r.model.documentation == "TOCO Converted.") r.model.producer = "TOCO";
  const Tables entries = r.root.tables(wm::metadata);
  for (std::size_t i = 0; i < entries.size() && r.ok(); ++i) {
    const Table entry = entries[i];
    const auto index = entry.number<std::uint32_t>(wire::metadata::buffer);
    if (index < r.buffers.size()) read_entry(r, entry.text(wire::metadata::name), r.buffers[index]);
  }
  read_associated_files(r);
}

}  // namespace haoline::tflite
