#include "formats/openvino/records.h"

#include <algorithm>

#include "base/text.h"
#include "formats/openvino/numbers.h"

namespace haoline::openvino {
namespace {

using xml::Cursor;
using xml::Event;

constexpr std::size_t kMaxBodies = 32;       // in each other
constexpr std::size_t kMaxMetadata = 65536;  // entries

class Reader {
 public:
  Reader(Cursor& cursor, Model& model, std::size_t max_layers, Document& document)
      : cursor_(cursor), model_(model), max_layers_(max_layers), document_(document) {}

  bool read() {
    if (cursor_.next() != Event::begin) return false;
    if (cursor_.name() != "net") {
      cursor_.fail(ErrorKind::malformed, "the outermost element is not <net>", "This is no OpenVINO IR.");
      return false;
    }
    read_net(document_.net, 0);
    // What stands behind the net has to be well-formed too.
    while (cursor_.ok() && cursor_.next() != Event::done) {
    }
    return cursor_.ok();
  }

 private:
  // Calls step(name) for every child element of the one that was just begun; the step reads it to its end.
  template <class Step>
  void children(Step step) {
    const std::size_t depth = cursor_.depth();
    while (true) {
      const Event event = cursor_.next();
      if (event == Event::done) return;
      if (event == Event::end && cursor_.depth() < depth) return;
      if (event == Event::begin) step(cursor_.name());
    }
  }

  std::int64_t number(std::string_view key, std::int64_t otherwise, bool required = false) {
    const std::string_view text = cursor_.attribute(key);
    if (text.empty() && !required) return otherwise;
    const std::optional<std::int64_t> value = parse_integer(text);
    if (value) return *value;
    cursor_.fail(ErrorKind::malformed, "<" + std::string(cursor_.name().substr(0, 64)) +
                                           "> has no whole number as \"" + std::string(key) + "\"");
    return otherwise;
  }

  void read_net(NetRecord& net, std::size_t depth) {
    net.name = cursor_.attribute("name");
    net.version = cursor_.attribute("version");
    children([&](std::string_view name) {
      if (name == "layers") {
        children([&](std::string_view layer) {
          if (layer == "layer") return read_layer(net, depth);
          cursor_.skip();
        });
      } else if (name == "edges") {
        read_edges(net.edges);
      } else if (depth == 0 &&
                 (name == "rt_info" || name == "meta_data" || name == "quantization_parameters")) {
        read_metadata();
      } else {
        cursor_.skip();
      }
    });
  }

  void read_edges(std::vector<EdgeRecord>& edges) {
    children([&](std::string_view name) {
      if (name == "edge") {
        EdgeRecord edge;
        edge.at = cursor_.offset();
        edge.from_layer = number("from-layer", 0, true);
        edge.from_port = number("from-port", -1);
        edge.to_layer = number("to-layer", 0, true);
        edge.to_port = number("to-port", -1);
        edges.push_back(edge);
      }
      cursor_.skip();
    });
  }

  void read_layer(NetRecord& net, std::size_t depth) {
    if (++layers_ > max_layers_) {
      cursor_.fail(ErrorKind::unsupported, "is beyond the " + grouped(max_layers_) + " layers that are read");
      return;
    }
    LayerRecord layer;
    layer.at = cursor_.offset();
    layer.id = number("id", 0, true);
    layer.name = cursor_.attribute("name");
    layer.type = cursor_.attribute("type");
    layer.version = cursor_.attribute("version");
    layer.precision = cursor_.attribute("precision");
    if (layer.type.empty()) cursor_.fail(ErrorKind::malformed, "a layer does not say which operator it is");
    children([&](std::string_view name) { read_part(layer, name, depth); });
    if (cursor_.ok()) net.layers.push_back(std::move(layer));
  }

  void read_part(LayerRecord& layer, std::string_view name, std::size_t depth) {
    if (name == "data" || name.ends_with("_data") || name.ends_with("-data")) {
      const auto attributes = cursor_.attributes();
      layer.data.insert(layer.data.end(), attributes.begin(), attributes.end());
      cursor_.skip();
    } else if (name == "input" || name == "output") {
      read_ports(layer, name == "input" ? layer.inputs : layer.outputs);
    } else if (name == "blobs") {
      children([&](std::string_view blob) { read_blob(layer, blob); });
    } else if (name == "weights" || name == "biases") {
      read_blob(layer, name);
    } else if (name == "rt_info") {
      children([&](std::string_view) {
        const std::string_view key = cursor_.attribute("name");
        if (!key.empty()) layer.runtime.push_back({key, cursor_.attribute("value")});
        cursor_.skip();
      });
    } else if (name == "port_map" || name == "then_port_map" || name == "else_port_map") {
      read_port_map(name == "port_map"        ? layer.port_map
                    : name == "then_port_map" ? layer.then_map
                                              : layer.else_map);
    } else if (name == "back_edges") {
      read_edges(layer.back_edges);
    } else if (name == "body" || name == "then_body" || name == "else_body") {
      auto& body = name == "body" ? layer.body : name == "then_body" ? layer.then_body : layer.else_body;
      if (depth + 1 >= kMaxBodies || body) {
        cursor_.fail(ErrorKind::unsupported,
                     body ? "a layer has the same body twice"
                          : "bodies are nested more than " + std::to_string(kMaxBodies) + " deep");
        return;
      }
      body = std::make_unique<NetRecord>();
      read_net(*body, depth + 1);
    } else {
      cursor_.skip();
    }
  }

  void read_ports(LayerRecord& layer, SmallVector<PortRecord*, 4>& list) {
    children([&](std::string_view name) {
      if (name != "port") return cursor_.skip();
      PortRecord port;
      port.id = number("id", static_cast<std::int64_t>(layer.inputs.size() + layer.outputs.size()));
      port.precision = cursor_.attribute("precision");
      port.names = cursor_.attribute("names");
      children([&](std::string_view part) {
        if (part != "dim") return cursor_.skip();
        read_dim(port.dims);
      });
      document_.ports.push_back(port);
      list.push_back(&document_.ports.back());
    });
  }

  void read_dim(Extents& dims) {
    const std::size_t depth = cursor_.depth();
    std::optional<std::int64_t> value;
    while (true) {
      const Event event = cursor_.next();
      if (event == Event::done) return;
      if (event == Event::end && cursor_.depth() < depth) break;
      if (event == Event::text) value = parse_integer(cursor_.text());
    }
    if (value && *value >= -1) return dims.push_back(*value);
    cursor_.fail(ErrorKind::malformed, "an extent of a port is no whole number of at least -1");
  }

  void read_blob(LayerRecord& layer, std::string_view name) {
    BlobRecord blob;
    blob.name = name;
    blob.precision = cursor_.attribute("precision");
    const std::int64_t offset = number("offset", 0), size = number("size", 0);
    if (offset < 0 || size < 0)
      cursor_.fail(ErrorKind::malformed, "a stretch of weights begins or ends below zero");
    blob.offset = static_cast<std::uint64_t>(offset);
    blob.size = static_cast<std::uint64_t>(size);
    layer.blobs.push_back(blob);
    cursor_.skip();
  }

  void read_port_map(std::vector<PortMapRecord>& map) {
    children([&](std::string_view name) {
      PortMapRecord port;
      port.is_output = name == "output";
      port.external_port = number("external_port_id", -1);
      port.internal_layer = number("internal_layer_id", -1);
      port.has_axis = !cursor_.attribute("axis").empty();
      port.axis = number("axis", 0);
      port.start = number("start", 0);
      port.end = number("end", -1);
      port.stride = number("stride", 1);
      port.part_size = number("part_size", 1);
      port.purpose = cursor_.attribute("purpose");
      map.push_back(port);
      cursor_.skip();
    });
  }

  // Leaves with a value become entries; their names are the way to them.
  void read_metadata() {
    const std::uint64_t begin = cursor_.offset();
    std::string path;
    read_metadata_below(path);
    if (!cursor_.ok()) return;
    const std::string_view text = as_text(model_.files[FileId{0}].bytes);
    const std::size_t end = text.find('>', static_cast<std::size_t>(cursor_.offset()));
    if (end == std::string_view::npos) return;
    model_.spans.push_back({FileId{0}, ByteLabel::metadata, DType::unknown, begin, end + 1 - begin});
  }

  void read_metadata_below(std::string& path) {
    children([&](std::string_view name) {
      const std::size_t length = path.size();
      const std::string_view own = name == "info" ? cursor_.attribute("name") : name;
      if (length != 0) path += '/';
      path += own.empty() ? name : own.substr(0, 256);
      const bool has_value = std::any_of(cursor_.attributes().begin(), cursor_.attributes().end(),
                                         [](const xml::Attribute& a) { return a.name == "value"; });
      if (has_value && model_.metadata.size() < kMaxMetadata && path.size() < 1024)
        model_.metadata.push_back({model_.arena.text(path), cursor_.attribute("value")});
      read_metadata_below(path);
      path.resize(length);
    });
  }

  Cursor& cursor_;
  Model& model_;
  std::size_t max_layers_;
  Document& document_;
  std::size_t layers_ = 0;
};

}  // namespace

bool read_document(Cursor& cursor, Model& model, std::size_t max_layers, Document& document) {
  return Reader(cursor, model, max_layers, document).read();
}

}  // namespace haoline::openvino
