// Operations of ML programs that move, select, join or place data, and states.
#include <algorithm>

#include "formats/coreml/call.h"

namespace haoline::coreml {
namespace {

bool concat(Call& call) {
  call.set("axis", call.integer("axis", 0));
  return !call.flag("interleave", false);
}
bool axis(Call& call) {
  call.set("axis", call.integer("axis", 0));
  return true;
}
bool split(Call& call) {
  call.set("axis", call.integer("axis", 0));
  if (call.made.inputs.size() < 2)
    call.set("num_outputs", static_cast<std::int64_t>(call.operation.outputs.size()));
  return true;
}
bool transpose(Call& call) {
  const std::optional<Integers> perm = call.integers("perm");
  if (!perm) return false;
  call.set("perm", *perm);
  return true;
}
bool flatten(Call& call) {
  call.set("axis", call.integer("axis", 1));
  return true;
}

// Pairs for the last axes.
bool pad(Call& call) {
  const std::optional<Integers> pairs = call.integers("pad");
  const std::optional<std::size_t> rank = call.rank("x");
  if (!pairs || !rank || pairs->size() % 2 != 0 || pairs->size() / 2 > *rank) return false;
  Integers begin(*rank - pairs->size() / 2, 0), end = begin;
  for (std::size_t i = 0; i < pairs->size(); i += 2) {
    begin.push_back((*pairs)[i]);
    end.push_back((*pairs)[i + 1]);
  }
  begin.append(end.begin(), end.end());
  call.add(call.make("pads", begin));
  const std::string_view mode = call.text("mode", "constant");
  call.set("mode", mode == "replicate" ? "edge" : mode == "reflect" ? "reflect" : "constant");
  return true;
}

std::int64_t mask(Call& call, std::string_view key) {
  std::int64_t bits = 0;
  const Integers flags = call.integers(key).value_or(Integers{});
  for (std::size_t i = 0; i < flags.size() && i < 32; ++i) {
    if (flags[i] != 0) bits |= std::int64_t{1} << i;
  }
  return bits;
}
bool slice_by_index(Call& call) {
  if (call.made.inputs.size() < 3) return false;
  if (call.made.inputs.size() == 3) {
    const auto count = call.integers("begin");
    const std::int64_t extent = call.dim("begin", 0);
    const std::size_t entries =
        count ? count->size() : static_cast<std::size_t>(std::max<std::int64_t>(extent, 0));
    if (entries == 0 || entries > 32) return false;
    call.add(call.make("strides", Integers(entries, 1)));
  }
  call.set("begin_mask", mask(call, "begin_mask"));
  call.set("end_mask", mask(call, "end_mask"));
  call.set("shrink_axis_mask", mask(call, "squeeze_mask"));
  return true;
}

bool gather(Call& call) {
  call.set("axis", call.integer("axis", 0));
  const std::int64_t batch = call.integer("batch_dims", 0);
  if (batch == 0) return true;
  call.made.op = Op::BatchGather;
  call.set("batch_dims", batch);
  return true;
}
bool gather_nd(Call& call) {
  call.set("batch_dims", call.integer("batch_dims", 0));
  return true;
}
// What is written where; adding and the like cost the same to place.
bool scatter(Call& call) {
  call.set("axis", call.integer("axis", 0));
  return call.text("mode", "add") == "update";
}
bool scatter_elements(Call& call) {
  const std::string_view mode = call.text("mode", "add");
  call.set("axis", call.integer("axis", 0));
  call.set("reduction", mode == "update" ? "none" : mode);
  return mode == "update" || mode == "add" || mode == "mul" || mode == "max" || mode == "min";
}
bool scatter_nd(Call& call) {
  const std::string_view mode = call.text("mode", "add");
  call.set("reduction", mode == "update" ? "none" : mode);
  return mode == "update" || mode == "add" || mode == "mul" || mode == "max" || mode == "min";
}

bool shape(Call& call) {
  call.set("index_type", "int32");
  return true;
}
bool one_hot(Call& call) {
  call.set("axis", call.integer("axis", -1));
  return call.has("one_hot_vector_size") && call.has("on_value") && call.has("off_value");
}
bool top_k(Call& call) {
  call.set("axis", call.integer("axis", -1));
  call.set("largest", std::int64_t{!call.flag("ascending", false)});
  call.set("sorted", std::int64_t{call.flag("sort", true)});
  call.set("index_type", "int32");
  return call.made.inputs.size() == 2;
}
bool reverse_sequence(Call& call) {
  call.set("time_axis", call.integer("seq_axis", 0));
  call.set("batch_axis", call.integer("batch_axis", 1));
  return true;
}
bool to_depth(Call& call) {
  call.set("blocksize", call.integer("block_size", 1));
  return call.rank("x") == 4;
}
bool pixel_shuffle(Call& call) {
  call.set("blocksize", call.integer("upscale_factor", 1));
  call.set("mode", "CRD");
  return call.rank("x") == 4;
}

constexpr MilTranslation kRows[] = {
    {"argsort"},
    {"band_part"},
    {"batch_to_space"},
    {"classify"},
    {"concat", Op::Concat, "*values", concat},
    {"cond", Op::If},
    {"coreml_update_state", Op::WriteState, "value state"},
    {"depth_to_space", Op::DepthToSpace, "x", to_depth},
    {"expand_dims", Op::Unsqueeze, "x axes"},
    {"fill", Op::BroadcastInDim, "value shape"},
    {"fill_like"},
    {"flatten2d", Op::Flatten, "x", flatten},
    {"gather", Op::Gather, "x indices", gather},
    {"gather_along_axis", Op::GatherElements, "x indices", axis},
    {"gather_nd", Op::GatherND, "x indices", gather_nd},
    {"list_gather"},
    {"list_length"},
    {"list_read"},
    {"list_scatter"},
    {"list_write"},
    {"make_list"},
    {"non_maximum_suppression"},
    {"non_zero", Op::ArgWhere, "x", shape},
    {"one_hot", Op::OneHotOnOff, "indices one_hot_vector_size on_value off_value", one_hot},
    {"pad", Op::Pad, "x", pad},
    {"pixel_shuffle", Op::DepthToSpace, "x", pixel_shuffle},
    {"pixel_unshuffle"},
    {"random_bernoulli"},
    {"random_categorical"},
    {"random_normal"},
    {"random_uniform"},
    {"range_1d", Op::Range, "start end step"},
    {"read_state", Op::ReadState, "input"},
    {"reshape", Op::Reshape, "x shape"},
    {"reshape_like"},
    {"reverse", Op::Reverse, "x axes"},
    {"reverse_sequence", Op::ReverseSequence, "x lengths", reverse_sequence},
    {"scatter", Op::ScatterUpdate, "data indices updates", scatter},
    {"scatter_along_axis", Op::ScatterElements, "data indices updates", scatter_elements},
    {"scatter_nd", Op::ScatterND, "data indices updates", scatter_nd},
    {"shape", Op::Shape, "x", shape},
    {"slice_by_index", Op::StridedSlice, "x begin end stride", slice_by_index},
    {"slice_by_size", Op::SliceBySize, "x begin size"},
    {"slice_update", Op::DynamicUpdateSlice, "x update begin"},
    {"sliding_windows"},
    {"space_to_batch"},
    {"space_to_depth", Op::SpaceToDepth, "x", to_depth},
    {"split", Op::Split, "x split_sizes", split},
    {"squeeze", Op::Squeeze, "x axes"},
    {"stack", Op::Stack, "*values", axis},
    {"tile", Op::Tile, "x reps"},
    {"topk", Op::TopK, "x k", top_k},
    {"transpose", Op::Transpose, "x", transpose},
    {"while_loop", Op::While},
};

}  // namespace

std::span<const MilTranslation> mil_movement() {
  return kRows;
}

}  // namespace haoline::coreml
