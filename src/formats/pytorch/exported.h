// The state of reading a program of torch.export. Internal to this folder.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/pytorch/aten.h"
#include "formats/pytorch/reading.h"
#include "formats/pytorch/writer.h"
#include "formats/shared/json.h"

namespace haoline::pytorch {

// A size as the program states it: a number, or an expression of symbols ("Symbol('s0', …)", "2*s0").
Dim read_size(json::Value size, Reading& reading);
DType exported_dtype(std::int64_t code);  // of the export schema, which numbers types differently from c10

// Where a stored tensor of the program lies, by its qualified name.
class ExportedWeights {
 public:
  ExportedWeights(Reading& reading, Zip& zip) : r_(reading), zip_(zip) {}
  void open();
  const StoredTensor* find(const std::string& name);
  // Every stored tensor, for a program whose signature does not use them all.
  std::vector<std::string> names() const;

 private:
  void add_config(const ZipMember& config);
  void add_raw(const std::string& name, std::string_view folder, json::Value entry);
  void add_pickled(const ZipMember& member, const std::string& only);
  void add_dictionary(const Archive& archive, const std::string& only);

  Reading& r_;
  Zip& zip_;
  std::unordered_map<std::string, StoredTensor> tensors_;
  std::vector<std::string> order_;
};

class ExportedProgram {
 public:
  ExportedProgram(Reading& reading, ExportedWeights& weights)
      : r_(reading), weights_(weights), writer_(reading) {}
  void read(json::Value program);

 private:
  using Names = std::unordered_map<std::string_view, Value>;

  void read_ranges(json::Value ranges);
  void add_inputs(json::Value graph, json::Value signature, Names& names);
  void add_weight(std::string_view argument, std::string_view qualified, Trained trained, Names& names);
  void read_nodes(json::Value graph, Names& names);
  void read_node(json::Value graph, json::Value node, Names& names);
  void add_outputs(json::Value graph, Names& names);
  bool higher_order(json::Value graph, json::Value node, std::string_view name, Names& names);
  GraphId read_body(json::Value graph, std::string_view name);
  Value argument(json::Value argument, Names& names, int depth = 0);
  void collect(const Value& value, std::vector<TensorId>& operands);
  void finish(json::Value graph, json::Value node, Plan plan, Names& names);
  void declare(TensorId tensor, json::Value graph, std::string_view name);
  std::string_view scope_of(json::Value node);

  Reading& r_;
  ExportedWeights& weights_;
  Writer writer_;
  std::size_t depth_ = 0;
};

}  // namespace haoline::pytorch
