// A checkpoint's tensors: an index of names, and shards that hold the elements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "formats/shared/graphdef.h"
#include "formats/shared/name_table.h"

namespace haoline::tensorflow {

struct BundleEntry {
  std::string_view name;
  DType dtype = DType::unknown;
  graphdef::PlainShape shape;
  std::uint32_t shard = 0;
  std::uint64_t offset = 0, size = 0;
  bool is_sliced = false;  // stored in pieces under other names
  bool is_used = false;    // something of the model reads it
  const TensorData* data = nullptr;
};

class Bundle {
 public:
  // `prefix` names both parts: "variables/variables" + ".index", ".data-00000-of-00001". An index that is
  // damaged is an error; shards that are missing are noted by close().
  static Result<Bundle> open(FileProvider& files, std::string_view prefix, Model& model);

  std::size_t size() const { return entries_.size(); }
  // Null: there is no tensor of that name.
  const BundleEntry* find(std::string_view name);
  const TensorData* data(std::string_view name, Model& model);
  // The text of a tensor that is one string; empty when it is not there.
  std::string_view text(std::string_view name, Model& model);
  // Labels the bytes of the shards and notes what is missing.
  void close(Model& model);

 private:
  struct Shard {
    FileId file;
    Bytes bytes;
    std::string name, problem;
    std::uint64_t missing_tensors = 0;
  };
  std::vector<BundleEntry> entries_;
  NameTable names_;
  std::vector<Shard> shards_;
};

}  // namespace haoline::tensorflow
