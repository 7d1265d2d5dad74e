#include "formats/pytorch/objects.h"

#include <algorithm>

#include "ir/tensor_elements.h"

namespace haoline::pytorch {
namespace {

using pickle::Kind;
using pickle::kNone;
using pickle::Ref;
using syntax::Expression;
using syntax::Statement;

std::string joined(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

}  // namespace

bool Objects::open() {
  const auto read = [&](std::string_view name, std::string_view data, Archive& into) {
    const ZipMember* member = zip_.find(folder_ + std::string(name));
    if (member == nullptr) return false;
    Result<Archive> archive = open_zip_record(zip_, *member, folder_ + std::string(data), r_.model.arena);
    if (!archive) {
      r_.fail(std::move(archive).error());
      return false;
    }
    into = std::move(*archive);
    return true;
  };
  if (!read("data.pkl", "data/", data_) || !read("constants.pkl", "constants/", constants_)) return false;
  tensors_.emplace(data_, r_.model);
  constant_tensors_.emplace(constants_, r_.model);
  return true;
}

Value Objects::root() {
  return value_of(data_, *tensors_, data_.pickle.root(), "", 0);
}

Value Objects::constant(std::size_t index) {
  const auto items = constants_.pickle.items(constants_.pickle.root());
  if (index >= items.size()) return Value::none();
  Value value =
      value_of(constants_, *constant_tensors_, items[index], "CONSTANTS.c" + std::to_string(index), 0);
  return value;
}

const StoredTensor* Objects::stored(const Value& value) {
  const Stored& at = stored_[static_cast<std::size_t>(value.integer)];
  const StoredTensor* tensor = at.tensors->read(at.ref);
  if (tensor == nullptr && at.tensors->error()) r_.fail(*at.tensors->error());
  return tensor;
}

Value Objects::value_of(const Archive& archive, TensorReader& tensors, Ref ref, const std::string& path,
                        int depth) {
  const pickle::Pickle& p = archive.pickle;
  if (!r_.visit(static_cast<std::size_t>(depth))) return Value::none();
  if (values_left_-- == 0) {
    r_.fail(located(ErrorKind::unsupported, archive.place, archive.offset,
                    "its modules share their values so often that they do not end",
                    "This is no ordinary model; do not load it."));
    return Value::none();
  }
  if (tensors.is_tensor(ref)) {
    Value value;
    value.kind = Value::Kind::stored;
    value.integer = static_cast<std::int64_t>(stored_.size());
    value.text = r_.model.arena.text(path);
    stored_.push_back({&tensors, ref});
    return value;
  }
  const auto all = [&](std::span<const Ref> items, Value::Kind kind) {
    std::vector<Value> values;
    std::size_t index = 0;
    for (const Ref item : items)
      values.push_back(value_of(archive, tensors, item, path + "." + std::to_string(index++), depth + 1));
    return Value::of_items(kind, std::move(values));
  };
  switch (p.kind(ref)) {
    case Kind::boolean:
      return Value::boolean(p.boolean(ref));
    case Kind::integer:
      return Value::number(p.integer(ref));
    case Kind::real:
      return Value::number(p.real(ref));
    case Kind::text:
      return Value::of_text(p.text(ref));
    case Kind::tuple:
      return all(p.items(ref), Value::Kind::tuple);
    case Kind::list:
      return all(p.items(ref), Value::Kind::list);
    case Kind::dictionary:
      return all(p.items(ref), Value::Kind::dictionary);
    case Kind::call: {
      const std::string_view name = p.name(p.callee(ref));
      if (p.module(p.callee(ref)) == "torch.jit._pickle") {
        // build_intlist(list), restore_type_tag(value, type): the value itself.
        return value_of(archive, tensors, p.argument(ref, 0), path, depth + 1);
      }
      if (p.is_mapping(ref)) return all(p.items(ref), Value::Kind::dictionary);
      if (name == "device" || name == "_get_layout") return Value::opaque();
      return object_of(archive, tensors, ref, path, depth);
    }
    default:
      return Value::none();
  }
}

Value Objects::object_of(const Archive& archive, TensorReader& tensors, Ref ref, const std::string& path,
                         int depth) {
  const pickle::Pickle& p = archive.pickle;
  Value value;
  value.kind = Value::Kind::object;
  if (&archive == &data_) {
    const auto known = known_.find(ref);
    if (known != known_.end()) {
      value.integer = static_cast<std::int64_t>(known->second);
      return value;
    }
  }
  const Ref callee = p.callee(ref);
  const Ref state = p.state(ref);
  if (p.name(callee).ends_with("PackedParamsBase")) return packed_of(archive, tensors, state, path);
  value.integer = static_cast<std::int64_t>(objects_.size());
  if (&archive == &data_) known_.emplace(ref, objects_.size());
  objects_.push_back(std::make_unique<Object>());
  Object& object = *objects_.back();
  object.type = r_.model.arena.text(std::string(p.module(callee)) + "." + std::string(p.name(callee)));
  object.path = path;
  object.scope = path;
  std::replace(object.scope.begin(), object.scope.end(), '.', '/');
  object.state = state;
  if (p.kind(state) != Kind::dictionary) {
    object.is_restored = !p.has_state(ref);
    return value;
  }
  const auto items = p.items(state);
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (!p.is_text(items[i])) continue;
    const std::string_view name = p.text(items[i]);
    Value attribute = value_of(archive, tensors, items[i + 1], joined(path, name), depth + 1);
    object.attributes.insert_or_assign(name, std::move(attribute));
  }
  return value;
}

// Packed weights of quantized layers as (weight, bias, stride, padding, dilation, groups). A convolution's
// state is (version, [settings, weight], [bias]), settings being 16-bit numbers: the spatial axes, then
// strides, paddings, dilations, output paddings, groups. A linear layer's is (weight, bias).
Value Objects::packed_of(const Archive& archive, TensorReader& tensors, Ref state, const std::string& path) {
  const pickle::Pickle& p = archive.pickle;
  const auto items = p.is_sequence(state) ? p.items(state) : std::span<const Ref>();
  const auto tensor = [&](Ref ref, std::string_view name) {
    return tensors.is_tensor(ref) ? value_of(archive, tensors, ref, joined(path, name), 1) : Value::none();
  };
  if (items.size() >= 2 && tensors.is_tensor(items[0])) {
    return Value::of_items(Value::Kind::tuple, {tensor(items[0], "weight"), tensor(items[1], "bias")});
  }
  if (items.size() < 3 || !p.is_sequence(items[1]) || p.items(items[1]).size() < 2) return Value::opaque();
  std::vector<Value> parts = {tensor(p.items(items[1])[1], "weight")};
  const auto optional = p.is_sequence(items[2]) ? p.items(items[2]) : std::span<const Ref>();
  parts.push_back(optional.empty() ? Value::none() : tensor(optional[0], "bias"));
  const StoredTensor* settings = tensors.read(p.items(items[1])[0]);
  if (settings == nullptr || settings->data.dtype != DType::int16 || settings->data.stored_elements > 32)
    return Value::opaque();
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(settings->data.stored_elements));
  numbers.resize(ElementReader(settings->data).read(std::span(numbers)));
  const std::size_t axes =
      numbers.empty() || numbers[0] < 1 || numbers[0] > 3 ? 0 : static_cast<std::size_t>(numbers[0]);
  if (axes == 0 || numbers.size() < 2 + 4 * axes) return Value::opaque();
  for (std::size_t part = 0; part < 3; ++part) {
    std::vector<Value> list;
    for (std::size_t i = 0; i < axes; ++i) list.push_back(Value::number(numbers[1 + part * axes + i]));
    parts.push_back(Value::of_items(Value::Kind::list, std::move(list)));
  }
  parts.push_back(Value::number(numbers[1 + 4 * axes]));
  return Value::of_items(Value::Kind::tuple, std::move(parts));
}

// --- code

// "__torch__.torch.nn.modules.conv" is the file code/__torch__/torch/nn/modules/conv.py.
const Unit* Objects::unit(std::string_view module) {
  const auto [at, is_new] = units_.try_emplace(std::string(module));
  if (!is_new) return at->second.get();
  std::string path(module);
  std::replace(path.begin(), path.end(), '.', '/');
  const ZipMember* member = zip_.find(folder_ + "code/" + path + ".py");
  if (member == nullptr) return nullptr;
  const Result<Bytes> text = zip_.read(*member, r_.model.arena);
  if (!text) {
    r_.fail(text.error());
    return nullptr;
  }
  Result<syntax::Program> program =
      syntax::parse(as_text(*text), member->name, member->header, r_.model.arena);
  if (!program) {
    r_.fail(std::move(program).error());
    return nullptr;
  }
  at->second = std::make_unique<Unit>(Unit{std::move(*program), member->name});
  return at->second.get();
}

const Statement* Objects::type_named(std::string_view qualified, const Unit** found) {
  const std::size_t dot = qualified.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  const Unit* in = unit(qualified.substr(0, dot));
  if (in == nullptr) return nullptr;
  if (found != nullptr) *found = in;
  for (const syntax::Index index : in->program.body) {
    const Statement& s = in->program.statements[index];
    if (s.text == qualified.substr(dot + 1)) return &s;
  }
  return nullptr;
}

Definition Objects::find(std::string_view qualified) {
  const Unit* in = nullptr;
  const Statement* s = type_named(qualified, &in);
  return s == nullptr ? Definition{} : Definition{in, s};
}

Definition Objects::method(std::string_view type, std::string_view name) {
  const Unit* in = nullptr;
  const Statement* s = type_named(type, &in);
  if (s == nullptr || s->kind != Statement::Kind::type) return {};
  for (const syntax::Index index : s->body) {
    const Statement& member = in->program.statements[index];
    if (member.kind == Statement::Kind::define && member.text == name) return {in, &member};
  }
  return {};
}

std::vector<std::string_view> Objects::listed(std::string_view type, std::string_view what) {
  const Unit* in = nullptr;
  const Statement* s = type_named(type, &in);
  std::vector<std::string_view> names;
  if (s == nullptr) return names;
  for (const syntax::Index index : s->body) {
    const Statement& member = in->program.statements[index];
    if (member.kind != Statement::Kind::assign || member.targets.empty()) continue;
    const Expression& target = in->program.expressions[member.targets[0]];
    const Expression& value = in->program.expressions[member.value];
    if (target.kind != Expression::Kind::name || target.text != what || value.kind != Expression::Kind::list)
      continue;
    for (const syntax::Index item : value.items) names.push_back(in->program.expressions[item].text);
  }
  return names;
}

std::vector<std::string_view> Objects::fields(std::string_view type) {
  const Unit* in = nullptr;
  const Statement* s = type_named(type, &in);
  std::vector<std::string_view> names;
  if (s == nullptr) return names;
  for (const syntax::Index index : s->body) {
    const Statement& member = in->program.statements[index];
    if (member.kind != Statement::Kind::nothing || member.targets.empty()) continue;
    const Expression& target = in->program.expressions[member.targets[0]];
    if (target.kind == Expression::Kind::name) names.push_back(target.text);
  }
  return names;
}

}  // namespace haoline::pytorch
