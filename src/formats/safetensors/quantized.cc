#include "formats/safetensors/quantized.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "formats/shared/json.h"

namespace haoline::safetensors {
namespace {

using Extents = SmallVector<std::int64_t, 4>;

// A packed tensor and what lies beside it, found by the stem that their names share.
struct Family {
  Model& model;
  StoredTensors& tensors;
  TensorId id;            // the packed one
  std::string_view stem;  // its name without the ending

  const Tensor& packed() const { return tensors.tensor(id); }
  TensorId beside(std::string_view ending) const {
    return tensors.find(std::string(stem) + std::string(ending));
  }
  const Tensor* find(std::string_view ending) const {
    const TensorId other = beside(ending);
    return other ? &tensors.tensor(other) : nullptr;
  }
  std::int64_t extent(const Tensor& tensor, std::size_t axis) const {
    const auto extents = tensor.constant->extents;
    return axis < extents.size() ? extents[axis] : 0;
  }
  std::size_t rank() const { return packed().constant->extents.size(); }
  std::int64_t extent(std::size_t axis) const { return extent(packed(), axis); }
  std::int64_t word_bits() const { return info(packed().type.dtype).bits; }

  const FactValue* config(std::string_view key) const {
    if (!model.architecture) return nullptr;
    const FactValue* value = model.architecture->find("quantization_config." + std::string(key));
    return value != nullptr ? value : model.architecture->find("compression_config." + std::string(key));
  }
  std::int64_t config_number(std::string_view key) const {
    const FactValue* value = config(key);
    return value != nullptr && value->kind == FactValue::Kind::integer ? value->integer : 0;
  }
  std::string_view config_text(std::string_view key) const {
    const FactValue* value = config(key);
    return value != nullptr ? value->text : std::string_view();
  }
  // Of compressed-tensors: every group has its own settings; the first that says it decides.
  std::int64_t group_number(std::string_view key) const {
    if (!model.architecture) return 0;
    for (const Fact& fact : model.architecture->entries) {
      if (fact.key.find("config_groups.") != std::string_view::npos && fact.key.ends_with(key) &&
          fact.value.kind == FactValue::Kind::integer)
        return fact.value.integer;
    }
    return 0;
  }

  // Elements of a small tensor of integers (a shape that is stored as a tensor).
  Extents integers(std::string_view ending) const {
    Extents out;
    const Tensor* tensor = find(ending);
    if (tensor == nullptr || tensor->constant->bytes.size() > 64) return out;
    const Bytes bytes = tensor->constant->bytes;
    const bool is_wide = tensor->type.dtype == DType::int64;
    if (!is_wide && tensor->type.dtype != DType::int32) return out;
    const std::size_t step = is_wide ? 8 : 4;
    for (std::size_t at = 0; at + step <= bytes.size(); at += step) {
      out.push_back(is_wide ? load<std::int64_t>(bytes.data() + at) : load<std::int32_t>(bytes.data() + at));
    }
    return out;
  }
};

// What a layout says of a packed tensor. Without `extents` the stored ones are the logical ones.
struct Layout {
  std::string_view scheme;
  std::int32_t bits = 0;
  std::int32_t axis = -1;
  std::int64_t block = 0;
  Extents extents;
};

// Extents that somebody could have: positive, and about as many elements as the bytes can hold.
bool is_plausible(const Family& family, const Layout& layout) {
  if (layout.extents.empty()) return true;
  Int128 elements = 1;
  for (const std::int64_t extent : layout.extents) {
    if (extent <= 0 || elements > (Int128{1} << 60)) return false;
    elements *= extent;
  }
  const Int128 stored_bits = Int128{family.packed().constant->stored_bytes} * 8;
  const Int128 bits = std::max<Int128>(layout.bits, 1);
  return elements * bits <= stored_bits + stored_bits / 2 + 64 * 32 && elements <= stored_bits;
}

std::int64_t groups_of(std::int64_t in, std::int64_t groups) {
  return groups > 0 && in > 0 ? (in + groups - 1) / groups : 0;
}

// GPTQ packs along the input: [in·bits/32, out]; AWQ along the output: [in, out·bits/32]. The scales have one
// column per output in both, which tells them apart.
std::optional<Layout> gptq_or_awq(const Family& f) {
  const Tensor* scales = f.find(".scales");
  if (f.rank() != 2 || scales == nullptr || !is_integer(f.packed().type.dtype)) return std::nullopt;
  const std::int64_t rows = f.extent(0), columns = f.extent(1), word = f.word_bits();
  const std::int64_t outputs = f.extent(*scales, 1);
  std::int64_t bits = f.config_number("bits");
  if (bits == 0) bits = f.config_number("w_bit");
  Layout layout;
  if (outputs == columns) {
    const Tensor* index = f.find(".g_idx");
    if (bits == 0 && index != nullptr && f.extent(*index, 0) > 0) bits = word * rows / f.extent(*index, 0);
    if (bits <= 0) bits = 4;
    const std::int64_t in = rows * word / bits;
    layout = {"gptq", static_cast<std::int32_t>(bits), 1, groups_of(in, f.extent(*scales, 0)), {columns, in}};
  } else if (columns > 0 && outputs > columns) {
    const std::int64_t held = outputs / columns;  // in a word
    if (bits == 0) bits = word / std::max<std::int64_t>(held, 1);
    layout = {
        "awq", static_cast<std::int32_t>(bits), 1, groups_of(rows, f.extent(*scales, 0)), {outputs, rows}};
  } else if (f.config_text("version") == "gemv_fast") {
    layout = {"awq", 4, 1, f.config_number("group_size"), {rows * 4, columns}};
  } else {  // AWQ for one row at a time: [out, in·bits/32]
    if (bits <= 0) bits = 4;
    layout = {"awq",
              static_cast<std::int32_t>(bits),
              1,
              f.config_number("group_size"),
              {rows, columns * word / bits}};
  }
  return layout;
}

// bitsandbytes keeps what the weight was as JSON in a tensor of bytes.
std::optional<Layout> bitsandbytes_state(const Family& f, std::string_view type) {
  const Tensor* state = f.find(".quant_state.bitsandbytes__" + std::string(type));
  if (state == nullptr || state->constant->bytes.size() > 65536) return std::nullopt;
  Layout layout{type == "nf4" ? "bitsandbytes-nf4" : "bitsandbytes-fp4", 4, -1, 64, {}};
  const Result<json::Document> document = json::Document::parse(state->constant->bytes);
  if (!document) return layout;
  const json::Value root = document->root();
  layout.block = root["blocksize"].integer(64);
  for (std::size_t i = 0; i < std::min<std::size_t>(root["shape"].size(), 8); ++i)
    layout.extents.push_back(root["shape"][i].integer());
  return layout;
}

std::optional<Layout> bitsandbytes(const Family& f) {
  if (auto layout = bitsandbytes_state(f, "nf4")) return layout;
  if (auto layout = bitsandbytes_state(f, "fp4")) return layout;
  if (f.packed().type.dtype == DType::int8 && (f.find(".SCB") != nullptr))
    return Layout{"bitsandbytes-int8", 8, 0, 0, {}};
  return std::nullopt;
}

// bitsandbytes int8: the row scales are called after the layer, not after the weight.
bool has_layer_scb(const Family& f) {
  return f.packed().type.dtype == DType::int8 && f.stem.ends_with(".weight") &&
         f.tensors.find(std::string(f.stem.substr(0, f.stem.size() - 6)) + "SCB");
}

// A weight under its own name with scales beside it: float8 in blocks, NVFP4 and BitNet in bytes, int8 by
// row.
std::optional<Layout> scaled_weight(const Family& f) {
  if (auto layout = bitsandbytes(f)) return layout;
  if (has_layer_scb(f)) return Layout{"bitsandbytes-int8", 8, 0, 0, {}};
  const DType dtype = f.packed().type.dtype;
  const std::int64_t last = f.rank() == 0 ? 0 : f.extent(f.rank() - 1);
  if (const Tensor* scale = f.find("_scale_inv")) {
    if (info(dtype).bits != 8) return std::nullopt;
    return Layout{"fp8", 8, -1, groups_of(last, f.extent(*scale, f.rank() - 1)), {}};
  }
  const Tensor* scale = f.find("_scale");
  if (scale == nullptr) return std::nullopt;
  const std::int64_t groups = f.extent(*scale, f.rank() - 1);
  if (dtype == DType::uint8 && f.rank() >= 2 && f.config_text("quant_method") == "bitnet") {
    return Layout{"bitnet", 2, -1, 0, {f.extent(0) * 4, f.extent(1)}};
  }
  if (dtype == DType::uint8 && f.rank() >= 2 &&
      (scale->type.dtype == DType::float8_e4m3fn || scale->type.dtype == DType::float8_e8m0 ||
       f.find("_scale_2") != nullptr)) {
    Layout layout{
        scale->type.dtype == DType::float8_e8m0 ? "mxfp4" : "nvfp4", 4, -1, groups_of(last * 2, groups), {}};
    for (std::size_t axis = 0; axis + 1 < f.rank(); ++axis) layout.extents.push_back(f.extent(axis));
    layout.extents.push_back(last * 2);
    return layout;
  }
  if (info(dtype).bits != 8) return std::nullopt;
  const std::int64_t block = groups > 1 ? groups_of(last, groups) : 0;
  return Layout{is_float(dtype) ? "fp8" : "int8",
                8,
                block == 0 && scale->constant->stored_elements > 1 ? 0 : -1,
                block,
                {}};
}

// compressed-tensors: words of 32 bits along the input (integers), or two float4 in a byte.
std::optional<Layout> weight_packed(const Family& f) {
  if (f.rank() < 2) return std::nullopt;
  const Tensor* scale = f.find("_scale");
  const std::int64_t last = f.extent(f.rank() - 1);
  Layout layout{"compressed-tensors", 4, -1, 0, f.integers("_shape")};
  if (f.packed().type.dtype == DType::uint8) {
    const bool is_mx = scale != nullptr && scale->type.dtype != DType::float8_e4m3fn;
    layout.scheme = is_mx ? "mxfp4" : "nvfp4";
  } else if (const std::int64_t bits = f.group_number(".weights.num_bits")) {
    layout.bits = static_cast<std::int32_t>(bits);
  } else if (layout.extents.size() == 2 && layout.extents[1] > 0) {
    layout.bits = static_cast<std::int32_t>(f.word_bits() * last / layout.extents[1]);
  }
  if (layout.bits <= 0 || layout.bits > 32) layout.bits = 4;
  if (layout.extents.size() < 2) {
    layout.extents.clear();
    for (std::size_t axis = 0; axis + 1 < f.rank(); ++axis) layout.extents.push_back(f.extent(axis));
    layout.extents.push_back(last * f.word_bits() / layout.bits);
  }
  if (scale != nullptr) {
    const std::int64_t groups = f.extent(*scale, f.rank() - 1);
    layout.block = groups > 1 ? groups_of(layout.extents.back(), groups) : 0;
    if (groups <= 1) layout.axis = 0;
  }
  return layout;
}

// MXFP4 of gpt-oss: blocks of sixteen bytes, [experts, out, blocks, 16]; the layer states [experts, in, out].
std::optional<Layout> mxfp4_blocks(const Family& f) {
  if (f.packed().type.dtype != DType::uint8 || f.find("_scales") == nullptr || f.rank() < 3)
    return std::nullopt;
  const std::size_t rank = f.rank();
  const std::int64_t in = f.extent(rank - 2) * f.extent(rank - 1) * 2, out = f.extent(rank - 3);
  Layout layout{"mxfp4", 4, -1, f.extent(rank - 1) * 2, {}};
  for (std::size_t axis = 0; axis + 3 < rank; ++axis) layout.extents.push_back(f.extent(axis));
  if (rank == 3) {
    layout.extents.push_back(out);
    layout.extents.push_back(in);
  } else {
    layout.extents.push_back(in);
    layout.extents.push_back(out);
  }
  return layout;
}

std::optional<Layout> hqq(const Family& f) {
  if (f.find(".scale") == nullptr && f.find(".zero") == nullptr) return std::nullopt;
  const Extents bits = f.integers(".nbits"), group = f.integers(".group_size");
  Layout layout{"hqq", 4, -1, group.empty() ? f.config_number("group_size") : group[0], f.integers(".shape")};
  if (!bits.empty() && bits[0] > 0 && bits[0] <= 8) layout.bits = static_cast<std::int32_t>(bits[0]);
  return layout;
}

// AQLM: a code for every group of weights, looked up in codebooks [count, entries, out, in].
std::optional<Layout> aqlm(const Family& f) {
  const Tensor* books = f.find(".codebooks");
  if (books == nullptr || f.rank() != 3 || books->constant->extents.size() != 4) return std::nullopt;
  const std::int64_t out = f.extent(*books, 2), in = f.extent(*books, 3);
  Layout layout{"aqlm", 0, -1, out * in, {f.extent(0) * out, f.extent(1) * in}};
  if (out * in > 0)
    layout.bits =
        static_cast<std::int32_t>(std::max<std::int64_t>(1, f.extent(2) * f.word_bits() / (out * in)));
  return layout;
}

// torchao: "<weight>:qdata" or "_weight_qdata"; a byte of an Int4Tensor holds two.
std::optional<Layout> torchao(const Family& f) {
  if (f.rank() != 2) return std::nullopt;
  const bool is_packed = f.packed().type.dtype == DType::uint8;
  if (!is_packed)
    return Layout{is_float(f.packed().type.dtype) ? "torchao-fp8" : "torchao-int8", 8, 0, 0, {}};
  return Layout{"torchao-int4", 4, -1, 0, {f.extent(0), f.extent(1) * 2}};
}

struct Rule {
  std::string_view ending;    // of the packed tensor
  std::string_view stem_end;  // the part of it that belongs to the stem
  std::optional<Layout> (*layout)(const Family&);
  std::array<std::string_view, 12> auxiliary;  // endings behind the stem
};
constexpr Rule kRules[] = {
    {".qweight",
     "",
     gptq_or_awq,
     {".qzeros", ".scales", ".g_idx", ".wf", ".perm", ".channel_scale", ".qzeros_gptq"}},
    {".weight_packed",
     ".weight",
     weight_packed,
     {"_scale", "_zero_point", "_shape", "_g_idx", "_global_scale", "_meta"}},
    {"_blocks", "", mxfp4_blocks, {"_scales"}},
    {".W_q",
     "",
     hqq,
     {".scale", ".zero", ".shape", ".nbits", ".group_size", ".axis", ".packing", ".view_as_float",
      ".unpack_view_dtype", ".compute_dtype", ".quant_scale", ".quant_zero"}},
    {".codes", "", aqlm, {".codebooks", ".scales"}},
    {":qdata", "", torchao, {":scale", ":zero_point"}},
    {"_qdata", "", torchao, {"_scale", "_zero_point"}},
    {".weight",
     ".weight",
     scaled_weight,
     {".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map", ".quant_state.bitsandbytes__nf4",
      ".quant_state.bitsandbytes__fp4", ".SCB", "_scale_inv", "_scale", "_scale_2", "_zero_point",
      "_format"}},
};
// Of the layer, whatever its weight is packed by: behind the layer's name.
constexpr std::string_view kOfLayer[] = {".SCB",
                                         ".weight_format",
                                         ".input_scale",
                                         ".output_scale",
                                         ".input_global_scale",
                                         ".input_zero_point",
                                         ".k_scale",
                                         ".v_scale",
                                         ".q_scale",
                                         ".activation_scale"};

void mark(StoredTensors& tensors, TensorId id) {
  if (id) tensors.tensor(id).trained = Trained::auxiliary;
}

void apply(const Family& family, const Rule& rule, Layout layout) {
  if (!is_plausible(family, layout)) layout.extents.clear();
  Quantization made;
  made.scheme = layout.scheme;
  made.axis = layout.axis;
  made.block = layout.block;
  made.bits = layout.bits;
  made.logical_extents =
      family.model.arena.copy(std::span<const std::int64_t>(layout.extents.begin(), layout.extents.size()));
  family.tensors.tensor(family.id).quantization = family.model.arena.create(made);
  for (const std::string_view ending : rule.auxiliary) {
    if (!ending.empty()) mark(family.tensors, family.beside(ending));
  }
  std::string_view layer = family.stem;
  if (layer.ends_with(".weight")) layer.remove_suffix(7);
  for (const std::string_view ending : kOfLayer)
    mark(family.tensors, family.tensors.find(std::string(layer) + std::string(ending)));
}

// Only a file that has something beside its weights is looked at closely: that is where scales are.
bool may_be_packed(const Tensor& tensor) {
  const DTypeInfo& type = info(tensor.type.dtype);
  return is_integer(tensor.type.dtype) || type.bits == 8 || type.bits == 4;
}

}  // namespace

void describe_quantization(Model& model, StoredTensors& tensors) {
  for (const TensorId id : model.main().tensors.ids()) {
    const Tensor& tensor = model.main().tensors[id];
    if (!may_be_packed(tensor) || tensor.trained == Trained::auxiliary) continue;
    for (const Rule& rule : kRules) {
      if (!tensor.name.ends_with(rule.ending)) continue;
      const Family family{
          model, tensors, id,
          tensor.name.substr(0, tensor.name.size() - rule.ending.size() + rule.stem_end.size())};
      if (auto layout = rule.layout(family)) {
        apply(family, rule, *std::move(layout));
        break;
      }
    }
  }
}

}  // namespace haoline::safetensors
