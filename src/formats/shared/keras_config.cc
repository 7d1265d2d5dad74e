#include "formats/shared/keras_config.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>

#include "formats/shared/keras_calls.h"
#include "formats/shared/keras_layer.h"

namespace haoline::keras {
namespace {

constexpr int kMaxDepth = 48;

bool is_sequential(json::Value layer) {
  const json::Value config = layer["config"];
  return config.is_array() ||
         (config["layers"].is_array() && !config["input_layers"] && !config["output_layers"]);
}
bool is_model(json::Value layer) {
  const json::Value config = layer["config"];
  return config["layers"].is_array() || (config.is_array() && layer["class_name"].text() == "Sequential");
}
json::Value layers_of(json::Value model) {
  const json::Value config = model["config"];
  return config.is_array() ? config : config["layers"];
}
std::string_view name_of(json::Value layer) {
  const std::string_view name = layer["name"].text();
  return name.empty() ? layer["config"]["name"].text() : name;
}

// "SeparableConv2D" → "separable_conv2d", as Keras 3 names the folders of its weights.
std::string snake_case(std::string_view name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string split;
  for (std::size_t i = 0; i < name.size();) {
    split += name[i++];
    // Any character before a capital and small letters: they are a word.
    if (i + 1 >= name.size() || !upper(name[i]) || !lower(name[i + 1])) continue;
    split += '_';
    split += name[i++];
    while (i < name.size() && lower(name[i])) split += name[i++];
  }
  std::string out;
  for (std::size_t i = 0; i < split.size(); ++i) {
    if (i > 0 && upper(split[i]) && lower(split[i - 1])) out += '_';
    out += upper(split[i]) ? static_cast<char>(split[i] - 'A' + 'a') : split[i];
  }
  return out;
}

// The places of all layers of a model, in its order.
std::vector<Place> places_of(json::Value model, const Place& above) {
  const json::Value layers = layers_of(model);
  std::map<std::string, int> taken;
  std::vector<Place> places;
  const bool is_outermost = above.path.empty();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string_view type = layers[i]["class_name"].text();
    Place place;
    place.path = (is_outermost ? "" : above.path + "/") + "layers/";
    // Functions between layers have no folder, neither has the input of a Sequential model.
    const bool is_function = layers[i]["module"].text().find(".ops") != std::string_view::npos;
    if (!is_function && !(type == "InputLayer" && is_sequential(model))) {
      // The one layer whose class is called otherwise than it is exported.
      std::string folder = snake_case(type == "GroupQueryAttention" ? "GroupedQueryAttention" : type);
      if (const int n = taken[folder]++; n > 0) folder += "_" + std::to_string(n);
      place.path += folder;
    }
    place.group = is_outermost ? std::string(name_of(layers[i])) : above.group;
    if (!is_outermost) place.inside = name_of(layers[i]);
    places.push_back(std::move(place));
  }
  return places;
}

// A layer that stands in two models keeps its weights where it was first.
Place tied_place(Build& build, json::Value layer, const Place& place) {
  const json::Value id = layer["shared_object_id"];
  const std::string key = std::string(layer["class_name"].text()) + "|" + std::string(name_of(layer));
  const std::string with_id = key + "|" + (id.is_integer() ? std::to_string(id.integer()) : "");
  const auto take = [&](const std::string& wanted) -> const Place* {
    const auto at = build.first_place.find(wanted);
    return at == build.first_place.end() ? nullptr : &at->second;
  };
  if (id.is_integer()) {
    if (const Place* first = take(with_id)) return *first;
    // Keras 3 numbers an object only when it comes again.
    const bool is_empty = build.store && build.store->is_by_path() && build.store->all_of(place).empty();
    if (const Place* first = take(key + "|"); first && (!build.store || is_empty)) return *first;
  }
  build.first_place.emplace(with_id, place);
  return place;
}

Dim batch_symbol(DimPool& pool) {
  return pool.symbol("batch");
}

// What the config says of a tensor's shape. `name`: of an input, whose open extents become symbols.
Shape read_shape(DimPool& pool, json::Value list, std::string_view name) {
  if (list.is_object()) list = list["items"];  // a tuple
  if (!list.is_array()) return Shape::unknown_rank();
  Shape shape;
  for (std::size_t i = 0; i < list.size() && i < 64; ++i) {
    const std::int64_t extent = list[i].integer(-1);
    if (extent >= 0 && list[i].is_number()) {
      shape.push_back(pool.number(extent));
    } else if (i == 0) {
      shape.push_back(batch_symbol(pool));
    } else {
      shape.push_back(name.empty() ? Dim::unknown()
                                   : pool.symbol(std::string(name) + "_" + std::to_string(i)));
    }
  }
  return shape;
}

json::Value shape_in(json::Value config) {
  for (const std::string_view key : {"batch_shape", "batch_input_shape"}) {
    if (config[key].is_array()) return config[key];
  }
  return {};
}

// Of a model's first layer that has to say what goes in; nothing where no layer does.
json::Value input_config(json::Value layer, int depth) {
  if (is_model(layer)) {
    if (depth > kMaxDepth) return {};
    const json::Value config = layer["config"];
    if (const json::Value first = layers_of(layer)[0]; first) {
      if (const json::Value found = input_config(first, depth + 1)) return found;
    }
    return config["build_input_shape"].is_array() ? config : json::Value();
  }
  const json::Value config = layer["config"];
  return shape_in(config) ? config : json::Value();
}

DType dtype_in(json::Value config, std::string_view otherwise) {
  const json::Value dtype = config["dtype"];
  const std::string_view said = dtype.is_object() ? dtype["config"]["name"].text() : dtype.text();
  constexpr std::string_view kMixed = "mixed_";
  const std::string_view plain = said.starts_with(kMixed) ? said.substr(kMixed.size()) : said;
  const std::optional<DType> found = dtype_named(plain);
  return found.value_or(dtype_named(otherwise).value_or(DType::unknown));
}

TensorId add_input(GraphBuilder& graph, std::string_view name, json::Value config) {
  DimPool& pool = *graph.model().dims;
  json::Value shape = shape_in(config);
  if (!shape) shape = config["build_input_shape"];
  Type type;
  type.dtype = dtype_in(config, "float32");
  return graph.input(name, type, read_shape(pool, shape, name));
}

// Keras 1 spelled the input of a first layer as its features alone.
Shape old_input_shape(DimPool& pool, json::Value config, std::string_view name) {
  Shape shape{batch_symbol(pool)};
  const json::Value list = config["input_shape"];
  for (std::size_t i = 0; i < list.size(); ++i)
    shape.push_back(list[i].is_number() ? pool.number(list[i].integer())
                                        : pool.symbol(std::string(name) + "_" + std::to_string(i + 1)));
  if (shape.rank() > 1) return shape;
  if (config["input_length"].is_number()) shape.push_back(pool.number(config["input_length"].integer()));
  if (!config["input_dim"].is_number()) return Shape::unknown_rank();
  shape.push_back(pool.number(config["input_dim"].integer()));
  return shape;
}

std::vector<TensorId> run_sequential(Build& build, json::Value model, const Place& place, const Call& call,
                                     int depth) {
  const json::Value layers = layers_of(model);
  const std::vector<Place> places = places_of(model, place);
  std::vector<TensorId> flow = call.in;
  for (std::size_t i = 0; i < layers.size() && !build.error; ++i) {
    const json::Value layer = layers[i];
    const bool is_input = layer["class_name"].text() == "InputLayer";
    if (flow.empty()) {
      const std::string name = std::string(name_of(layer)) + (is_input ? "" : "_input");
      json::Value config = input_config(layer, 0);
      if (!config)
        config = model["config"]["build_input_shape"].is_array() ? model["config"] : model["build_config"];
      if (shape_in(config) || config["build_input_shape"].is_array()) {
        flow.push_back(add_input(call.graph, name, config));
      } else {
        Type type;
        type.dtype = DType::float32;
        const json::Value built = model["build_config"]["input_shape"];
        DimPool& pool = *call.graph.model().dims;
        flow.push_back(call.graph.input(
            name, type,
            built.is_array() ? read_shape(pool, built, name) : old_input_shape(pool, layer["config"], name)));
      }
    }
    if (is_input) continue;
    Call inner{call.graph, call.scope, flow, {}, {}};
    flow = run_layer(build, layer, places[i], inner, depth + 1);
  }
  return flow;
}

// A Functional model while its calls are put in order.
class Functional {
 public:
  Functional(Build& build, json::Value model, const Place& place, const Call& call, int depth)
      : build_(build), model_(model), place_(place), call_(call), depth_(depth) {}

  std::vector<TensorId> run() {
    const json::Value layers = layers_of(model_);
    const std::vector<Place> places = places_of(model_, place_);
    const std::vector<Reference> inputs = read_references(model_["config"]["input_layers"]);
    for (std::size_t i = 0; i < layers.size(); ++i) add_layer(layers[i], places[i], inputs);
    note_references();
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (jobs_[i].waiting == 0) ready_.push(i);
    }
    std::size_t done = 0;
    while (!ready_.empty() && !build_.error) {
      const std::size_t next = ready_.top();
      ready_.pop();
      ++done;
      run_job(next);
    }
    if (!build_.error && done < jobs_.size()) report_waiting();
    std::vector<TensorId> outputs;
    for (const Reference& r : read_references(model_["config"]["output_layers"])) {
      if (const TensorId id = find(r)) outputs.push_back(id);
    }
    return outputs;
  }

 private:
  struct Job {
    json::Value layer;
    Place place;
    CallSpec spec;
    std::string_view name;
    std::int64_t number = 0;  // of the call
    std::size_t waiting = 0;
    bool is_done = false;
  };
  using Key = std::pair<std::string_view, std::int64_t>;

  void add_layer(json::Value layer, const Place& place, const std::vector<Reference>& inputs) {
    const std::string_view name = name_of(layer);
    if (layer["class_name"].text() == "InputLayer") {
      TensorId id;
      for (std::size_t i = 0; i < inputs.size() && !call_.in.empty(); ++i) {
        if (inputs[i].layer == name && i < call_.in.size()) id = call_.in[i];
      }
      if (!id && call_.in.empty()) id = add_input(call_.graph, name, layer["config"]);
      if (id) results_[{name, 0}] = {id};
      return;
    }
    std::vector<CallSpec> calls = read_calls(layer);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      jobs_.push_back({layer, place, std::move(calls[i]), name, static_cast<std::int64_t>(i)});
    }
    if (is_model(layer)) models_.insert(name);
  }

  // Models of old versions count the call that made them, so that the first one in sight is their second.
  void note_references() {
    std::map<std::string_view, std::int64_t> least;
    const auto note = [&](const Reference& r) {
      const auto [at, is_new] = least.emplace(r.layer, r.call);
      if (!is_new) at->second = std::min(at->second, r.call);
    };
    for (const Job& job : jobs_) {
      for (const Reference& r : job.spec.references) note(r);
    }
    for (const Reference& r : read_references(model_["config"]["output_layers"])) note(r);
    for (const auto& [name, call] : least) {
      if (call > 0 && models_.contains(name)) shift_[name] = call;
    }
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      std::set<Key> distinct;
      for (const Reference& r : jobs_[i].spec.references) {
        const Key key = key_of(r);
        if (r.shape.is_array()) declared_.emplace(std::make_pair(key, r.result), r.shape);
        if (!results_.contains(key)) distinct.insert(key);
      }
      jobs_[i].waiting = distinct.size();
      for (const Key& key : distinct) waiters_[key].push_back(i);
    }
  }

  Key key_of(const Reference& r) const {
    const auto at = shift_.find(r.layer);
    return {r.layer, r.call - (at == shift_.end() ? 0 : at->second)};
  }

  TensorId find(const Reference& r) const {
    const auto at = results_.find(key_of(r));
    if (at == results_.end() || r.result < 0 || static_cast<std::size_t>(r.result) >= at->second.size())
      return {};
    return at->second[static_cast<std::size_t>(r.result)];
  }

  void run_job(std::size_t index) {
    Job& job = jobs_[index];
    job.is_done = true;
    Call call{call_.graph, call_.scope, {}, job.spec.arguments, job.spec.keywords};
    for (const Reference& r : job.spec.references) {
      if (const TensorId id = find(r)) call.in.push_back(id);
    }
    std::vector<TensorId> results = run_layer(build_, job.layer, job.place, call, depth_ + 1);
    const Key key{job.name, job.number};
    // What the layer's rule does not know, its consumers may say.
    for (std::size_t i = 0; i < results.size(); ++i) {
      Tensor& tensor = call_.graph.graph().tensors[results[i]];
      const auto said = declared_.find({key, static_cast<std::int64_t>(i)});
      if (!tensor.shape.has_rank() && said != declared_.end())
        tensor.shape = read_shape(*call_.graph.model().dims, said->second, {});
    }
    results_[key] = std::move(results);
    const auto at = waiters_.find(key);
    if (at == waiters_.end()) return;
    for (const std::size_t waiter : at->second) {
      if (--jobs_[waiter].waiting == 0) ready_.push(waiter);
    }
  }

  void report_waiting() {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (jobs_[i].is_done) continue;
      build_.fail("model_config.layers", "have a layer that waits for a tensor no layer makes");
      return;
    }
  }

  Build& build_;
  json::Value model_;
  const Place& place_;
  const Call& call_;
  int depth_;
  std::vector<Job> jobs_;
  std::set<std::string_view> models_;
  std::map<std::string_view, std::int64_t> shift_;
  std::map<Key, std::vector<TensorId>> results_;
  std::map<Key, std::vector<std::size_t>> waiters_;
  std::map<std::pair<Key, std::int64_t>, json::Value> declared_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready_;
};

std::vector<TensorId> run_model(Build& build, json::Value model, const Place& place, const Call& call,
                                int depth) {
  if (depth > kMaxDepth) {
    build.fail("model_config", "nests models deeper than " + std::to_string(kMaxDepth));
    return {};
  }
  return is_sequential(model) ? run_sequential(build, model, place, call, depth)
                              : Functional(build, model, place, call, depth).run();
}

std::string_view domain_of(json::Value layer) {
  const std::string_view registered = layer["registered_name"].text();
  const std::size_t mark = registered.find('>');
  return mark == std::string_view::npos || registered.starts_with("Custom>") ? "keras"
                                                                             : registered.substr(0, mark);
}

void report_missing(GraphBuilder& graph, const Build& build) {
  if (build.missing == 0) return;
  Finding finding;
  finding.kind = FindingKind::missing_external_data;
  finding.message.add(build.missing == 1 ? "the file lacks 1 weight of the model's layers, "
                                         : "the file lacks " + std::to_string(build.missing) +
                                               " weights of the model's layers, the first is ");
  finding.message.name(build.first_missing);
  graph.model().findings.push_back(std::move(finding));
}

}  // namespace

std::vector<TensorId> run_layer(Build& build, json::Value layer, const Place& at, const Call& call,
                                int depth) {
  if (build.error) return {};
  if (++build.runs > build.max_nodes) {
    build.fail("model_config", "calls its layers more than " + std::to_string(build.max_nodes) + " times",
               ErrorKind::unsupported);
    return {};
  }
  const Place place = tied_place(build, layer, at);
  const std::string_view type = layer["class_name"].text();
  const std::string_view name = name_of(layer);
  if (is_model(layer)) {
    Call inner = call;
    inner.scope = (call.scope.empty() ? "" : call.scope + "/") + std::string(name);
    return run_model(build, layer, place, inner, depth);
  }
  Layer made{.build = build, .graph = call.graph};
  made.row = find_layer_row(type);
  made.type = type;
  made.domain = domain_of(layer);
  made.name = name;
  made.scope = call.scope;
  made.config = layer["config"];
  made.place = place;
  made.in = call.in;
  made.arguments = call.arguments;
  made.keywords = call.keywords;
  made.depth = depth;
  // Keras 3 writes a function that stands between layers as a layer of the module it comes from.
  const bool is_operation = layer["module"].text().find(".ops") != std::string_view::npos;
  if (is_operation) {
    if (!make_operation(made, snake_case(type))) made.emit_as_itself();
  } else if (made.row && (made.domain == "keras" || made.domain == "qkeras")) {
    made.row->make(made);
  } else {
    made.emit_as_itself();
  }
  return made.out;
}

std::vector<std::string> layer_keys(json::Value model, bool by_path) {
  constexpr std::string_view kFolder = "layers/";
  std::vector<std::string> keys;
  for (const Place& place : places_of(model, {}))
    keys.push_back(by_path ? place.path.substr(kFolder.size()) : place.group);
  return keys;
}

bool is_model_config(json::Value root) {
  return root["class_name"].is_text() && (root["config"].is_object() || root["config"].is_array()) &&
         is_model(root);
}

std::optional<Error> build_graph(GraphBuilder& graph, json::Value model, const ConfigOptions& options) {
  Build build{.main = graph, .store = options.store};
  build.max_nodes = options.max_nodes;
  const Call call{graph, {}, {}, {}, {}};
  const std::vector<TensorId> outputs = run_model(build, model, {}, call, 0);
  if (build.error) return build.error;
  for (const TensorId id : outputs) graph.output(id);
  report_missing(graph, build);
  return std::nullopt;
}

}  // namespace haoline::keras
