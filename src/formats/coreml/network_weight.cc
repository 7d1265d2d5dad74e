// WeightParams: floats, half floats, or integers of a few bits with a scale or a table.
#include <algorithm>

#include "base/text.h"
#include "formats/coreml/network.h"

namespace haoline::coreml {
namespace {

struct Stored {
  SmallVector<Bytes, 4> floats;  // runs of float32
  Bytes half, raw, int8;
  Bytes quantization;
};

Stored read_stored(Reading& r, Bytes bytes, const Place& place) {
  Stored stored;
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    switch (message.number()) {
      case 1:
        stored.floats.push_back(message.type() == protobuf::WireType::fixed32 ? message.payload()
                                                                              : message.bytes());
        break;
      case 2:
        stored.half = message.bytes();
        break;
      case 30:
        stored.raw = message.bytes();
        break;
      case 31:
        stored.int8 = message.bytes();
        break;
      case 40:
        stored.quantization = message.bytes();
        break;
      default:
        break;
    }
  }
  return stored;
}

DType code_type(std::int64_t bits) {
  return bits == 8 ? DType::uint8 : bits == 4 ? DType::uint4 : bits == 2 ? DType::uint2 : DType::unknown;
}

std::span<const float> read_floats(Reading& r, const Message& message, std::uint32_t number) {
  std::vector<float> values;
  Fields fields = message.fields();
  while (fields.next()) {
    if (fields.number() != number) continue;
    const Bytes run = fields.type() == protobuf::WireType::fixed32 ? fields.payload() : fields.bytes();
    for (std::size_t i = 0; i + 4 <= run.size(); i += 4) values.push_back(load<float>(run.data() + i));
  }
  return r.model.arena.copy(values);
}

// real = scale · stored + bias; as a zero point: -bias / scale.
const Quantization* read_quantization(Reading& r, Bytes bytes, const Place& place, std::int64_t& bits) {
  const Message message(r, bytes, place);
  bits = message.integer(1);
  Quantization q;
  q.bits = static_cast<std::int32_t>(std::clamp<std::int64_t>(bits, 0, 64));
  if (message.has(102)) {
    q.scheme = "lookup table";
    return r.model.arena.create(q);
  }
  q.scheme = "affine";
  const Message linear = message.sub(101);
  q.scales = read_floats(r, linear, 1);
  const std::span<const float> bias = read_floats(r, linear, 2);
  if (q.scales.size() > 1) q.axis = 0;
  if (bias.size() == q.scales.size()) {
    const std::span<std::int64_t> zeros = r.model.arena.allocate<std::int64_t>(bias.size());
    for (std::size_t i = 0; i < bias.size(); ++i) {
      const double zero =
          q.scales[i] != 0 ? -static_cast<double>(bias[i]) / static_cast<double>(q.scales[i]) : 0;
      zeros[i] =
          zero > -1e15 && zero < 1e15 ? static_cast<std::int64_t>(zero < 0 ? zero - 0.5 : zero + 0.5) : 0;
    }
    q.zero_points = zeros;
  }
  return r.model.arena.create(q);
}

}  // namespace

TensorId NetworkLayer::weight(const Message& from, std::uint32_t field, std::string_view role,
                              Integers extents, Trained trained) {
  if (!from.has(field)) return {};
  const Stored stored = read_stored(r, from.sub(field).bytes(), from.place());
  const Quantization* quantization = nullptr;
  std::int64_t bits = 32;
  TensorData data;
  Bytes bytes;
  if (!stored.raw.empty() || !stored.int8.empty()) {
    bytes = stored.raw.empty() ? stored.int8 : stored.raw;
    quantization = read_quantization(r, stored.quantization, from.place(), bits);
    data.dtype = stored.raw.empty() ? DType::int8 : code_type(bits);
    if (stored.raw.empty()) bits = 8;
  } else if (!stored.half.empty()) {
    bytes = stored.half;
    bits = 16;
    data.dtype = DType::float16;
  } else if (stored.floats.size() == 1) {
    bytes = stored.floats[0];
    data.dtype = DType::float32;
  } else if (!stored.floats.empty()) {
    data.dtype = DType::float32;
    std::size_t size = 0;
    for (const Bytes run : stored.floats) size += run.size();
    const std::span<std::byte> room = r.model.arena.allocate<std::byte>(size);
    std::byte* to = room.data();
    for (const Bytes run : stored.floats) to = std::copy(run.begin(), run.end(), to);
    data.bytes = room;
    data.stored_bytes = size;
    for (const Bytes run : stored.floats) r.label(run, ByteLabel::weights, data.dtype);
  } else {
    return {};
  }
  if (!bytes.empty()) {
    data.bytes = bytes;
    data.stored_bytes = bytes.size();
    data.file = FileId{0};
    data.offset = r.context.offset_of(bytes.data());
    r.label(bytes, ByteLabel::weights, data.dtype);
  }
  if (bits <= 0 || bits > 32) bits = 8;
  const auto held = static_cast<std::int64_t>(data.bytes.size() * 8) / bits;
  Int128 count = 1;
  for (const std::int64_t extent : extents) {
    count = extent < 0 || count > (Int128{1} << 60) ? Int128{-1} : count * extent;
    if (count < 0) break;
  }
  const bool has_extents = !extents.empty();
  if (!has_extents) {
    extents.push_back(held);
    count = held;
  }
  const std::string name = std::string(made.unique) + "/" + std::string(role);
  const std::string_view kept = r.model.arena.text(name);
  // Codes of a few bits are packed to whole bytes, so that a few may be left over.
  const bool fits = bits >= 8
                        ? count == held
                        : count >= 0 && (count * bits + 7) / 8 == static_cast<Int128>(data.bytes.size());
  if (!fits) {
    r.remark(FindingKind::truncated_weights,
             haoline::Message("the weights of ")
                 .name(kept)
                 .add(" do not fit their shape: " + counted(static_cast<std::uint64_t>(held), "element") +
                      " stored"));
    data.encoding = TensorData::Encoding::absent;
    data.bytes = {};
    if (count < 0) {
      extents.clear();
      extents.push_back(held);
      count = held;
    }
  }
  data.extents = r.model.arena.copy(std::span<const std::int64_t>(extents));
  data.stored_elements = static_cast<std::uint64_t>(count);
  const TensorId id = add_constant(r, scope.graph, kept, data, trained);
  r.model.graphs[scope.graph].tensors[id].quantization = quantization;
  return id;
}

}  // namespace haoline::coreml
