// What the configuration says, whatever it calls it: one table of keys with all their spellings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/facts.h"

namespace haoline::blueprints {

enum class Key : std::uint8_t {
  hidden,
  layers,
  heads,
  kv_heads,
  head_size,
  inner,  // of the feed-forward block
  vocabulary,
  context,
  activation,
  experts,
  top_k,
  window,
  image_size,
  patch_size,
  count_,
};

class Config {
 public:
  explicit Config(const ArchitectureFacts& facts, std::string prefix = {})
      : facts_(&facts), prefix_(std::move(prefix)) {}
  // A nested configuration: sub("text_config"). Where the source has none, this one.
  Config sub(std::string_view name) const;
  bool has_sub(std::string_view name) const;

  std::optional<std::int64_t> integer(Key key) const;
  std::int64_t integer(Key key, std::int64_t otherwise) const { return integer(key).value_or(otherwise); }
  std::string_view text(Key key, std::string_view otherwise = {}) const;

  // A key of one family, by its own name.
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::int64_t integer(std::string_view key, std::int64_t otherwise) const {
    return integer(key).value_or(otherwise);
  }
  std::optional<double> real(std::string_view key) const;
  bool flag(std::string_view key, bool otherwise) const;
  std::string_view text(std::string_view key, std::string_view otherwise = {}) const;
  std::vector<std::int64_t> integers(std::string_view key) const;  // empty: no such list
  std::vector<std::string_view> texts(std::string_view key) const;
  bool says(std::string_view key) const { return find(key) != nullptr; }

  const ArchitectureFacts& facts() const { return *facts_; }

 private:
  const FactValue* find(std::string_view key) const;  // null also where the source says null

  const ArchitectureFacts* facts_;
  std::string prefix_;  // "text_config." of a nested one
};

}  // namespace haoline::blueprints
