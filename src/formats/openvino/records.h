// What the XML of an intermediate representation (IR) says, as records: layers with ports, edges between
// ports, bodies inside layers. Versions 2 to 11 differ in spelling only; here they look alike. Internal to
// this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/small_vector.h"
#include "formats/shared/xml.h"
#include "ir/model.h"

namespace haoline::openvino {

using Extents = SmallVector<std::int64_t, 6>;  // -1: not fixed

struct PortRecord {
  std::int64_t id = 0;
  std::string_view precision;  // "FP32"; empty: the file is silent
  std::string_view names;      // of the tensor, separated by commas
  Extents dims;                // none: a scalar, or the rank is not fixed
};

// A stretch of the .bin: before version 10 layers have their weights inside.
struct BlobRecord {
  std::string_view name;  // "weights", "biases", "custom"
  std::string_view precision;
  std::uint64_t offset = 0, size = 0;
};

struct EdgeRecord {
  std::int64_t from_layer = 0, from_port = 0, to_layer = 0, to_port = 0;
  std::uint64_t at = 0;
};

// How a port of a layer with a body meets a layer of the body. With an axis: in slices.
struct PortMapRecord {
  bool is_output = false;
  bool has_axis = false;
  std::int64_t external_port = -1, internal_layer = -1;
  std::int64_t axis = 0, start = 0, end = -1, stride = 1, part_size = 1;
  std::string_view purpose;  // "execution_condition", "current_iteration"
};

struct NetRecord;

struct LayerRecord {
  std::int64_t id = 0;
  std::string_view name, type, version, precision;
  std::uint64_t at = 0;  // byte of its tag
  std::vector<xml::Attribute> data;
  std::vector<xml::Attribute> runtime;  // of its rt_info: name and value
  SmallVector<PortRecord*, 4> inputs, outputs;
  std::vector<BlobRecord> blobs;
  std::unique_ptr<NetRecord> body, then_body, else_body;
  std::vector<PortMapRecord> port_map, then_map, else_map;
  std::vector<EdgeRecord> back_edges;

  std::string_view get(std::string_view key) const {
    for (const xml::Attribute& a : data) {
      if (a.name == key) return a.value;
    }
    return {};
  }
  bool has(std::string_view key) const {
    for (const xml::Attribute& a : data) {
      if (a.name == key) return true;
    }
    return false;
  }
  const BlobRecord* blob(std::string_view key) const {
    for (const BlobRecord& b : blobs) {
      if (b.name == key) return &b;
    }
    return nullptr;
  }
};

struct NetRecord {
  std::string_view name, version;
  std::vector<LayerRecord> layers;
  std::vector<EdgeRecord> edges;
};

// Reads the document; metadata goes to the model at once. The records' ports live in `ports`.
struct Document {
  NetRecord net;
  std::deque<PortRecord> ports;
};
// False: the cursor has the error.
bool read_document(xml::Cursor& cursor, Model& model, std::size_t max_layers, Document& document);

}  // namespace haoline::openvino
