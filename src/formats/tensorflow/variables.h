// Which tensor of a checkpoint a variable of the graph is: what the graph's own restore step says, else the
// names.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "formats/shared/graphdef_build.h"
#include "formats/tensorflow/bundle.h"

namespace haoline::tensorflow {

class Variables : public graphdef::ValueSource {
 public:
  Variables(Model& model, graphdef::Context& context, graphdef::GraphDef& graph)
      : model_(model), context_(context), graph_(graph) {}

  void set_bundle(Bundle bundle) { bundle_ = std::move(bundle); }
  Bundle* bundle() { return bundle_ ? &*bundle_ : nullptr; }
  // SavedObjectGraph: which variables training changes. Needs the bundle.
  void read_objects(Bytes saved_objects);
  // Follows RestoreV2 to the variables it fills.
  void follow_restores();

  graphdef::StoredValue variable(std::string_view node, std::string_view shared_name) override;
  // Of an object of the SavedObjectGraph.
  graphdef::StoredValue object(std::uint32_t index);
  std::string_view object_name(std::uint32_t index) const;

 private:
  struct Object {
    bool is_variable = false;
    Trained trained = Trained::unsaid;
    std::string_view name;  // of the variable
    std::string_view key;   // in the checkpoint
  };
  struct Restored {
    std::string_view node, key;
  };
  void read_keys(Bytes trackable);
  void follow_in(const graphdef::NodeList& list, std::vector<Restored>& found);
  graphdef::StoredValue stored(std::string_view key);

  Model& model_;
  graphdef::Context& context_;
  graphdef::GraphDef& graph_;
  std::optional<Bundle> bundle_;
  std::vector<Object> objects_;
  NameTable object_of_key_, object_of_name_;
  std::vector<std::string_view> keys_;
  NameTable key_of_node_;  // index into keys_
};

}  // namespace haoline::tensorflow
