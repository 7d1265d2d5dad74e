#include "formats/pytorch/tensors.h"

#include <algorithm>
#include <cstring>

#include "base/checked.h"
#include "base/text.h"
#include "ir/tensor_elements.h"

namespace haoline::pytorch {
namespace {

using pickle::Kind;
using pickle::kNone;
using pickle::Ref;

constexpr int kMaxWrapping = 8;  // of parameters around subclasses around tensors
constexpr std::size_t kMaxRank = 64;

// Up to here a tensor whose elements are not in order is copied into order; beyond, its bytes are shown as
// they lie.
constexpr Int128 kMaxCopied = 1 << 16;

enum class How : std::uint8_t { strided, parameter, quantized, sparse, meta, wrapper, typed, numpy, nested };
struct Rebuilder {
  std::string_view name;
  How how;
};
// By the name alone: the functions have moved between modules (torch._utils, torch._tensor, torch.tensor).
constexpr Rebuilder kRebuilders[] = {
    {"_rebuild_tensor", How::strided},
    {"_rebuild_tensor_v2", How::strided},
    {"_rebuild_tensor_v3", How::strided},
    {"_rebuild_parameter", How::parameter},
    {"Parameter", How::parameter},
    {"Buffer", How::nested},
    {"_rebuild_parameter_with_state", How::parameter},
    {"_rebuild_qtensor", How::quantized},
    {"_rebuild_sparse_tensor", How::sparse},
    {"_rebuild_sparse_csr_tensor", How::sparse},
    {"_rebuild_nested_tensor", How::nested},
    {"_rebuild_meta_tensor_no_storage", How::meta},
    {"_rebuild_wrapper_subclass", How::wrapper},
    {"_rebuild_from_type", How::typed},
    {"_rebuild_from_type_v2", How::typed},
    {"_rebuild_device_tensor_from_numpy", How::numpy},
    {"_rebuild_device_tensor_from_cpu_tensor", How::nested},
    {"_rebuild_xla_tensor", How::numpy},
};

const Rebuilder* rebuilder(std::string_view module, std::string_view name) {
  if (!module.starts_with("torch")) return nullptr;
  const auto* found = std::find_if(std::begin(kRebuilders), std::end(kRebuilders),
                                   [&](const Rebuilder& r) { return r.name == name; });
  return found == std::end(kRebuilders) ? nullptr : found;
}

bool is_numpy_array(const pickle::Pickle& p, Ref ref) {
  return p.is_call(ref) && p.name(p.callee(ref)) == "_reconstruct" &&
         p.module(p.callee(ref)).starts_with("numpy");
}

// "f4", "<i8": type and bytes of an element; unknown for structures, objects, texts.
DType numpy_type(std::string_view code) {
  if (!code.empty() && (code.front() == '<' || code.front() == '|' || code.front() == '='))
    code.remove_prefix(1);
  struct Row {
    std::string_view code;
    DType type;
  };
  constexpr Row kRows[] = {{"f8", DType::float64},   {"f4", DType::float32},    {"f2", DType::float16},
                           {"i8", DType::int64},     {"i4", DType::int32},      {"i2", DType::int16},
                           {"i1", DType::int8},      {"u8", DType::uint64},     {"u4", DType::uint32},
                           {"u2", DType::uint16},    {"u1", DType::uint8},      {"b1", DType::boolean},
                           {"c8", DType::complex64}, {"c16", DType::complex128}};
  for (const Row& row : kRows) {
    if (row.code == code) return row.type;
  }
  return DType::unknown;
}

}  // namespace

bool TensorReader::fail(ErrorKind kind, Ref at, std::string message) {
  if (!error_) {
    error_ = located(kind, archive_.place, archive_.offset + archive_.pickle.offset(at), std::move(message),
                     "The file is damaged; save or fetch it again.");
  }
  return false;
}

bool TensorReader::is_tensor(Ref ref) const {
  const pickle::Pickle& p = archive_.pickle;
  if (p.is_call(ref)) {
    const Ref callee = p.callee(ref);
    if (is_numpy_array(p, ref)) return true;
    return rebuilder(p.module(callee), p.name(callee)) != nullptr;
  }
  return p.kind(ref) == Kind::persistent && !archive_.tensors.empty() &&
         archive_.tensors.contains(p.text(p.argument(ref, 0)));
}

pickle::Ref TensorReader::parts(Ref ref) const {
  const pickle::Pickle& p = archive_.pickle;
  for (int depth = 0; depth < kMaxWrapping; ++depth) {
    const std::string_view name = p.name(p.callee(ref));
    if (name.starts_with("_rebuild_parameter")) {
      ref = p.argument(ref, 0);
    } else if (name == "_rebuild_from_type_v2" || name == "_rebuild_from_type") {
      const Ref state = p.argument(ref, 3);
      return p.is_mapping(state) ? state : kNone;
    } else {
      return kNone;
    }
  }
  return kNone;
}

const StoredTensor* TensorReader::read(Ref ref, int depth) {
  if (error_ || !is_tensor(ref)) return nullptr;
  if (const auto at = known_.find(ref); at != known_.end()) return &at->second;
  if (depth > kMaxWrapping) {
    fail(ErrorKind::malformed, ref, "a tensor is wrapped too often");
    return nullptr;
  }
  StoredTensor made;
  if (!read_call(ref, made, depth)) return nullptr;
  return &known_.insert_or_assign(ref, std::move(made)).first->second;
}

bool TensorReader::read_call(Ref ref, StoredTensor& out, int depth) {
  const pickle::Pickle& p = archive_.pickle;
  if (p.kind(ref) == Kind::persistent) {
    const std::string_view key = p.text(p.argument(ref, 0));
    return read_tar(key, archive_.tensors.at(key), out);
  }
  if (is_numpy_array(p, ref)) return read_numpy(ref, out);
  const Rebuilder& how = *rebuilder(p.module(p.callee(ref)), p.name(p.callee(ref)));
  switch (how.how) {
    case How::strided:
      return read_strided(ref, out);
    case How::quantized:
      return read_quantized(ref, out, depth);
    case How::sparse:
      return read_sparse(ref, out, depth);
    case How::meta:
      return read_meta(ref, out, 0, 1);
    case How::wrapper:
      return read_meta(ref, out, 1, 2);
    case How::typed:
      return read_typed(ref, out, depth);
    case How::numpy:
    case How::nested:
    case How::parameter:
      break;
  }
  const StoredTensor* inner = read(p.argument(ref, 0), depth + 1);
  if (inner == nullptr) return fail(ErrorKind::malformed, ref, "wraps a tensor that is none");
  out = *inner;
  if (how.how == How::parameter) {
    out.trained = p.boolean(p.argument(ref, 1), true) ? Trained::yes : out.trained;
  }
  return true;
}

// (storage, offset, extents, strides, requires_grad, hooks[, dtype])
bool TensorReader::read_strided(Ref ref, StoredTensor& out) {
  const pickle::Pickle& p = archive_.pickle;
  Window window;
  window.at = ref;
  if (!find_storage(p.argument(ref, 0), window)) return false;
  const std::int64_t offset = p.integer(p.argument(ref, 1), -1);
  if (offset < 0) return fail(ErrorKind::malformed, ref, "a tensor begins before its storage");
  if (p.name(p.callee(ref)) == "_rebuild_tensor_v3") {
    const ElementType type = dtype_called(p.name(p.argument(ref, 6)));
    window.dtype = type.dtype;
    window.bits = type.bits;
  }
  if (window.bits == 0)
    return fail(ErrorKind::unsupported, ref, "a tensor has an element type this reader does not know");
  window.offset += static_cast<std::uint64_t>(offset);
  return read_integers(p.argument(ref, 2), window.extents) &&
         read_integers(p.argument(ref, 3), window.strides) && place(window, out);
}

bool TensorReader::read_tar(std::string_view key, const TarTensor& tensor, StoredTensor& out) {
  const auto storage = archive_.storages.find(tensor.storage);
  const auto type = archive_.types.find(tensor.storage);
  if (storage == archive_.storages.end() || type == archive_.types.end()) {
    return fail(ErrorKind::malformed, archive_.pickle.root(),
                "tensor " + std::string(key) + " has no storage");
  }
  Window window;
  window.dtype = type->second;
  window.bits = info(type->second).bits;
  window.storage = storage->second;
  window.offset = tensor.storage_offset;
  window.extents = tensor.extents;
  window.strides = tensor.strides;
  return place(window, out);
}

// ('storage', class, key, location, elements[, (view key, offset, elements)]), as the id of a persistent
// object, or plainly.
bool TensorReader::find_storage(Ref ref, Window& window) {
  const pickle::Pickle& p = archive_.pickle;
  std::span<const Ref> id;
  if (p.kind(ref) == Kind::tuple) id = p.items(ref);
  std::vector<Ref> read_id;
  for (std::size_t i = 0; i < 6 && p.kind(ref) == Kind::persistent; ++i)
    read_id.push_back(p.argument(ref, i));
  if (!read_id.empty()) id = read_id;
  // A tar's storage has only its key.
  if (!id.empty() && archive_.storages.contains(p.text(id[0])) && p.text(id[0]) != "storage") {
    const std::string_view key = p.text(id[0]);
    window.storage = archive_.storages.at(key);
    const auto type = archive_.types.find(key);
    if (type == archive_.types.end()) return fail(ErrorKind::malformed, ref, "a storage has no type");
    window.dtype = type->second;
    window.bits = info(window.dtype).bits;
    return true;
  }
  if (id.size() < 5 || p.text(id[0]) != "storage") {
    return fail(ErrorKind::malformed, ref, "a tensor has no storage");
  }
  const ElementType type = storage_type(p.name(id[1]));
  window.dtype = type.is_bytes ? DType::uint8 : type.dtype;
  window.bits = type.bits;
  const auto at = archive_.storages.find(p.text(id[2]));
  if (at == archive_.storages.end()) {
    if (p.text(id[3]) != "meta")
      return fail(ErrorKind::malformed, ref, "a tensor's storage is not in the file");
    window.storage = {};
    return true;
  }
  window.storage = at->second;
  if (id.size() > 5 && p.is_sequence(id[5]) && p.items(id[5]).size() == 3) {
    const std::int64_t begin = p.integer(p.items(id[5])[1], -1);
    if (begin < 0) return fail(ErrorKind::malformed, ref, "a storage begins before the one it is a view of");
    window.offset = static_cast<std::uint64_t>(begin);
  }
  return true;
}

bool TensorReader::read_integers(Ref ref, std::vector<std::int64_t>& out) {
  const pickle::Pickle& p = archive_.pickle;
  // torch.Size([1, 2]) is a call with one tuple.
  if (p.is_call(ref) && p.name(p.callee(ref)) == "Size") ref = p.argument(ref, 0);
  if (!p.is_sequence(ref) || p.items(ref).size() > kMaxRank) {
    return fail(ErrorKind::malformed, ref, "a tensor's extents are no list of up to 64 numbers");
  }
  for (const Ref item : p.items(ref)) {
    if (p.kind(item) != Kind::integer || p.integer(item) < 0) {
      return fail(ErrorKind::malformed, item, "a tensor has an extent that is no size");
    }
    out.push_back(p.integer(item));
  }
  return true;
}

// Finds the tensor's bytes in its storage.
bool TensorReader::place(const Window& window, StoredTensor& out) {
  TensorData& data = out.data;
  data.dtype = window.dtype;
  data.extents = model_.arena.copy(window.extents);
  if (window.extents.size() != window.strides.size()) {
    return fail(ErrorKind::malformed, window.at,
                "a tensor has " + counted(window.extents.size(), "extent") + " and " +
                    counted(window.strides.size(), "stride"));
  }
  Int128 count = 1;
  Int128 last = 0;  // the furthest element
  bool in_order = true;
  for (std::size_t i = window.extents.size(); i-- > 0;) {
    const std::int64_t extent = window.extents[i];
    if (extent < 0 || window.strides[i] < 0) {
      return fail(ErrorKind::malformed, window.at, "a tensor has an extent that is no size");
    }
    in_order = in_order && (extent <= 1 || window.strides[i] == count);
    const auto grown = checked_mul(count, extent);
    const auto step = extent > 0 ? checked_mul(extent - 1, window.strides[i]) : std::optional<Int128>(0);
    const auto reach = step ? checked_add(last, *step) : std::nullopt;
    if (!grown || !reach || *grown > (Int128{1} << 62) || *reach > (Int128{1} << 62)) {
      return fail(ErrorKind::malformed, window.at, "a tensor is larger than any file");
    }
    count = *grown;
    last = *reach;
  }
  data.stored_elements = static_cast<std::uint64_t>(count);
  if (window.storage.bytes.data() == nullptr && count != 0) {
    data.encoding = TensorData::Encoding::absent;
    return true;
  }
  if (count == 0) return true;
  const auto bits = static_cast<Int128>(window.bits);
  const Int128 begin = static_cast<Int128>(window.offset) * bits / 8;
  const Int128 span = ((last + 1) * bits + 7) / 8;
  if (begin + span > static_cast<Int128>(window.storage.bytes.size())) {
    fail(ErrorKind::truncated, window.at,
         "a tensor needs " + to_decimal(begin + span) + " bytes of its storage, which has " +
             grouped(window.storage.bytes.size()));
    return false;
  }
  const Bytes elements =
      window.storage.bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(span));
  out.window_offset = window.storage.offset + static_cast<std::uint64_t>(begin);
  out.window_size = elements.size();
  out.window_in_file = window.storage.in_file;
  data.stored_bytes = elements.size();
  if (in_order || last + 1 == count || count > kMaxCopied || window.bits % 8 != 0) {
    // In order, or all of a dense block in another order (channels last): the same bytes.
    if (!in_order && count <= kMaxCopied && window.bits % 8 == 0) {
      copy_strided(window, data, elements);
      return true;
    }
    data.bytes = elements;
    if (window.storage.in_file) data.file = archive_.file;
    data.offset = out.window_offset;
    if (!in_order && last + 1 < count) {  // expanded: one element stands for many
      data.encoding = TensorData::Encoding::filler;
      data.bytes = {};
    }
    return true;
  }
  copy_strided(window, data, elements);
  return true;
}

void TensorReader::copy_strided(const Window& window, TensorData& data, Bytes elements) {
  const std::size_t size = window.bits / 8;
  const std::size_t count = data.stored_elements;
  const std::span<std::byte> room = model_.arena.allocate<std::byte>(count * size);
  std::vector<std::int64_t> at(window.extents.size(), 0);
  std::int64_t from = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(room.data() + i * size, elements.data() + static_cast<std::size_t>(from) * size, size);
    for (std::size_t axis = at.size(); axis-- > 0;) {
      from += window.strides[axis];
      if (++at[axis] < window.extents[axis]) break;
      from -= window.strides[axis] * window.extents[axis];
      at[axis] = 0;
    }
  }
  data.bytes = room;
}

// (storage, offset, extents, strides, (scheme, scale(s), zero point(s)[, axis]), …)
bool TensorReader::read_quantized(Ref ref, StoredTensor& out, int depth) {
  const pickle::Pickle& p = archive_.pickle;
  if (!read_strided(ref, out)) return false;
  const Ref parameters = p.argument(ref, 4);
  const auto items = p.is_sequence(parameters) ? p.items(parameters) : std::span<const Ref>();
  Quantization q;
  q.scheme = "affine";
  if (items.size() == 3) {
    q.scales = model_.arena.copy(std::vector<float>{static_cast<float>(p.real(items[1]))});
    q.zero_points = model_.arena.copy(std::vector<std::int64_t>{p.integer(items[2])});
  } else if (items.size() == 4) {
    const StoredTensor* scales = read(items[1], depth + 1);
    const StoredTensor* zeros = scales != nullptr ? read(items[2], depth + 1) : nullptr;
    if (zeros == nullptr) return fail(ErrorKind::malformed, ref, "a quantized tensor has no scales");
    q.axis = static_cast<std::int32_t>(p.integer(items[3]));
    std::vector<double> numbers(static_cast<std::size_t>(
        std::min<std::uint64_t>(scales->data.stored_elements, scales->data.bytes.size())));
    numbers.resize(ElementReader(scales->data).read(std::span(numbers)));
    std::vector<float> rounded;
    for (const double number : numbers) rounded.push_back(static_cast<float>(number));
    q.scales = model_.arena.copy(rounded);
    std::vector<std::int64_t> points(static_cast<std::size_t>(
        std::min<std::uint64_t>(zeros->data.stored_elements, zeros->data.bytes.size())));
    if (is_integer(zeros->data.dtype)) points.resize(ElementReader(zeros->data).read(std::span(points)));
    q.zero_points = model_.arena.copy(points);
  }
  out.quantization = model_.arena.create(q);
  return true;
}

// (layout, (indices, values, extents[, coalesced])) or (layout, (rows, columns, values, extents)).
bool TensorReader::read_sparse(Ref ref, StoredTensor& out, int depth) {
  const pickle::Pickle& p = archive_.pickle;
  const Ref description = p.argument(ref, 1);
  const auto items = p.is_sequence(description) ? p.items(description) : std::span<const Ref>();
  std::size_t values = items.size() < 3 ? 0 : 1;
  if (items.size() >= 4 && is_tensor(items[2])) values = 2;
  const StoredTensor* stored = values != 0 ? read(items[values], depth + 1) : nullptr;
  if (stored == nullptr) return fail(ErrorKind::malformed, ref, "a sparse tensor has no values");
  out = *stored;
  std::vector<std::int64_t> extents;
  if (!read_integers(items[values + 1], extents)) return false;
  out.data.extents = model_.arena.copy(extents);
  out.data.is_sparse = true;
  return true;
}

bool TensorReader::read_meta(Ref ref, StoredTensor& out, std::size_t dtype, std::size_t extents) {
  const pickle::Pickle& p = archive_.pickle;
  std::vector<std::int64_t> sizes;
  if (!read_integers(p.argument(ref, extents), sizes)) return false;
  out.data.dtype = dtype_called(p.name(p.argument(ref, dtype))).dtype;
  out.data.extents = model_.arena.copy(sizes);
  out.data.encoding = TensorData::Encoding::absent;
  return true;
}

// (function, class, its arguments, state): a subclass around whatever the function makes.
bool TensorReader::read_typed(Ref ref, StoredTensor& out, int depth) {
  const pickle::Pickle& p = archive_.pickle;
  const Ref function = p.argument(ref, 0);
  const Ref type = p.argument(ref, 1);
  const Rebuilder* how = rebuilder(p.module(function), p.name(function));
  // The call inside is not a value of its own: look at its arguments as if it were.
  const Ref arguments = p.argument(ref, 2);
  const auto items = p.is_sequence(arguments) ? p.items(arguments) : std::span<const Ref>();
  if (how == nullptr || items.empty())
    return fail(ErrorKind::unsupported, ref, "a tensor is made in a way this reader does not know");
  if (how->how == How::wrapper && items.size() >= 3) {
    std::vector<std::int64_t> sizes;
    if (!read_integers(items[2], sizes)) return false;
    out.data.dtype = dtype_called(p.name(items[1])).dtype;
    out.data.extents = model_.arena.copy(sizes);
    out.data.encoding = TensorData::Encoding::absent;
  } else if (how->how == How::strided && items.size() >= 4) {
    Window window;
    window.at = ref;
    if (!find_storage(items[0], window)) return false;
    window.offset += static_cast<std::uint64_t>(std::max<std::int64_t>(p.integer(items[1]), 0));
    if (p.name(function) == "_rebuild_tensor_v3" && items.size() > 6) {
      const ElementType element = dtype_called(p.name(items[6]));
      window.dtype = element.dtype;
      window.bits = element.bits;
    }
    if (window.bits == 0)
      return fail(ErrorKind::unsupported, ref, "a tensor has an element type this reader does not know");
    if (!read_integers(items[2], window.extents) || !read_integers(items[3], window.strides) ||
        !place(window, out))
      return false;
  } else {
    const StoredTensor* inner = read(items[0], depth + 1);
    if (inner == nullptr) return fail(ErrorKind::malformed, ref, "wraps a tensor that is none");
    out = *inner;
  }
  if (p.name(type) != "Tensor" && p.name(type) != "Parameter" && p.name(type) != "Buffer") {
    out.subclass = model_.arena.text(std::string(p.module(type)) + "." + std::string(p.name(type)));
  }
  if (p.name(type) == "Parameter") out.trained = Trained::yes;
  return true;
}

// numpy.core.multiarray._reconstruct(…) with the state (version, extents, dtype, Fortran order, bytes).
bool TensorReader::read_numpy(Ref ref, StoredTensor& out) {
  const pickle::Pickle& p = archive_.pickle;
  const Ref state = p.state(ref);
  const auto items = p.kind(state) == Kind::tuple ? p.items(state) : std::span<const Ref>();
  if (items.size() != 5) return fail(ErrorKind::malformed, ref, "a NumPy array has no elements");
  std::vector<std::int64_t> extents;
  if (!read_integers(items[1], extents)) return false;
  const Ref dtype = items[2];
  TensorData& data = out.data;
  data.dtype = numpy_type(p.text(p.argument(dtype, 0)));
  data.extents = model_.arena.copy(extents);
  data.encoding = TensorData::Encoding::absent;
  const std::optional<std::int64_t> count = element_count(data);
  const std::optional<Int128> size = count ? byte_size(data.dtype, *count) : std::nullopt;
  const std::string_view bytes = p.text(items[4]);
  if (p.kind(items[4]) != Kind::bytes || !size || *size != static_cast<Int128>(bytes.size())) return true;
  data.stored_elements = static_cast<std::uint64_t>(*count);
  data.stored_bytes = bytes.size();
  data.encoding = TensorData::Encoding::raw;
  data.bytes = as_bytes(bytes);
  return true;
}

}  // namespace haoline::pytorch
