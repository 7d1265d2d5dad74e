// The objects of a TorchScript archive: modules and what their attributes hold, taken from the pickles and
// the code, each once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/pytorch/reading.h"
#include "formats/pytorch/syntax.h"
#include "formats/pytorch/value.h"

namespace haoline::pytorch {

struct Object {
  std::string_view type;  // "__torch__.torch.nn.modules.conv.Conv2d"
  std::string path;       // where it was found first: "layer1.0.conv"
  std::string scope;      // the same with '/'
  std::unordered_map<std::string_view, Value> attributes;
  pickle::Ref state = pickle::kNone;
  bool is_restored = true;  // false: its class restores it from `state` by code of its own
};

// A file of code, parsed.
struct Unit {
  syntax::Program program;
  std::string_view name;
};
struct Definition {
  const Unit* unit = nullptr;
  const syntax::Statement* statement = nullptr;
  explicit operator bool() const { return statement != nullptr; }
};

class Objects {
 public:
  Objects(Reading& reading, Zip& zip, std::string_view folder) : r_(reading), zip_(zip), folder_(folder) {}

  bool open();
  Value root();
  Object& at(const Value& object) { return *objects_[static_cast<std::size_t>(object.integer)]; }
  std::size_t size() const { return objects_.size(); }
  Value constant(std::size_t index);  // CONSTANTS.c0
  Value value_of(const Archive& archive, TensorReader& tensors, pickle::Ref ref, const std::string& path,
                 int depth);
  Value restored_state(const Object& object) {
    return value_of(data_, *tensors_, object.state, object.path, 0);
  }

  const StoredTensor* stored(const Value& value);
  // A stored tensor that code makes anew (a view with another name) is never made: every Value::stored is
  // here.

  // "__torch__.torch.nn.functional.relu": a class or function of the code.
  Definition find(std::string_view qualified);
  Definition method(std::string_view type, std::string_view name);
  // An attribute that the class itself states ("Final" constants).
  const Unit* unit(std::string_view module);
  const syntax::Statement* type_named(std::string_view qualified, const Unit** unit);

  // Parameters and buffers that a class lists.
  std::vector<std::string_view> listed(std::string_view type, std::string_view what);
  // Fields of a NamedTuple, in order.
  std::vector<std::string_view> fields(std::string_view type);

 private:
  Value object_of(const Archive& archive, TensorReader& tensors, pickle::Ref ref, const std::string& path,
                  int depth);
  Value packed_of(const Archive& archive, TensorReader& tensors, pickle::Ref state, const std::string& path);

  struct Stored {
    TensorReader* tensors;
    pickle::Ref ref;
  };
  Reading& r_;
  Zip& zip_;
  std::string folder_;
  Archive data_, constants_;
  std::optional<TensorReader> tensors_, constant_tensors_;
  std::vector<std::unique_ptr<Object>> objects_;
  std::unordered_map<pickle::Ref, std::size_t> known_;  // of data.pkl
  std::vector<Stored> stored_;
  std::size_t values_left_ = 2'000'000;
  std::unordered_map<std::string, std::unique_ptr<Unit>> units_;
};

}  // namespace haoline::pytorch
