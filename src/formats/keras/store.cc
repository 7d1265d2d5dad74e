#include "formats/keras/store.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"

namespace haoline::keras {
namespace {

// An attribute too long for one is kept as several: "weight_names0", "weight_names1" …
std::vector<std::string_view> list_of(const hdf5::File& file, const hdf5::Object& group,
                                      std::string_view name) {
  std::vector<std::string_view> all;
  const auto append = [&](const hdf5::Attribute* attribute) {
    if (!attribute) return false;
    if (const auto texts = file.texts(*attribute)) all.insert(all.end(), texts->begin(), texts->end());
    return true;
  };
  if (append(group.attribute(name))) return all;
  for (int i = 0; append(group.attribute(std::string(name) + std::to_string(i))); ++i) continue;
  return all;
}

const hdf5::Object& weights_root(const hdf5::File& file) {
  const hdf5::Object* inner = file.child(file.root(), "model_weights");
  return inner ? *inner : file.root();
}

constexpr std::string_view kLayers = "layers";
constexpr std::string_view kDependencies = "_layer_checkpoint_dependencies";

bool is_by_path(const hdf5::File& file) {
  const hdf5::Object& root = file.root();
  if (file.child(root, kDependencies)) return true;
  return !root.attribute("layer_names") && !root.attribute("layer_names0") &&
         !file.child(root, "model_weights") && file.child(root, kLayers) != nullptr;
}

DType dtype_of(const hdf5::File& file, const hdf5::Object& dataset) {
  if (dataset.type.kind != hdf5::Type::Kind::opaque) return dataset.type.dtype;
  // Types that NumPy lacks are kept as bytes, the name beside them.
  const hdf5::Attribute* said = dataset.attribute("dtype");
  const std::string_view name = said ? file.text(*said).value_or("") : "";
  const std::optional<DType> found = dtype_named(name);
  const bool fits = found && info(*found).block_bytes == dataset.type.size;
  return fits ? *found : DType::unknown;
}

void note_lost(Model& model, const hdf5::Object& dataset, const Origin& origin, std::string why) {
  Finding finding;
  finding.kind = FindingKind::truncated_weights;
  finding.message.add("a weight cannot be read (").name(dataset.path).add("): " + std::move(why));
  finding.file = origin.file;
  if (origin.is_mapped) {
    finding.byte = origin.base + dataset.header;
    finding.has_byte = true;
  }
  model.findings.push_back(std::move(finding));
}

// --- older dialects: a list of layers, each with a list of names

class NameStore : public FileStore {
 public:
  NameStore(const hdf5::File& file, Model& model, const Origin& origin) : FileStore(file, model, origin) {
    const hdf5::Object& root = weights_root(file);
    std::vector<std::string_view> layers = list_of(file, root, "layer_names");
    if (layers.empty()) {
      for (const std::uint32_t child : root.children) layers.push_back(file.objects()[child].name);
    }
    for (const std::string_view layer : layers) {
      const hdf5::Object* group = file.find(root, layer);
      if (group && !group->is_dataset) add_layer(std::string(layer), *group);
    }
    for (const std::uint32_t child : root.children) {
      // Names in no list: files that other programs wrote.
      if (file.objects()[child].is_dataset) add(file.objects()[child]);
    }
  }

  bool is_by_path() const override { return false; }
  std::vector<Variable*> of(const Place& place, std::string_view) override { return all_of(place); }
  std::vector<Variable*> all_of(const Place& place) override {
    const auto at = layers_.find(place.group);
    if (at == layers_.end()) return {};
    if (place.inside.empty()) return at->second;
    std::vector<Variable*> own;
    for (Variable* variable : at->second) {
      if (belongs_to(variable->name, place.inside)) own.push_back(variable);
    }
    return own;
  }

 private:
  static bool belongs_to(std::string_view name, std::string_view layer) {
    for (std::size_t at = name.find(layer); at != std::string_view::npos; at = name.find(layer, at + 1)) {
      const std::size_t end = at + layer.size();
      if ((at == 0 || name[at - 1] == '/') && end < name.size() && name[end] == '/') return true;
    }
    // Keras 1: "convolution2d_1_W".
    return name.find('/') == std::string_view::npos && name.starts_with(layer) &&
           name.size() > layer.size() && name[layer.size()] == '_';
  }

  void add_layer(const std::string& layer, const hdf5::Object& group) {
    std::vector<Variable*>& list = layers_[layer];
    const std::vector<std::string_view> names = list_of(file_, group, "weight_names");
    for (const std::string_view name : names) {
      const hdf5::Object* dataset = file_.find(group, name);
      Variable* variable = dataset && dataset->is_dataset ? add(*dataset) : nullptr;
      if (!variable) continue;
      variable->name = name;
      list.push_back(variable);
    }
    if (names.empty()) add_below(group, list, group.path.size() + 1);
  }

  void add_below(const hdf5::Object& group, std::vector<Variable*>& list, std::size_t prefix) {
    for (const std::uint32_t child : group.children) {
      const hdf5::Object& object = file_.objects()[child];
      if (!object.is_dataset) {
        add_below(object, list, prefix);
      } else if (Variable* variable = add(object)) {
        variable->name = object.path.substr(std::min(prefix, object.path.size()));
        list.push_back(variable);
      }
    }
  }

  std::unordered_map<std::string, std::vector<Variable*>> layers_;
};

// --- Keras 3: a folder per layer and part, variables numbered in "vars"

class PathStore : public FileStore {
 public:
  PathStore(const hdf5::File& file, Model& model, const Origin& origin) : FileStore(file, model, origin) {
    for (const hdf5::Object& object : file.objects()) {
      if (!object.is_dataset && object.name == "vars") add_folder(object);
    }
  }

  bool is_by_path() const override { return true; }
  std::vector<Variable*> of(const Place& place, std::string_view part) override {
    const hdf5::Object* folder = folder_of(place);
    if (folder && !part.empty()) folder = file_.find(*folder, part);
    if (folder) folder = file_.child(*folder, "vars");
    const auto at = folder ? folders_.find(folder) : folders_.end();
    return at == folders_.end() ? std::vector<Variable*>{} : at->second;
  }
  std::vector<Variable*> all_of(const Place& place) override {
    std::vector<Variable*> found;
    if (const hdf5::Object* folder = folder_of(place)) gather(*folder, found);
    return found;
  }

 private:
  // By its place; a layer of a class whose folder is called unexpectedly by the name beside its variables.
  const hdf5::Object* folder_of(const Place& place) {
    if (const hdf5::Object* folder = locate(place.path)) return folder;
    const auto at = by_name_.find(place.inside.empty() ? place.group : place.inside);
    return at == by_name_.end() ? nullptr : at->second;
  }

  void add_folder(const hdf5::Object& folder) {
    const hdf5::Attribute* name = folder.attribute("name");
    const std::string_view layer = name ? file_.text(*name).value_or("") : "";
    constexpr std::string_view kVars = "/vars";
    if (!layer.empty() && folder.path.size() > kVars.size()) {
      const std::string_view above = folder.path.substr(1, folder.path.size() - kVars.size() - 1);
      const auto [at, is_new] = by_name_.try_emplace(std::string(layer), file_.find(file_.root(), above));
      if (!is_new) at->second = nullptr;  // two layers of one name: neither
    }
    // "10" comes after "9".
    std::map<std::uint64_t, const hdf5::Object*> numbered;
    for (const std::uint32_t child : folder.children) {
      const hdf5::Object& object = file_.objects()[child];
      const std::optional<std::uint64_t> number = parse_decimal(object.name);
      if (object.is_dataset) numbered.emplace(number.value_or(1'000'000 + numbered.size()), &object);
    }
    std::vector<Variable*>& list = folders_[&folder];
    for (const auto& [number, dataset] : numbered) {
      Variable* variable = add(*dataset);
      if (!variable) continue;
      variable->source_name = dataset->path.substr(1);
      list.push_back(variable);
    }
  }

  void gather(const hdf5::Object& folder, std::vector<Variable*>& found) {
    if (const auto at = folders_.find(&folder); at != folders_.end())
      found.insert(found.end(), at->second.begin(), at->second.end());
    for (const std::uint32_t child : folder.children) {
      if (!file_.objects()[child].is_dataset) gather(file_.objects()[child], found);
    }
  }

  bool has_variables(const hdf5::Object& folder) {
    std::vector<Variable*> found;
    gather(folder, found);
    return !found.empty();
  }

  // "layers/dense_1" from the root. TensorFlow's Keras 2.12 to 2.15 counts every layer with weights twice:
  // there the n-th folder of a class that holds something is the n-th layer's.
  const hdf5::Object* locate(std::string_view path) {
    const hdf5::Object* folder = &file_.root();
    while (folder && !path.empty()) {
      const std::size_t slash = path.find('/');
      const std::string_view part = path.substr(0, slash);
      path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
      const hdf5::Object* old = part == kLayers ? file_.child(*folder, kDependencies) : nullptr;
      if (!old) {
        folder = file_.child(*folder, part);
        continue;
      }
      const std::size_t end = path.find('/');
      folder = counted_folder(*old, path.substr(0, end));
      path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
    }
    return folder;
  }

  const hdf5::Object* counted_folder(const hdf5::Object& container, std::string_view wanted) {
    const auto split = [](std::string_view name) {
      const std::size_t mark = name.rfind('_');
      const std::optional<std::uint64_t> number =
          mark == std::string_view::npos ? std::nullopt : parse_decimal(name.substr(mark + 1));
      return number ? std::make_pair(name.substr(0, mark), *number) : std::make_pair(name, std::uint64_t{0});
    };
    const auto [family, number] = split(wanted);
    std::map<std::uint64_t, const hdf5::Object*> filled;
    for (const std::uint32_t child : container.children) {
      const hdf5::Object& object = file_.objects()[child];
      const auto [own, index] = split(object.name);
      if (own == family && has_variables(object)) filled.emplace(index, &object);
    }
    auto at = filled.begin();
    for (std::uint64_t i = 0; i < number && at != filled.end(); ++i) ++at;
    return at == filled.end() ? nullptr : at->second;
  }

  std::unordered_map<const hdf5::Object*, std::vector<Variable*>> folders_;
  std::unordered_map<std::string, const hdf5::Object*> by_name_;
};

}  // namespace

Variable* FileStore::add(const hdf5::Object& dataset) {
  TensorData data;
  data.dtype = dtype_of(file_, dataset);
  if (data.dtype == DType::unknown || dataset.space.is_null) return nullptr;
  const std::span<std::int64_t> extents = model_.arena.allocate<std::int64_t>(dataset.space.extents.size());
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (dataset.space.extents[i] > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return nullptr;
    extents[i] = static_cast<std::int64_t>(dataset.space.extents[i]);
  }
  data.extents = extents;
  hdf5::Elements elements = file_.read(dataset, model_.arena);
  data.bytes = elements.bytes;
  data.stored_bytes = elements.bytes.size();
  switch (elements.state) {
    case hdf5::Elements::State::view:
      if (origin_.is_mapped) {
        data.file = origin_.file;
        data.offset = origin_.base + elements.offset;
      }
      break;
    case hdf5::Elements::State::unpacked:
      data.stored_bytes = 0;
      for (const hdf5::Stretch& stretch : file_.stored(dataset)) data.stored_bytes += stretch.size;
      break;
    case hdf5::Elements::State::unwritten:
      data.encoding = TensorData::Encoding::filler;
      break;
    case hdf5::Elements::State::absent:
      data.encoding = TensorData::Encoding::absent;
      note_lost(model_, dataset, origin_, std::move(elements.why));
      break;
  }
  Variable variable;
  variable.data = data;
  variables_.push_back(std::move(variable));
  datasets_.push_back(&dataset);
  return &variables_.back();
}

void FileStore::label_bytes() {
  if (!origin_.is_mapped) return;
  const std::unordered_set<const hdf5::Object*> weights(datasets_.begin(), datasets_.end());
  for (const hdf5::Object& object : file_.objects()) {
    if (!object.is_dataset) continue;
    const bool is_weight = weights.contains(&object);
    for (const hdf5::Stretch& stretch : file_.stored(object)) {
      if (stretch.size == 0) continue;
      model_.spans.push_back({origin_.file, is_weight ? ByteLabel::weights : ByteLabel::metadata,
                              is_weight ? dtype_of(file_, object) : DType::unknown,
                              origin_.base + stretch.offset, stretch.size});
    }
  }
}

void settle_spans(Model& model) {
  std::vector<ByteSpan>& spans = model.spans;
  std::sort(spans.begin(), spans.end(), [](const ByteSpan& a, const ByteSpan& b) {
    if (a.file != b.file) return a.file < b.file;
    return a.offset != b.offset ? a.offset < b.offset : a.size > b.size;
  });
  std::size_t kept = 0;
  std::uint64_t end = 0;
  FileId file;
  for (ByteSpan span : spans) {
    if (span.file != file) end = 0;
    file = span.file;
    const std::uint64_t span_end = span.offset + span.size;
    if (span_end <= end) continue;
    span.offset = std::max(span.offset, end);
    span.size = span_end - span.offset;
    end = span_end;
    spans[kept++] = span;
  }
  spans.resize(kept);
}

std::unique_ptr<FileStore> open_store(const hdf5::File& file, Model& model, const Origin& origin) {
  if (is_by_path(file)) return std::make_unique<PathStore>(file, model, origin);
  return std::make_unique<NameStore>(file, model, origin);
}

StoredLayers stored_layers(const hdf5::File& file) {
  StoredLayers stored;
  stored.is_by_path = is_by_path(file);
  const hdf5::Object& root = weights_root(file);
  if (!stored.is_by_path) {
    stored.names = list_of(file, root, "layer_names");
    return stored;
  }
  const hdf5::Object* layers = file.child(file.root(), kLayers);
  for (std::size_t i = 0; layers && i < layers->children.size(); ++i)
    stored.names.push_back(file.objects()[layers->children[i]].name);
  return stored;
}

}  // namespace haoline::keras
