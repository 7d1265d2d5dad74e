// Modules as they are pickled: an object whose attributes hold its parameters, buffers and submodules by
// name. Their classes are named, never looked up: what forward does is not in the file.
#include <unordered_set>

#include "formats/pytorch/reading.h"

namespace haoline::pytorch {
namespace {

using pickle::kNone;
using pickle::Ref;

class ModuleReader {
 public:
  ModuleReader(Reading& reading, const Archive& archive, TensorReader& tensors)
      : r_(reading), p_(archive.pickle), tensors_(tensors) {}

  void walk(Ref module, const std::string& path, std::size_t depth) {
    if (!r_.visit(depth)) return;
    const Ref attributes = p_.attributes(module);
    describe(module, attributes, path);
    add_all(p_.find(attributes, "_parameters"), path, Trained::yes, kNone);
    add_all(p_.find(attributes, "_buffers"), path, Trained::no,
            p_.find(attributes, "_non_persistent_buffers_set"));
    add_packed(attributes, path);
    const auto children = p_.items(p_.find(attributes, "_modules"));
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
      if (children[i + 1] == kNone) continue;
      walk(children[i + 1], joined(path, key_text(p_, children[i])), depth + 1);
    }
  }

 private:
  static std::string joined(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  // "torch.nn.modules.conv.Conv2d(in_channels=3, …)": the class with its plain settings.
  void describe(Ref module, Ref attributes, const std::string& path) {
    std::string words = class_name(p_, module);
    std::string settings;
    const auto items = p_.items(attributes);
    for (std::size_t i = 0; i + 1 < items.size() && settings.size() < 400; i += 2) {
      const std::string key = key_text(p_, items[i]);
      if (key.empty() || key.front() == '_' || key == "training" || key == "dump_patches") continue;
      const pickle::Kind kind = p_.kind(items[i + 1]);
      if (kind == pickle::Kind::none || kind == pickle::Kind::global) continue;
      const std::optional<std::string> value = as_words(p_, items[i + 1]);
      if (!value || value->size() > 60) continue;
      settings += (settings.empty() ? "" : ", ") + key + "=" + *value;
    }
    if (!settings.empty()) words += "(" + settings + ")";
    r_.say(path.empty() ? "module" : "module." + path, words);
  }

  void add_all(Ref mapping, const std::string& path, Trained trained, Ref left_out) {
    const auto items = p_.items(mapping);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const StoredTensor* stored = tensors_.read(items[i + 1]);
      if (stored == nullptr) continue;  // a parameter that is None, or an error
      StoredTensor tensor = *stored;
      tensor.trained = trained;
      static_cast<void>(left_out);
      r_.add_weight(joined(path, key_text(p_, items[i])), tensor);
    }
  }

  // Quantized layers keep weight and bias in a packed object, as an attribute or in their own state.
  void add_packed(Ref attributes, const std::string& path) {
    const auto items = p_.items(attributes);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const std::string key = key_text(p_, items[i]);
      if (key != "_packed_params" && key != "weight" && key != "bias") continue;
      add_below(items[i + 1], joined(path, key), 0);
    }
  }
  void add_below(Ref ref, const std::string& name, int depth) {
    if (depth > 4 || !r_.visit(0)) return;
    if (tensors_.is_tensor(ref)) {
      if (const StoredTensor* stored = tensors_.read(ref)) r_.add_weight(name, *stored);
      return;
    }
    if (is_module(p_, ref)) return;
    std::size_t index = 0;
    const auto visit_all = [&](std::span<const Ref> refs) {
      for (const Ref item : refs) add_below(item, name + "[" + std::to_string(index++) + "]", depth + 1);
    };
    visit_all(p_.is_sequence(ref) ? p_.items(ref) : p_.arguments(ref));
    if (p_.has_state(ref)) add_below(p_.state(ref), name, depth + 1);
  }

  Reading& r_;
  const pickle::Pickle& p_;
  TensorReader& tensors_;
};

}  // namespace

bool is_module(const pickle::Pickle& p, Ref ref) {
  if (!p.is_call(ref)) return false;
  const Ref attributes = p.attributes(ref);
  return p.is_mapping(p.find(attributes, "_modules")) && p.has(attributes, "_parameters");
}

std::string class_name(const pickle::Pickle& p, Ref object) {
  Ref callee = p.callee(object);
  // copyreg's helper names the class as its first argument.
  if (p.name(callee) == "_reconstructor" || p.name(callee) == "__newobj__") callee = p.argument(object, 0);
  return std::string(p.module(callee)) + "." + std::string(p.name(callee));
}

void read_module(Reading& reading, const Archive& archive, TensorReader& tensors, Ref root,
                 std::string_view prefix) {
  ModuleReader(reading, archive, tensors).walk(root, std::string(prefix), 0);
  reading.remark(
      FindingKind::assumed_architecture,
      "the file holds a pickled module: its weights and its module tree, but not what its forward computes; "
      "export it (torch.export, torch.jit) for a graph");
}

// Ultralytics: the class names, the task, the strides of the heads, and the network's own description.
void say_attributes(Reading& r, const Archive& archive, TensorReader& tensors, Ref module) {
  const pickle::Pickle& p = archive.pickle;
  const Ref attributes = p.attributes(module);
  for (const std::string_view key :
       {"task", "names", "nc", "yaml", "args", "pt_path", "yaml_file", "hyp", "config"}) {
    const Ref value = p.find(attributes, key);
    if (value != kNone) say_all(r, p, key, value);
  }
  const StoredTensor* stride = tensors.read(p.find(attributes, "stride"));
  if (stride == nullptr || stride->data.dtype != DType::float32) return;
  std::string words;
  for (std::size_t i = 0; i + 4 <= std::min<std::size_t>(stride->data.bytes.size(), 64); i += 4) {
    words += (words.empty() ? "" : ", ") +
             std::to_string(static_cast<int>(load<float>(stride->data.bytes.data() + i)));
  }
  r.say("stride", "[" + words + "]");
}

}  // namespace haoline::pytorch
