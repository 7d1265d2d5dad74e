// TensorProto: elements as one run of bytes, or typed one by one with the last repeated as often as needed.
#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "formats/shared/graphdef_build.h"

namespace haoline::graphdef {
namespace {

namespace wt = wire::tensor;

struct TensorRecord {
  std::int64_t type = 0;
  PlainShape shape;
  Bytes content;
  bool has_content = false;
  std::vector<Bytes> runs;  // of the typed field
  std::uint32_t typed = 0;
  std::vector<std::string_view> texts;
};

void read_field(Building& b, Fields& message, TensorRecord& t) {
  switch (message.number()) {
    case wt::dtype:
      t.type = message.integer();
      return;
    case wt::tensor_shape:
      t.shape = read_shape(b.context, message.bytes(), {&message.place(), "tensor_shape"});
      return;
    case wt::tensor_content:
      t.content = message.bytes();
      t.has_content = !t.content.empty();
      return;
    case wt::string_val:
      t.texts.push_back(message.text());
      return;
    case wt::version_number:
    case wt::resource_handle_val:
    case wt::variant_val:
      return;
    default:
      if (message.number() > wt::float8_val || message.number() < wt::float_val) return;
      t.typed = message.number();
      if (!message.payload().empty()) t.runs.push_back(message.payload());
  }
}

// Elements of the extents; -1 where they claim what no file holds.
std::int64_t claimed_elements(const PlainShape& shape) {
  Int128 count = 1;
  for (const std::int64_t extent : shape.extents) {
    if (extent < 0) return -1;
    count *= extent;
    if (count >= (Int128{1} << 60)) return -1;
  }
  return static_cast<std::int64_t>(count);
}

bool is_fixed(std::uint32_t field) {
  return field == wt::float_val || field == wt::double_val || field == wt::scomplex_val ||
         field == wt::dcomplex_val;
}

// The typed elements as little-endian ones.
std::span<std::byte> decode(Building& b, const TensorRecord& t, std::size_t width) {
  std::size_t size = 0;
  for (const Bytes run : t.runs) size += run.size();
  const bool is_raw = is_fixed(t.typed) || t.typed == wt::float8_val;
  const std::span<std::byte> room = b.model.arena.allocate<std::byte>(is_raw ? size : size * width);
  std::byte* to = room.data();
  for (const Bytes run : t.runs) {
    if (is_raw) {
      to = std::copy(run.begin(), run.end(), to);
      continue;
    }
    const std::byte* at = run.data();
    const std::byte* const end = at + run.size();
    while (at != end) {
      std::uint64_t value = 0;
      at = protobuf::read_varint(at, end, value);
      if (at == nullptr) return {};
      std::memcpy(to, &value, width);
      to += width;
    }
  }
  return room.first(static_cast<std::size_t>(to - room.data()));
}

// A constant that repeats one element is spelled by that element alone. Small ones are written out, so that
// shape rules can read them; of large ones only the extents matter.
constexpr std::size_t kMostRepeated = 1 << 16;

void repeat(Building& b, TensorData& data, Bytes elements, std::size_t width, std::int64_t count) {
  const Int128 wanted = static_cast<Int128>(count) * static_cast<Int128>(width);
  if (wanted > static_cast<Int128>(kMostRepeated + elements.size() * 4)) {
    data.encoding = TensorData::Encoding::filler;
    return;
  }
  const std::span<std::byte> room = b.model.arena.allocate<std::byte>(static_cast<std::size_t>(wanted));
  if (elements.size() < width) {
    std::fill(room.begin(), room.end(), std::byte{0});
  } else {
    std::size_t at = std::min(elements.size(), room.size());
    std::copy_n(elements.begin(), at, room.begin());
    for (; at < room.size(); ++at) room[at] = room[at - width];
  }
  data.bytes = room;
}

void attach_typed(Building& b, const TensorRecord& t, TensorData& data, std::int64_t count) {
  const std::size_t width = info(data.dtype).block_bytes;
  for (const Bytes run : t.runs) {
    data.stored_bytes += run.size();
    b.label(run, ByteLabel::weights, data.dtype);
  }
  if (is_fixed(t.typed) && t.runs.size() == 1 &&
      t.runs[0].size() == static_cast<std::size_t>(count) * width) {
    data.bytes = t.runs[0];
    if (b.has_offsets) {
      data.file = FileId{0};
      data.offset = b.context.offset_of(data.bytes.data());
    }
    return;
  }
  const std::span<std::byte> elements = decode(b, t, width);
  if (elements.size() == static_cast<std::size_t>(count) * width) {
    data.bytes = elements;
    return;
  }
  if (elements.size() > static_cast<std::size_t>(count) * width) {
    data.encoding = TensorData::Encoding::absent;
    return;
  }
  repeat(b, data, elements, width, count);
}

void attach_texts(Building& b, const TensorRecord& t, TensorData& data, std::int64_t count) {
  data.encoding = TensorData::Encoding::strings;
  for (const std::string_view text : t.texts) {
    data.stored_bytes += text.size();
    b.label(as_bytes(text), ByteLabel::weights, DType::string);
  }
  std::vector<std::string_view> texts = t.texts;
  const auto wanted = static_cast<std::size_t>(count);
  if (texts.size() < wanted && wanted <= kMostRepeated)
    texts.resize(wanted, texts.empty() ? std::string_view() : texts.back());
  if (texts.size() != wanted) {
    data.encoding = TensorData::Encoding::filler;
    return;
  }
  data.texts = b.model.arena.copy(texts);
}

void attach(Building& b, const TensorRecord& t, TensorData& data, std::int64_t count) {
  if (data.dtype == DType::string) return attach_texts(b, t, data, count);
  if (!t.has_content) {
    if (info(data.dtype).block_elements > 1) {
      data.encoding = TensorData::Encoding::filler;
      return;
    }
    return attach_typed(b, t, data, count);
  }
  data.bytes = t.content;
  data.stored_bytes = t.content.size();
  if (b.has_offsets) {
    data.file = FileId{0};
    data.offset = b.context.offset_of(t.content.data());
  }
  b.label(t.content, ByteLabel::weights, data.dtype);
}

}  // namespace

const TensorData* read_tensor(Building& b, Bytes bytes, const Place& place, std::string_view name) {
  Fields message(bytes, place, wt::kFields, b.context);
  TensorRecord t;
  while (message.next()) read_field(b, message, t);
  if (!b.ok()) return nullptr;
  TensorData data;
  data.dtype = dtype_of(t.type);
  data.extents = b.model.arena.copy(t.shape.extents);
  const std::int64_t count = claimed_elements(t.shape);
  if (count < 0) {
    b.context.fail(ErrorKind::malformed, {&place, "tensor_shape"}, bytes.data(),
                   "claims more elements than any file can hold");
    return nullptr;
  }
  data.stored_elements = static_cast<std::uint64_t>(count);
  if (data.dtype == DType::unknown) {
    data.encoding = TensorData::Encoding::absent;
    return b.model.arena.create(data);
  }
  if (count != 0) attach(b, t, data, count);
  const auto wanted = byte_size(data.dtype, count);
  if (data.encoding == TensorData::Encoding::raw && wanted &&
      *wanted != static_cast<Int128>(data.bytes.size())) {
    haoline::Message text("the elements of ");
    text.name(name).add(" do not fit its shape: " + counted(static_cast<std::uint64_t>(count), "element") +
                        ", " + counted(data.stored_bytes, "byte") + " stored");
    b.remark({FindingKind::truncated_weights, std::move(text)});
    data.encoding = TensorData::Encoding::absent;
    data.bytes = {};
  }
  return b.model.arena.create(data);
}

}  // namespace haoline::graphdef
