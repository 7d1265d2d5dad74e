#include "formats/tensorrt/pieces.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace haoline::tensorrt {
namespace {

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string value_text(json::Value value) {
  if (value.is_text()) return std::string(value.text());
  if (value.is_integer()) return std::to_string(value.integer());
  if (value.is_number()) return number_text(value.number());
  if (value.is_boolean()) return value.boolean() ? "true" : "false";
  std::string out;
  for (std::size_t i = 0; i < value.size() && value.is_array(); ++i)
    out += (i == 0 ? "" : ", ") + value_text(value[i]);
  return out;
}

void add_settings(json::Value object, Model& model, EngineFacts& facts) {
  for (std::size_t i = 0; i < object.size(); ++i) {
    const json::Member member = object.member(i);
    facts.settings.push_back({model.arena.text(member.key), model.arena.text(value_text(member.value))});
  }
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

void mismatch(Model& model, std::string text) {
  Finding finding;
  finding.kind = FindingKind::contradicting_declaration;
  finding.message.add(std::move(text));
  model.findings.push_back(std::move(finding));
}

std::string capability_text(json::Value capability) {
  if (capability.is_array()) return value_text(capability[0]) + "." + value_text(capability[1]);
  if (!capability.is_number()) return {};
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", capability.number());
  return text;
}

// Two files of one engine have to mean one GPU.
void set_gpu(Model& model, EngineFacts& facts, std::string_view name, const std::string& capability) {
  if (!facts.gpu.empty() && !name.empty() && facts.gpu != name)
    mismatch(model,
             "The engine was built on " + std::string(facts.gpu) + " and profiled on " + std::string(name));
  if (facts.gpu.empty()) facts.gpu = model.arena.text(name);
  if (facts.compute_capability.empty()) facts.compute_capability = model.arena.text(capability);
}

struct Ending {
  std::string_view ending;
  void (*read)(json::Value, Model&, EngineFacts&);
};
// What the engine explorer calls its files. The device comes before the inference record that has to agree.
constexpr Ending kEndings[] = {{".metadata.json", read_device},
                               {".build.metadata.json", read_build},
                               {".profile.metadata.json", read_inference},
                               {".profile.json", read_profile},
                               {".timing.json", read_timing}};

}  // namespace

Piece piece_of(Bytes head) {
  const std::string_view text = as_text(head);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || (text[begin] != '{' && text[begin] != '[')) return Piece::none;
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (has("\"Layers\"") && (has("\"LayerType\"") || has("\"Bindings\"") || text.find("\"Layers\"") < 64))
    return Piece::layers;
  if (has("\"averageMs\"") && has("\"percentage\"")) return Piece::profile;
  if (has("\"startEnqMs\"") || has("\"startComputeMs\"")) return Piece::timing;
  if (has("\"ComputeCapability\"") || has("\"COMPUTE_CAPABILITY_MAJOR\"")) return Piece::device;
  if (has("\"build_options\"") && has("\"model_options\"")) return Piece::build;
  if (has("\"performance_summary\"") && has("\"inference_options\"")) return Piece::inference;
  return Piece::none;
}

void read_profile(json::Value profile, Model& model, EngineFacts& facts) {
  std::map<std::string_view, double> times;
  for (std::size_t i = 0; i < profile.size(); ++i) {
    const json::Value row = profile[i];
    const json::Value time = row["medianMs"] ? row["medianMs"] : row["averageMs"];
    if (row["name"].is_text() && time.is_number()) times.emplace(row["name"].text(), time.number());
  }
  std::size_t found = 0;
  for (EngineLayer& layer : facts.layers) {
    const Node& node = model.main().nodes[layer.node];
    const auto time = times.find(node.source_name.empty() ? node.name : node.source_name);
    if (time == times.end()) continue;
    layer.time_ms = time->second;
    ++found;
  }
  if (!times.empty() && found == 0)
    mismatch(model, "The profile beside the layers is of another engine: none of its names is a layer's");
}

void read_device(json::Value devices, Model& model, EngineFacts& facts) {
  const json::Value device = devices.is_array() ? devices[std::size_t{0}] : devices;
  set_gpu(model, facts, device["Name"].text(), capability_text(device["ComputeCapability"]));
  if (device["TotalMemory"].is_integer()) facts.device_memory_bytes = device["TotalMemory"].integer();
  if (device["MULTIPROCESSOR_COUNT"].is_integer())
    facts.multiprocessors = device["MULTIPROCESSOR_COUNT"].integer();
  const json::Value cuda = device["CUDA_VERSION"];
  if (cuda.is_array()) facts.cuda_version = model.arena.text(value_text(cuda[0]) + "." + value_text(cuda[1]));
  constexpr double kPerGiga = 1e6;  // CUDA gives kHz
  if (device["CLOCK_RATE"].is_number()) facts.clock_ghz = device["CLOCK_RATE"].number() / kPerGiga;
  const double width = device["GLOBAL_MEMORY_BUS_WIDTH"].number(),
               clock = device["MEMORY_CLOCK_RATE"].number();
  // Bits per transfer, two transfers a clock.
  if (width > 0 && clock > 0) facts.memory_bytes_per_second = width / 8 * clock * 1e3 * 2;
}

void read_build(json::Value build, Model& model, EngineFacts& facts) {
  add_settings(build["build_options"], model, facts);
  add_settings(build["model_options"], model, facts);
  const json::Value device = build["device_information"];
  if (device)
    set_gpu(model, facts, device["Selected Device"].text(), capability_text(device["Compute Capability"]));
}

void read_inference(json::Value record, Model& model, EngineFacts& facts) {
  const json::Value device = record["device_information"];
  set_gpu(model, facts, device["Selected Device"].text(), capability_text(device["Compute Capability"]));
  if (!facts.multiprocessors && device["SMs"].is_number())
    facts.multiprocessors = static_cast<std::int64_t>(device["SMs"].number());
  if (!facts.clock_ghz && device["Compute Clock Rate"].is_number())
    facts.clock_ghz = device["Compute Clock Rate"].number();
  const double width = device["Memory Bus Width"].number(), clock = device["Memory Clock Rate"].number();
  if (!facts.memory_bytes_per_second && width > 0 && clock > 0)
    facts.memory_bytes_per_second = width / 8 * clock * 1e9 * 2;
  add_settings(record["inference_options"], model, facts);
  const json::Value summary = record["performance_summary"];
  if (summary["Throughput"].is_number()) facts.throughput_per_second = summary["Throughput"].number();
  // min, max, mean, median, 99th percentile; older ones without the last.
  constexpr std::size_t kMedian = 3;
  if (!facts.latency_ms && summary["Latency"][kMedian].is_number())
    facts.latency_ms = summary["Latency"][kMedian].number();
}

void read_timing(json::Value timing, Model&, EngineFacts& facts) {
  std::vector<double> latencies;
  for (std::size_t i = 0; i < timing.size(); ++i) {
    const json::Value latency = timing[i]["latencyMs"];
    if (latency.is_number()) latencies.push_back(latency.number());
  }
  if (!latencies.empty()) facts.latency_ms = median(std::move(latencies));
}

void read_pieces(std::string_view main_name, const ReadOptions& options, Model& model, EngineFacts& facts) {
  if (!options.files) return;
  std::string_view stem = main_name.substr(main_name.rfind('/') + 1);
  for (const std::string_view ending : {".graph.json", ".layerinfo.json", ".json"}) {
    if (!stem.ends_with(ending)) continue;
    stem.remove_suffix(ending.size());
    break;
  }
  for (const Ending& piece : kEndings) {
    const std::string name = std::string(stem) + std::string(piece.ending);
    const Result<FileProvider::Opened> opened = options.files->open(name);
    if (!opened) continue;  // none is needed
    const Result<json::Document> document = json::Document::parse(opened->bytes);
    if (!document) {
      mismatch(model, "A file beside the layers cannot be read: " + document.error().to_string());
      continue;
    }
    const FileId file = model.files.add({name, "engine record", opened->bytes});
    model.spans.push_back({file, ByteLabel::metadata, DType::unknown, 0, opened->bytes.size()});
    piece.read(document->root(), model, facts);
  }
}

}  // namespace haoline::tensorrt
