// The manifest: groups of tensors, each one run of bytes that is cut into shards without regard for tensors.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "formats/tfjs/reading.h"

namespace haoline::tfjs {
namespace {

struct Shard {
  FileId file;
  Bytes bytes;
  std::uint64_t begin = 0;  // in the group
};

struct Group {
  std::vector<Shard> shards;
  std::uint64_t size = 0;
  std::string problem;  // a shard that could not be opened, and why
};

Group open_group(const Input& input, json::Value paths, Model& model) {
  Group group;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string_view path = paths[i].text();
    if (input.options.files == nullptr) {
      group.problem = std::string(path) + ": no other files were given";
      return group;
    }
    Result<FileProvider::Opened> opened = input.options.files->open(path);
    if (!opened) {
      group.problem = std::string(path) + ": " + opened.error().message;
      return group;
    }
    const FileId id = model.files.add({std::string(path), "weights", opened->bytes});
    group.shards.push_back({id, opened->bytes, group.size});
    group.size += opened->bytes.size();
  }
  return group;
}

DType stored_dtype(json::Value weight) {
  const std::string_view stored = weight["quantization"]["dtype"].text();
  const std::string_view name = stored.empty() ? weight["dtype"].text() : stored;
  return dtype_named(name).value_or(DType::unknown);
}

// real = scale · stored + min, per tensor.
const Quantization* quantization_of(json::Value weight, Model& model) {
  const json::Value told = weight["quantization"];
  const double scale = told["scale"].number();
  if (!told || told["dtype"].text() == "float16" || !std::isfinite(scale) || scale == 0) return nullptr;
  Quantization quantization;
  quantization.scheme = "affine";
  const float stored_scale = static_cast<float>(scale);
  quantization.scales = model.arena.copy(std::span<const float>(&stored_scale, 1));
  const double zero = std::round(-told["min"].number() / scale);
  const std::int64_t zero_point = std::fabs(zero) < 1e15 ? static_cast<std::int64_t>(zero) : 0;
  quantization.zero_points = model.arena.copy(std::span<const std::int64_t>(&zero_point, 1));
  return model.arena.create(quantization);
}

// The bytes of a tensor: a view where one shard holds it, else put together.
Bytes cut(const Group& group, std::uint64_t begin, std::uint64_t size, Model& model, TensorData& data) {
  for (const Shard& shard : group.shards) {
    if (begin < shard.begin || begin >= shard.begin + shard.bytes.size()) continue;
    const std::uint64_t offset = begin - shard.begin;
    if (size > shard.bytes.size() - offset) break;
    data.file = shard.file;
    data.offset = offset;
    return shard.bytes.subspan(offset, size);
  }
  const std::span<std::byte> room = model.arena.allocate<std::byte>(size);
  std::uint64_t filled = 0;
  for (const Shard& shard : group.shards) {
    const std::uint64_t at = begin + filled;
    if (filled == size || at < shard.begin || at >= shard.begin + shard.bytes.size()) continue;
    const std::uint64_t offset = at - shard.begin;
    const std::uint64_t count = std::min(size - filled, shard.bytes.size() - offset);
    std::copy_n(shard.bytes.begin() + static_cast<std::ptrdiff_t>(offset), count,
                room.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += count;
  }
  return room;
}

void label(const Group& group, std::uint64_t begin, std::uint64_t size, DType dtype, Model& model) {
  for (const Shard& shard : group.shards) {
    const std::uint64_t from = std::max(begin, shard.begin);
    const std::uint64_t to = std::min(begin + size, shard.begin + shard.bytes.size());
    if (from < to)
      model.spans.push_back({shard.file, ByteLabel::weights, dtype, from - shard.begin, to - from});
  }
}

// Strings lie as a length of four bytes and the text, one after the other.
std::uint64_t size_of_strings(const Group& group, std::uint64_t begin, std::int64_t count) {
  std::uint64_t at = begin;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t length = 0;
    bool found = false;
    for (const Shard& shard : group.shards) {
      if (at < shard.begin || at + 4 > shard.begin + shard.bytes.size()) continue;
      length = load<std::uint32_t>(shard.bytes.data() + (at - shard.begin));
      found = true;
    }
    if (!found || length > group.size - at) return group.size + 1;
    at += 4 + std::uint64_t{length};
  }
  return at - begin;
}

struct Layout {
  Group group;
  std::uint64_t at = 0;
  std::uint64_t outside = 0;  // tensors that lie beyond the shards
};

TensorData read_weight(json::Value weight, Layout& layout, Model& model) {
  TensorData data;
  data.encoding = TensorData::Encoding::absent;
  data.dtype = stored_dtype(weight);
  const json::Value shape = weight["shape"];
  std::vector<std::int64_t> extents;
  Int128 count = 1;
  bool is_sane = true;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    extents.push_back(shape[i].integer());
    is_sane = is_sane && extents.back() >= 0 && count < (Int128{1} << 60);
    if (is_sane) count *= extents.back();
  }
  is_sane = is_sane && count < (Int128{1} << 60);
  data.extents = model.arena.copy(extents);
  if (!is_sane) {
    data.extents = {};
    ++layout.outside;
    return data;
  }
  data.stored_elements = static_cast<std::uint64_t>(count);
  if (!layout.group.problem.empty()) return data;
  const std::uint64_t left = layout.group.size - std::min(layout.at, layout.group.size);
  std::uint64_t size = left + 1;
  if (data.dtype == DType::string) {
    if (count <= static_cast<Int128>(left))
      size = size_of_strings(layout.group, layout.at, static_cast<std::int64_t>(count));
  } else if (const auto bytes = byte_size(data.dtype, count); bytes && *bytes <= static_cast<Int128>(left)) {
    size = static_cast<std::uint64_t>(*bytes);
  }
  if (size > left) {
    ++layout.outside;
    layout.at = layout.group.size;
    return data;
  }
  data.stored_bytes = size;
  if (size != 0 && data.dtype != DType::string) {
    data.encoding = TensorData::Encoding::raw;
    data.bytes = cut(layout.group, layout.at, size, model, data);
  } else if (size == 0) {
    data.encoding = TensorData::Encoding::raw;
  }
  label(layout.group, layout.at, size, data.dtype, model);
  layout.at += size;
  return data;
}

}  // namespace

Result<Weights> Weights::open(const Input& input, Model& model) {
  Weights weights;
  const json::Value manifest = input.document.root()["weightsManifest"];
  for (std::size_t g = 0; g < manifest.size(); ++g) {
    Layout layout{open_group(input, manifest[g]["paths"], model)};
    const json::Value list = manifest[g]["weights"];
    for (std::size_t i = 0; i < list.size(); ++i) {
      Weight weight;
      weight.name = model.arena.text(list[i]["name"].text());
      weight.data = model.arena.create(read_weight(list[i], layout, model));
      weight.quantization = quantization_of(list[i], model);
      weights.names_.insert(weight.name, static_cast<std::uint32_t>(weights.weights_.size()));
      weights.weights_.push_back(weight);
    }
    if (!layout.group.problem.empty() && list.size() != 0) {
      haoline::Message message(counted(list.size(), "tensor"));
      message.add(list.size() == 1 ? " has its data in " : " have their data in ").name(layout.group.problem);
      model.findings.push_back({FindingKind::missing_external_data, std::move(message)});
    }
    if (layout.outside != 0) {
      haoline::Message message(counted(layout.outside, "tensor"));
      message.add(layout.outside == 1 ? " lies" : " lie").add(" outside the shards");
      model.findings.push_back({FindingKind::truncated_weights, std::move(message)});
    }
  }
  return weights;
}

const Weight* Weights::find(std::string_view name) {
  const std::uint32_t* index = names_.find(name);
  return index == nullptr ? nullptr : &weights_[*index];
}

}  // namespace haoline::tfjs
