// Figures of every model of the corpus that can be checked against themselves: the arena plan replayed (no
// two storages that live at the same time overlap, all lie inside), its size against the lower bound and
// against what onnxsim planned (recorded in memory/onnxsim_arenas.txt), and file bytes that add up.
//
//   figures_proof [--filter TEXT] [--models FOLDER]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "analyses/accounting.h"
#include "analyses/memory.h"
#include "formats/format.h"
#include "truth_file.h"

namespace haoline::proof {
namespace {

namespace fs = std::filesystem;

constexpr double kCloseRatio = 1.05;  // of the lower bound …
constexpr double kCloseShare = 0.95;  // … on so many of the models

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct Folder : FileProvider {
  explicit Folder(fs::path where) : folder(std::move(where)) {}
  Result<Opened> open(std::string_view name) override {
    const fs::path path = folder / name;
    if (!fs::exists(path)) return Error{ErrorKind::unreadable, {}, 0, false, "no such file", {}};
    files.push_back(read_file(path));
    return Opened{as_bytes(files.back())};
  }
  fs::path folder;
  std::deque<std::string> files;
};

struct Tally {
  std::size_t models = 0, plans = 0, close = 0, compared = 0;
  double worst = 1;
  std::string worst_name;
  std::vector<std::string> failures;
};

// "name bytes": arenas of onnxsim for the first recorded binding.
std::map<std::string, std::uint64_t> read_recorded(const fs::path& path) {
  std::map<std::string, std::uint64_t> recorded;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t bytes = 0;
    if (!line.starts_with('#') && fields >> name >> bytes) recorded[name] = bytes;
  }
  return recorded;
}

// The recorded values of symbols that we know; "x[1]" of the record is our "x_1". Others are 1.
BoundSymbols bind(const Inference& inference, const std::optional<Truth>& truth) {
  Bindings given;
  if (truth) {
    for (const auto& [key, value] : truth->bindings.front()) {
      std::string symbol = key;
      if (symbol.ends_with(']')) {
        symbol.pop_back();
        symbol[symbol.rfind('[')] = '_';
      }
      given[symbol] = value;
    }
  }
  BoundSymbols bound;
  for (std::size_t i = 0; i < inference.dims.symbol_count(); ++i) {
    const Symbol& symbol = inference.dims.symbol_at(i);
    if (symbol.origin == SymbolOrigin::data) continue;
    const auto value = given.find(symbol.name);
    bound.values[symbol.name] = value == given.end() ? 1 : value->second;
  }
  return bound;
}

// The plan, played step by step: what begins must not touch what is there.
std::string replay(const MemoryFigures& figures) {
  std::map<std::uint32_t, std::size_t> slot_of;  // by tensor
  for (std::size_t i = 0; i < figures.arena.slots.size(); ++i)
    slot_of[figures.arena.slots[i].tensor.index] = i;
  struct Span {
    std::uint32_t first = ~std::uint32_t{0}, last = 0;
  };
  std::vector<Span> spans(figures.arena.slots.size());
  for (const Lifetime& life : figures.lifetimes) {
    if (life.bytes == 0) continue;
    const auto slot = slot_of.find(life.storage.index);
    if (slot == slot_of.end()) return "a tensor without a place";
    if (figures.arena.slots[slot->second].bytes < life.bytes) return "a place that is too small";
    Span& span = spans[slot->second];
    span.first = std::min(span.first, life.first);
    span.last = std::max(span.last, life.last);
  }
  std::vector<std::size_t> order(spans.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return spans[a].first < spans[b].first; });
  std::map<std::uint64_t, std::size_t> live;  // by offset
  for (const std::size_t i : order) {
    std::erase_if(live, [&](const auto& entry) { return spans[entry.second].last < spans[i].first; });
    const ArenaPlan::Slot& slot = figures.arena.slots[i];
    if (slot.offset % figures.options.alignment != 0) return "an offset that is not aligned";
    if (slot.offset + slot.bytes > figures.arena.bytes) return "a place outside";
    const auto next = live.lower_bound(slot.offset);
    if (next != live.end() && next->first < slot.offset + slot.bytes) return "two that overlap";
    if (next != live.begin()) {
      const ArenaPlan::Slot& before = figures.arena.slots[std::prev(next)->second];
      if (before.offset + before.bytes > slot.offset) return "two that overlap";
    }
    live[slot.offset] = i;
  }
  return figures.arena.bytes < figures.arena.lower_bound ? "less than the lower bound" : "";
}

void check_plan(const std::string& name, const char* kind, const MemoryFigures& figures, Tally& tally) {
  ++tally.plans;
  const std::string why = replay(figures);
  if (!why.empty()) tally.failures.push_back(name + " " + kind + " plan has " + why);
}

void check_ratio(const std::string& name, const ArenaPlan& arena, Tally& tally) {
  const double ratio = arena.lower_bound == 0
                           ? 1.0
                           : static_cast<double>(arena.bytes) / static_cast<double>(arena.lower_bound);
  tally.close += ratio <= kCloseRatio;
  if (ratio > kCloseRatio) std::printf("  %s: arena %.3f of the lower bound\n", name.c_str(), ratio);
  if (ratio > tally.worst) tally.worst = ratio, tally.worst_name = name;
}

void check_bytes(const std::string& name, const Model& model, Tally& tally) {
  for (const bool by_content : {false, true}) {
    const ByteAccounting sums = account_bytes(model, by_content);
    std::uint64_t sum = sums.structure + sums.metadata + sums.padding + sums.duplicate + sums.unreachable;
    for (const ByteAccounting::Weights& weights : sums.weights) sum += weights.bytes;
    std::uint64_t files = 0;
    for (const ModelFile& file : model.files) files += file.bytes.size();
    if (sum != files || sums.total != files)
      tally.failures.push_back(name + ": bytes do not add up to the files");
  }
}

void check(const fs::path& path, const fs::path& models, const std::map<std::string, std::uint64_t>& recorded,
           Tally& tally) {
  const std::string name = fs::relative(path, models / "onnx").replace_extension().string();
  const std::string file = read_file(path);
  Folder folder(path.parent_path());
  const Result<Model> model = read_model(as_bytes(file), {.name = name, .files = &folder});
  if (!model) return;  // refused files are the reader's tests
  Result<Inference> inference = infer(*model);
  if (!inference) {
    tally.failures.push_back(name + ": " + inference.error().to_string());
    return;
  }
  ++tally.models;
  check_bytes(name, *model, tally);
  const std::optional<Truth> truth =
      read_truth((models / "truth" / "onnx" / (path.stem().string() + ".json")).string());
  const BoundSymbols bound = bind(*inference, truth);
  const MemoryFacts aligned = analyse_memory(*model, *inference, bound, 16);
  const MemoryFacts packed = analyse_memory(*model, *inference, bound, 1);
  check_plan(name, "plain", aligned.plain, tally);
  check_plan(name, "in-place", aligned.in_place, tally);
  check_plan(name, "packed", packed.in_place, tally);
  check_ratio(name, aligned.in_place.arena, tally);
  const auto theirs = recorded.find(name);
  if (theirs == recorded.end()) return;
  ++tally.compared;
  if (packed.in_place.arena.bytes <= theirs->second) return;
  tally.failures.push_back(name + ": arena of " + std::to_string(packed.in_place.arena.bytes) +
                           " bytes, onnxsim plans " + std::to_string(theirs->second));
}

int run(const fs::path& models, const std::string& filter) {
  if (!fs::exists(models / "onnx")) {
    std::puts("SKIPPED: no model corpus at ../shared/models (set HAOLINE_SHARED)");
    return 77;
  }
  const auto recorded = read_recorded(HAOLINE_SOURCE_DIR "/tests/proof/memory/onnxsim_arenas.txt");
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(models / "onnx")) {
    if (entry.path().extension() == ".onnx" && entry.path().string().find(filter) != std::string::npos) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  Tally tally;
  for (const fs::path& path : paths) check(path, models, recorded, tally);
  const double share =
      tally.models == 0 ? 1.0 : static_cast<double>(tally.close) / static_cast<double>(tally.models);
  if (share < kCloseShare) tally.failures.push_back("too few arenas are close to the lower bound");
  for (const std::string& failure : tally.failures) std::printf("FAILED %s\n", failure.c_str());
  std::printf(
      "%zu models, %zu plans replayed; arena within %.2f of the lower bound on %.1f %%, worst %.3f (%s); "
      "%zu compared with onnxsim; %zu failures\n",
      tally.models, tally.plans, kCloseRatio, 100 * share, tally.worst, tally.worst_name.c_str(),
      tally.compared, tally.failures.size());
  return tally.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace haoline::proof

int main(int count, char** values) {
  const char* shared = std::getenv("HAOLINE_SHARED");
  std::filesystem::path models = shared ? std::filesystem::path(shared) / "models"
                                        : std::filesystem::path(HAOLINE_SOURCE_DIR "/../shared/models");
  std::string filter;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string flag = values[i];
    if (flag == "--models") models = values[i + 1];
    if (flag == "--filter") filter = values[i + 1];
  }
  return haoline::proof::run(models, filter);
}
