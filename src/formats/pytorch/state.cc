// Finds the model in what was saved. People save a dictionary of tensors, a module, or a checkpoint: a
// dictionary in which one entry is the model and others are the optimizer's, the schedule's, settings.
#include <algorithm>

#include "base/text.h"
#include "formats/pytorch/reading.h"

namespace haoline::pytorch {
namespace {

using pickle::Kind;
using pickle::kNone;
using pickle::Ref;

// Entries that are the model, by precedence. `params_ema` and `ema` are what is used where both are there
// (super-resolution checkpoints, Ultralytics).
constexpr std::string_view kModels[] = {"state_dict",  "model_state_dict", "params_ema", "ema",     "model",
                                        "params",      "module",           "net",        "network", "weights",
                                        "model_state", "ema_state_dict",   "generator",  "g_ema"};

// Entries that training needs and the model does not.
constexpr std::string_view kTraining[] = {
    "optim", "scheduler", "scaler",           "sched",     "loops", "callbacks",
    "rng",   "amp",       "train_dataloader", "criterion", "grad"};

bool is_training(std::string_view key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(std::begin(kTraining), std::end(kTraining),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

class State {
 public:
  State(Reading& reading, const Archive& archive)
      : r_(reading), p_(archive.pickle), archive_(archive), tensors_(archive, reading.model) {}

  void run() {
    const Ref root = p_.root();
    if (tensors_.is_tensor(root)) {
      add("tensor", root);
    } else if (is_module(p_, root)) {
      read_module(r_, archive_, tensors_, root, "");
    } else if (p_.is_mapping(root)) {
      checkpoint(root);
    } else {
      walk(root, "", 0);
    }
    if (tensors_.error()) r_.fail(*tensors_.error());
    for (const Stretch& stretch : apart_) r_.label(stretch.offset, stretch.size, ByteLabel::metadata);
    if (r_.ok() && r_.model.main().tensors.empty()) no_weights();
  }

 private:
  void no_weights() {
    r_.remark(FindingKind::unread_content, "the file was saved by PyTorch, but holds no tensors");
  }

  // Whether an entry can be the model: a module, or a dictionary that leads to tensors soon.
  bool is_model(Ref ref) const { return is_module(p_, ref) || leads_to_tensors(ref, 3); }
  bool leads_to_tensors(Ref ref, int depth) const {
    if (tensors_.is_tensor(ref)) return true;
    if (depth == 0 || !p_.is_mapping(ref) || !r_.visit(0)) return false;
    const auto items = p_.items(ref);
    for (std::size_t i = 0; i + 1 < std::min<std::size_t>(items.size(), 512); i += 2) {
      if (leads_to_tensors(items[i + 1], depth - 1)) return true;
    }
    return false;
  }
  bool has_own_tensors(Ref mapping) const {
    const auto items = p_.items(mapping);
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (tensors_.is_tensor(items[i + 1])) return true;
    }
    return false;
  }

  void checkpoint(Ref root) {
    Ref chosen = kNone;
    if (!has_own_tensors(root)) {
      for (const std::string_view key : kModels) {
        const Ref entry = p_.find(root, key);
        if (entry == kNone || !is_model(entry)) continue;
        chosen = entry;
        r_.say("checkpoint.model", key);
        break;
      }
    }
    if (chosen == kNone) return walk(root, "", 0);
    read_model(chosen, 0);
    const auto items = p_.items(root);
    for (std::size_t i = 0; i + 1 < items.size() && r_.ok(); i += 2) {
      if (items[i + 1] != chosen) describe(key_text(p_, items[i]), items[i + 1]);
    }
  }

  // The model itself may again be wrapped ({"model": {"state_dict": …}}).
  void read_model(Ref ref, int depth) {
    if (is_module(p_, ref)) {
      say_attributes(r_, archive_, tensors_, ref);
      return read_module(r_, archive_, tensors_, ref, "");
    }
    if (depth < 4 && !has_own_tensors(ref)) {
      for (const std::string_view key : {"state_dict", "model_state_dict"}) {
        const Ref inner = p_.find(ref, key);
        if (inner != kNone && is_model(inner)) return read_model(inner, depth + 1);
      }
    }
    walk(ref, "", 0);
  }

  // An entry beside the model: its plain values are metadata, its tensors are counted.
  void describe(const std::string& key, Ref ref) {
    std::uint64_t tensors = 0;
    std::uint64_t bytes = 0;
    tally(ref, 0, tensors, bytes);
    if (tensors != 0) {
      r_.say(key, "not part of the model: " + counted(tensors, "tensor") + ", " + grouped(bytes) + " bytes");
      return;
    }
    if (!is_training(key)) say_all(r_, p_, key, ref);
  }

  void tally(Ref ref, std::size_t depth, std::uint64_t& count, std::uint64_t& bytes) {
    if (depth > kMaxDepth || !r_.visit(0)) return;
    if (tensors_.is_tensor(ref)) {
      const StoredTensor* stored = tensors_.read(ref);
      if (stored == nullptr) return;
      ++count;
      bytes += stored->data.stored_bytes;
      // Not the model's: a label of its own keeps the sums of weights clean.
      if (stored->window_in_file) apart_.push_back({stored->window_offset, stored->window_size});
      return;
    }
    for (const Ref item : p_.items(ref)) tally(item, depth + 1, count, bytes);
    if (p_.is_call(ref)) {
      for (const Ref item : p_.arguments(ref)) tally(item, depth + 1, count, bytes);
      if (p_.has_state(ref)) tally(p_.state(ref), depth + 1, count, bytes);
    }
  }

  // Everything below, keys joined with dots; lists and tuples with indices in brackets.
  void walk(Ref ref, const std::string& name, std::size_t depth) {
    if (!r_.visit(depth)) return;
    if (tensors_.is_tensor(ref)) return add(name, ref);
    if (is_module(p_, ref)) return read_module(r_, archive_, tensors_, ref, name);
    if (p_.is_mapping(ref)) {
      const auto items = p_.items(ref);
      for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        const std::string key = key_text(p_, items[i]);
        if (key == "_metadata") continue;
        if (depth == 0 && is_training(key) && !tensors_.is_tensor(items[i + 1])) {
          describe(key, items[i + 1]);
          continue;
        }
        mapping_ = ref;
        walk(items[i + 1], name.empty() ? key : name + "." + key, depth + 1);
      }
      return;
    }
    if (p_.is_sequence(ref)) {
      const auto items = p_.items(ref);
      if (std::any_of(items.begin(), items.end(), [&](Ref item) { return holds_tensors(item, 4); })) {
        for (std::size_t i = 0; i < items.size(); ++i)
          walk(items[i], name + "[" + std::to_string(i) + "]", depth + 1);
        return;
      }
    }
    if (p_.is_call(ref) && packed(ref, name, depth)) return;
    if (!name.empty()) say_all(r_, p_, name, ref);
  }

  bool holds_tensors(Ref ref, int depth) const {
    if (tensors_.is_tensor(ref)) return true;
    if (depth == 0 || !r_.visit(0)) return false;
    const auto holds = [&](Ref item) { return holds_tensors(item, depth - 1); };
    const auto items = p_.items(ref);
    if (std::any_of(items.begin(), items.begin() + std::min<std::ptrdiff_t>(std::ssize(items), 64), holds))
      return true;
    const auto arguments = p_.arguments(ref);
    return std::any_of(arguments.begin(), arguments.end(), holds) ||
           (p_.has_state(ref) && holds(p_.state(ref)));
  }

  // A script object that packs tensors (quantized layers): its tensors under the entry's name.
  bool packed(Ref ref, const std::string& name, std::size_t depth) {
    if (!holds_tensors(ref, 4)) return false;
    for (const Ref part : {p_.state(ref), p_.argument(ref, 0), p_.argument(ref, 1), p_.argument(ref, 2)}) {
      if (part != kNone && holds_tensors(part, 4)) walk(part, name, depth + 1);
    }
    return true;
  }

  // PyTorch's quantized layers keep the scale and zero point of their result beside the weight.
  bool is_setting_of_quantization(std::string_view name, const TensorData& data) const {
    if (data.stored_elements != 1) return false;
    std::string key(name);
    if (key.ends_with("zero_point")) return p_.has(mapping_, key.replace(key.size() - 10, 10, "scale"));
    return key.ends_with("scale") && p_.has(mapping_, key.replace(key.size() - 5, 5, "zero_point"));
  }

  void add(const std::string& name, Ref ref) {
    const StoredTensor* stored = tensors_.read(ref);
    if (stored == nullptr) return;
    StoredTensor tensor = *stored;
    if (tensor.trained == Trained::unsaid) tensor.trained = trained_by_name(name, tensor.data.dtype);
    if (is_setting_of_quantization(name, tensor.data)) tensor.trained = Trained::auxiliary;
    if (const Ref parts = tensors_.parts(ref);
        parts != kNone && tensor.data.encoding == TensorData::Encoding::absent) {
      return wrapped(name, tensor, parts);
    }
    r_.add_weight(name, tensor);
  }

  // A tensor subclass (torchao): the elements and their scales are attributes of it.
  void wrapped(const std::string& name, StoredTensor outer, Ref parts) {
    const StoredTensor* inner = nullptr;
    for (const std::string_view key : {"qdata", "int_data", "tensor_impl", "packed_weight", "data"}) {
      if (inner == nullptr) inner = tensors_.read(p_.find(parts, key));
    }
    if (inner == nullptr) {
      r_.add_weight(name, outer);
      return;
    }
    StoredTensor made = *inner;
    made.trained = outer.trained;
    Quantization q;
    q.scheme = "torchao";
    const StoredTensor* scale = tensors_.read(p_.find(parts, "scale"));
    if (scale != nullptr) {
      if (scale->window_in_file) {
        r_.label(scale->window_offset, scale->window_size, ByteLabel::weights, scale->data.dtype);
      }
      made.data.stored_bytes += scale->data.stored_bytes;
      set_scales(q, made.data, *scale);
    }
    if (made.data.extents.size() != outer.data.extents.size() ||
        !std::equal(made.data.extents.begin(), made.data.extents.end(), outer.data.extents.begin())) {
      q.logical_extents = outer.data.extents;
    }
    made.quantization = r_.model.arena.create(q);
    const TensorId id = r_.add_weight(name, made);
    if (id && !outer.subclass.empty()) r_.say("class." + name, outer.subclass);
  }

  void set_scales(Quantization& q, const TensorData& data, const StoredTensor& scale) {
    const auto extents = scale.data.extents;
    for (std::size_t axis = 0; axis < std::min(extents.size(), data.extents.size()); ++axis) {
      if (extents[axis] == data.extents[axis] && extents[axis] > 1) q.axis = static_cast<std::int32_t>(axis);
    }
    if (extents.size() == 2 && data.extents.size() == 2 && extents[1] > 1 && extents[1] < data.extents[1]) {
      q.axis = 1;
      q.block = data.extents[1] / extents[1];
    }
    if (scale.data.dtype == DType::float32 && scale.data.bytes.size() % 4 == 0) {
      const std::span<float> room = r_.model.arena.allocate<float>(scale.data.bytes.size() / 4);
      for (std::size_t i = 0; i < room.size(); ++i) room[i] = load<float>(scale.data.bytes.data() + 4 * i);
      q.scales = room;
    }
  }

  struct Stretch {
    std::uint64_t offset, size;
  };

  Reading& r_;
  const pickle::Pickle& p_;
  const Archive& archive_;
  TensorReader tensors_;
  Ref mapping_ = kNone;  // the dictionary at hand
  std::vector<Stretch> apart_;
};

}  // namespace

Trained trained_by_name(std::string_view name, DType dtype) {
  const std::size_t dot = name.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  if (last == "running_mean" || last == "running_var" || last == "num_batches_tracked") return Trained::no;
  if (dtype == DType::int64 || dtype == DType::boolean) return Trained::no;
  return Trained::unsaid;
}

void read_state(Reading& reading, const Archive& archive) {
  State(reading, archive).run();
}

}  // namespace haoline::pytorch
