// An ML program as protobuf. Field numbers are those of MIL.proto.
#include <algorithm>

#include "formats/coreml/mil.h"
#include "formats/coreml/wire.h"

namespace haoline::coreml {
namespace {

struct TypeRow {
  std::int64_t code;
  std::string_view name;
  MilElement element;
};
constexpr TypeRow kTypes[] = {
    {1, "bool", {DType::boolean, 8}},
    {2, "string", {DType::string, 0}},
    {10, "fp16", {DType::float16, 16}},
    {11, "fp32", {DType::float32, 32}},
    {12, "fp64", {DType::float64, 64}},
    {13, "bf16", {DType::bfloat16, 16}},
    {21, "int8", {DType::int8, 8}},
    {22, "int16", {DType::int16, 16}},
    {23, "int32", {DType::int32, 32}},
    {24, "int64", {DType::int64, 64}},
    {25, "int4", {DType::int4, 4}},
    {31, "uint8", {DType::uint8, 8}},
    {32, "uint16", {DType::uint16, 16}},
    {33, "uint32", {DType::uint32, 32}},
    {34, "uint64", {DType::uint64, 64}},
    {35, "uint4", {DType::uint4, 4}},
    {36, "uint2", {DType::uint2, 2}},
    {37, "uint1", {DType::unknown, 1}},
    {38, "uint6", {DType::unknown, 6}},
    {39, "uint3", {DType::unknown, 3}},
    {40, "fp8e4m3fn", {DType::float8_e4m3fn, 8}},
    {41, "fp8e5m2", {DType::float8_e5m2, 8}},
};

class WireReader {
 public:
  WireReader(Reading& r, MilProgram& out) : r_(r), out_(out) {}

  void read_program(Bytes bytes, const Place& place) {
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      if (message.number() == 1) out_.version = message.integer();
      if (message.number() == 2) read_function(message.bytes(), {&place, "functions"});
    }
  }

 private:
  void fail(const Place& place, Bytes at, std::string what) {
    r_.context.fail(ErrorKind::malformed, place, at.data(), std::move(what), "Convert the model again.");
  }

  // --- types

  void read_tensor_type(Bytes bytes, const Place& place, MilType& type) {
    std::int64_t rank = 0;
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      if (message.number() == 1) {
        const MilElement element = mil_element(message.integer());
        type.dtype = element.dtype;
        type.bits = element.bits;
      } else if (message.number() == 2) {
        rank = message.integer();
      } else if (message.number() == 3) {
        std::int64_t extent = -1;
        Fields dimension(message.bytes(), place, {}, r_.context);
        while (dimension.next()) {
          Fields inner(dimension.bytes(), place, {}, r_.context);
          if (dimension.number() != 1) continue;
          extent = 0;
          while (inner.next()) {
            if (inner.number() == 1) extent = inner.integer();
          }
        }
        type.dims.push_back(extent);
      }
    }
    type.has_rank = rank == static_cast<std::int64_t>(type.dims.size());
    if (!type.has_rank) type.dims.clear();
  }

  MilType read_type(Bytes bytes, const Place& place, std::size_t depth = 0) {
    MilType type;
    type.has_rank = false;
    if (depth >= kMaxDepth) return type;
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      switch (message.number()) {
        case 1:
          type.has_rank = true;
          read_tensor_type(message.bytes(), place, type);
          break;
        case 2:  // of its elements
          type = first_type(message.bytes(), place, depth);
          type.is_list = true;
          break;
        case 5:
          type = first_type(message.bytes(), place, depth);
          type.is_state = true;
          break;
        default:
          type.is_other = true;
      }
    }
    return type;
  }

  MilType first_type(Bytes bytes, const Place& place, std::size_t depth) {
    Fields message(bytes, place, {}, r_.context);
    MilType type;
    type.has_rank = false;
    while (message.next()) {
      if (message.number() == 1) type = read_type(message.bytes(), place, depth + 1);
    }
    return type;
  }

  MilNamed read_named(Bytes bytes, const Place& place) {
    MilNamed named;
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      if (message.number() == 1) named.name = message.text();
      if (message.number() == 2) named.type = read_type(message.bytes(), place);
    }
    return named;
  }

  // --- values

  // Elements in protobuf's lists, as little-endian elements of the type.
  void read_list(Fields& list, std::uint32_t kind, MilValue& value) {
    constexpr std::uint32_t kFloats = 1, kInts = 2, kBools = 3, kStrings = 4, kLongs = 5, kDoubles = 6,
                            kBytes = 7;
    std::vector<std::int64_t> numbers;
    std::vector<std::string_view> texts;
    Bytes run;
    bool is_split = false;
    while (list.next()) {
      if (list.number() != 1) continue;
      if (kind == kStrings) {
        texts.push_back(list.text());
      } else if (kind == kFloats || kind == kDoubles || kind == kBytes) {
        is_split = !run.empty();
        run = list.payload();
      } else {
        Integers more;
        append_integers(list, more);
        numbers.insert(numbers.end(), more.begin(), more.end());
      }
    }
    TensorData& data = value.data;
    if (kind == kStrings) {
      data.encoding = TensorData::Encoding::strings;
      data.texts = r_.model.arena.copy(texts);
    } else if (kind == kInts || kind == kBools || kind == kLongs) {
      const std::size_t width = std::max<std::size_t>(1, value.type.bits / 8);
      const std::span<std::byte> room = r_.model.arena.allocate<std::byte>(numbers.size() * width);
      for (std::size_t i = 0; i < numbers.size(); ++i)
        std::memcpy(room.data() + i * width, &numbers[i], std::min<std::size_t>(width, 8));
      data.bytes = room;
    } else if (!is_split) {
      data.bytes = run;
      data.file = FileId{0};
      if (!run.empty()) data.offset = r_.context.offset_of(run.data());
      data.stored_bytes = run.size();
    }
  }

  void read_immediate(Bytes bytes, const Place& place, MilValue& value) {
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      if (message.number() != 1) continue;  // tuples, lists and dictionaries steer nothing that is read here
      Fields tensor(message.bytes(), place, {}, r_.context);
      while (tensor.next()) {
        Fields list(tensor.bytes(), place, {}, r_.context);
        read_list(list, tensor.number(), value);
      }
    }
  }

  const MilValue* read_value(Bytes bytes, const Place& place) {
    MilValue value;
    Bytes immediate, blob;
    bool has_immediate = false, has_blob = false;
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      if (message.number() == 2) value.type = read_type(message.bytes(), place);
      if (message.number() == 3) immediate = message.bytes(), has_immediate = true;
      if (message.number() == 5) blob = message.bytes(), has_blob = true;
    }
    value.data.dtype = value.type.dtype;
    value.data.extents = r_.model.arena.copy(std::span<const std::int64_t>(value.type.dims));
    value.data.encoding = TensorData::Encoding::raw;
    if (has_blob) {
      const Message file(r_, blob, place);
      value.data = read_blob(r_, file.text(1), static_cast<std::uint64_t>(file.integer(2)), value.type.dtype,
                             value.type.bits, value.type.dims);
    } else if (has_immediate) {
      read_immediate(immediate, place, value);
      check_size(value);
    } else {
      value.data.encoding = TensorData::Encoding::absent;
    }
    out_.values.push_back(std::move(value));
    return &out_.values.back();
  }

  // Elements that do not fit their type are as good as absent.
  void check_size(MilValue& value) {
    Int128 count = 1;
    for (const std::int64_t extent : value.type.dims) {
      count = extent < 0 || count > (Int128{1} << 50) ? Int128{-1} : count * extent;
      if (count < 0) break;
    }
    TensorData& data = value.data;
    const bool fits =
        data.encoding == TensorData::Encoding::strings
            ? static_cast<Int128>(data.texts.size()) == count
            : count >= 0 && (count * value.type.bits + 7) / 8 == static_cast<Int128>(data.bytes.size());
    if (fits && !value.type.is_list && !value.type.is_other) {
      data.stored_elements = static_cast<std::uint64_t>(count);
      if (data.file && data.stored_bytes != 0) r_.label(data.bytes, ByteLabel::weights, data.dtype);
      return;
    }
    data.encoding = TensorData::Encoding::absent;
    data.bytes = {};
    data.texts = {};
    data.file = {};
    if (count < 0) data.extents = {};
    data.stored_bytes = 0;
    data.stored_elements = count < 0 ? 1 : static_cast<std::uint64_t>(count);
  }

  // --- operations

  // An entry of a map: key 1, value 2.
  template <class Step>
  void entry(Bytes bytes, const Place& place, Step step) {
    std::string_view key;
    Bytes value;
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      if (message.number() == 1) key = message.text();
      if (message.number() == 2) value = message.bytes();
    }
    step(key, value);
  }

  MilArgument read_argument(std::string_view name, Bytes bytes, const Place& place) {
    MilArgument argument;
    argument.name = name;
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      if (message.number() != 1) continue;
      MilBinding binding;
      Fields one(message.bytes(), place, {}, r_.context);
      while (one.next()) {
        if (one.number() == 1) binding.name = one.text();
        if (one.number() == 2) binding.value = read_value(one.bytes(), place);
      }
      argument.bindings.push_back(binding);
    }
    return argument;
  }

  MilOperation read_operation(Bytes bytes, const Place& place, std::size_t depth) {
    MilOperation operation;
    operation.at = bytes.empty() ? 0 : r_.context.offset_of(bytes.data());
    Fields message(bytes, place, {}, r_.context);
    while (message.next()) {
      switch (message.number()) {
        case 1:
          operation.type = message.text();
          break;
        case 2:
          entry(message.bytes(), place, [&](std::string_view key, Bytes value) {
            operation.inputs.push_back(read_argument(key, value, place));
          });
          break;
        case 3:
          operation.outputs.push_back(read_named(message.bytes(), place));
          break;
        case 4:
          operation.blocks.push_back(read_block(message.bytes(), place, depth + 1));
          break;
        case 5:
          entry(message.bytes(), place, [&](std::string_view key, Bytes value) {
            operation.attributes.push_back({key, read_value(value, place)});
          });
          break;
        default:
          break;
      }
    }
    if (operation.type.empty()) fail(place, bytes, "does not say which operation it is");
    return operation;
  }

  MilBlock read_block(Bytes bytes, const Place& place, std::size_t depth) {
    MilBlock block;
    if (depth >= kMaxDepth) {
      r_.context.fail(ErrorKind::unsupported, place, bytes.data(), "blocks are nested too deeply");
      return block;
    }
    Fields message(bytes, place, {}, r_.context);
    std::uint32_t index = 0;
    while (message.next()) {
      if (message.number() == 1) block.inputs.push_back(read_named(message.bytes(), place));
      if (message.number() == 2) block.outputs.push_back(message.text());
      if (message.number() == 3)
        block.operations.push_back(read_operation(message.bytes(), {&place, "operations", index++}, depth));
    }
    return block;
  }

  void read_function(Bytes bytes, const Place& place) {
    MilFunction function;
    Bytes body;
    entry(bytes, place, [&](std::string_view key, Bytes value) {
      function.name = key;
      body = value;
    });
    Bytes block;
    Fields message(body, place, {}, r_.context);
    while (message.next()) {
      if (message.number() == 1) function.inputs.push_back(read_named(message.bytes(), place));
      if (message.number() == 2) function.opset = message.text();
      if (message.number() == 3) {
        entry(message.bytes(), place, [&](std::string_view key, Bytes value) {
          if (block.empty() || key == function.opset) block = value;
        });
      }
    }
    function.block = read_block(block, {&place, "block"}, 0);
    out_.functions.push_back(std::move(function));
  }

  Reading& r_;
  MilProgram& out_;
};

}  // namespace

MilElement mil_element(std::int64_t code) {
  for (const TypeRow& row : kTypes) {
    if (row.code == code) return row.element;
  }
  return {};
}

MilElement mil_element(std::string_view name) {
  for (const TypeRow& row : kTypes) {
    if (row.name == name) return row.element;
  }
  return {};
}

bool read_mil(Reading& r, Bytes program, const Place& place, MilProgram& out) {
  WireReader(r, out).read_program(program, place);
  return r.ok();
}

}  // namespace haoline::coreml
