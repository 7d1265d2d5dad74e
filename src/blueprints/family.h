// One row per family of architectures: who is meant, how its tensors are spelled, how its blocks are wired.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "blueprints/slots.h"

namespace haoline::blueprints {

class Assembly;

enum class NormKind : std::uint8_t { rms, layer };
enum class Position : std::uint8_t { none, rotary, learned, alibi, relative };
// Which layers keep only a window of tokens, where the configuration does not list them.
enum class Windows : std::uint8_t {
  none,
  all,         // every layer, if the configuration has a window
  even,        // every second one, from the first
  all_but_nth  // `sliding_window_pattern`: every n-th one sees everything
};

struct Traits {
  NormKind norm = NormKind::rms;
  Position position = Position::rotary;
  bool causal = true;
  bool parallel = false;    // attention and feed-forward read the same input
  bool bare_norms = false;  // normalization without weights
  bool transposed = false;  // weights are [in, out]
  bool tied = false;        // the head is the embedding unless the configuration says otherwise
  bool post_norm = false;   // the norms spelled as `pre` stand behind the sums
  bool pooled = false;      // a classifier reads one token
  bool has_head = true;     // a file without head weights reads its embedding as head
  std::string_view activation = "silu";
  Windows windows = Windows::none;
  std::int64_t window_step = 0;  // of all_but_nth, where the configuration does not say
  bool shared_layers = false;    // groups of weights that run several times (ALBERT)
};

struct Family {
  std::string_view name;
  std::string_view also;  // other names of configurations and of GGUF, space separated
  void (*assemble)(Assembly&);
  Dialect (*slots)() = nullptr;  // Hugging Face spelling
  Dialect first = {};            // rows that replace those of `slots` for their slot
  Places (*places)() = nullptr;
  Traits traits = {};
};

const Family* find_family(std::string_view name);  // by name or another name of it

}  // namespace haoline::blueprints
