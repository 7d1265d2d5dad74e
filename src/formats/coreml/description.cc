// What a model says of itself: inputs and outputs with their flexible shapes, metadata.
#include "base/text.h"
#include "formats/coreml/reading.h"
#include "formats/coreml/wire.h"

namespace haoline::coreml {
namespace {

struct SizeRange {
  std::int64_t low = 0, high = -1;  // high below 0: no limit
};

SizeRange read_range(Reading& r, Bytes bytes, const Place& place) {
  SizeRange range;
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    if (message.number() == 1) range.low = message.integer();
    if (message.number() == 2) range.high = message.integer();
  }
  return range;
}

// An extent that the caller chooses, named after its feature and axis.
Dim flexible(Reading& r, std::string_view name, std::size_t axis, const SizeRange& range) {
  DimPool& pool = *r.model.dims;
  if (range.low == range.high && range.low >= 0) return pool.number(range.low);
  Symbol symbol;
  symbol.name = std::string(name) + "_" + std::to_string(axis);
  if (!pool.find_symbol(symbol.name).is_unknown()) return pool.find_symbol(symbol.name);
  const Dim dim = pool.symbol(std::move(symbol));
  Range limits = pool.range(dim);
  if (range.low >= 0) limits.low = range.low;
  if (range.high >= range.low) limits.high = range.high;
  pool.restrict(dim, limits);
  return dim;
}

struct ArrayType {
  Integers shape;
  std::vector<Integers> enumerated;
  std::vector<SizeRange> ranges;
  std::int64_t dtype = 0;
};

Integers read_shape(Reading& r, Bytes bytes, const Place& place) {
  Integers shape;
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    if (message.number() == 1) append_integers(message, shape);
  }
  return shape;
}

DType array_dtype(std::int64_t code) {
  switch (code) {
    case 65568:
      return DType::float32;
    case 65600:
      return DType::float64;
    case 65552:
      return DType::float16;
    case 131104:
      return DType::int32;
    case 131080:
      return DType::int8;
    default:
      return DType::unknown;
  }
}

void read_array(Reading& r, Bytes bytes, const Place& place, FeatureDescription& feature) {
  ArrayType array;
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    switch (message.number()) {
      case 1:
        append_integers(message, array.shape);
        break;
      case 2:
        array.dtype = message.integer();
        break;
      case 21: {
        Fields shapes(message.bytes(), place, {}, r.context);
        while (shapes.next()) {
          if (shapes.number() == 1) array.enumerated.push_back(read_shape(r, shapes.bytes(), place));
        }
        break;
      }
      case 31: {
        Fields ranges(message.bytes(), place, {}, r.context);
        while (ranges.next()) {
          if (ranges.number() == 1) array.ranges.push_back(read_range(r, ranges.bytes(), place));
        }
        break;
      }
      default:
        break;
    }
  }
  feature.type.dtype = array_dtype(array.dtype);
  SmallVector<Dim, 5> dims;
  const std::size_t rank = array.ranges.empty() ? array.shape.size() : array.ranges.size();
  for (std::size_t axis = 0; axis < rank; ++axis) {
    SizeRange range;
    if (axis < array.ranges.size()) {
      range = array.ranges[axis];
    } else {
      range = {array.shape[axis], array.shape[axis]};
      for (const Integers& other : array.enumerated) {
        if (axis >= other.size()) continue;
        range.low = std::min(range.low, other[axis]);
        range.high = std::max(range.high, other[axis]);
      }
    }
    dims.push_back(flexible(r, feature.name, axis, range));
  }
  if (rank != 0) feature.shape = Shape(std::move(dims));
}

// Pixels: [1, channels, height, width].
void read_image(Reading& r, Bytes bytes, const Place& place, FeatureDescription& feature) {
  SizeRange width, height;
  std::int64_t color = 0;
  Fields message(bytes, place, {}, r.context);
  const auto widen = [](SizeRange& range, std::int64_t size) {
    range.low = std::min(range.low, size);
    range.high = std::max(range.high, size);
  };
  while (message.next()) {
    switch (message.number()) {
      case 1:
        width.low = width.high = message.integer();
        break;
      case 2:
        height.low = height.high = message.integer();
        break;
      case 3:
        color = message.integer();
        break;
      case 21: {
        Fields sizes(message.bytes(), place, {}, r.context);
        while (sizes.next()) {
          if (sizes.number() != 1) continue;
          Fields size(sizes.bytes(), place, {}, r.context);
          while (size.next()) {
            if (size.number() == 1) widen(width, size.integer());
            if (size.number() == 2) widen(height, size.integer());
          }
        }
        break;
      }
      case 31: {
        Fields ranges(message.bytes(), place, {}, r.context);
        while (ranges.next()) {
          if (ranges.number() == 1) width = read_range(r, ranges.bytes(), place);
          if (ranges.number() == 2) height = read_range(r, ranges.bytes(), place);
        }
        break;
      }
      default:
        break;
    }
  }
  feature.is_image = true;
  feature.channels = color == 10 || color == 40 ? 1 : 3;
  feature.type.dtype = color == 40 ? DType::float16 : DType::uint8;
  feature.shape = Shape{Dim(1), Dim(feature.channels), flexible(r, feature.name, 2, height),
                        flexible(r, feature.name, 3, width)};
}

void read_feature_type(Reading& r, Bytes bytes, const Place& place, FeatureDescription& feature) {
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    switch (message.number()) {
      case 1:
        feature.type.dtype = DType::int64;
        feature.shape = Shape{};
        break;
      case 2:
        feature.type.dtype = DType::float64;
        feature.shape = Shape{};
        break;
      case 3:
        feature.type.dtype = DType::string;
        feature.shape = Shape{};
        break;
      case 4:
        read_image(r, message.bytes(), place, feature);
        break;
      case 5:
        read_array(r, message.bytes(), place, feature);
        break;
      case 6: {
        feature.type.dtype = DType::float64;
        feature.type.key = DType::int64;
        Fields keys(message.bytes(), place, {}, r.context);
        while (keys.next()) feature.type.key = keys.number() == 2 ? DType::string : DType::int64;
        feature.type.containers.push_back(Container::map);
        break;
      }
      case 7: {
        Fields elements(message.bytes(), place, {}, r.context);
        while (elements.next()) {
          if (elements.number() == 1) feature.type.dtype = DType::int64;
          if (elements.number() == 3) feature.type.dtype = DType::string;
        }
        feature.type.containers.push_back(Container::sequence);
        break;
      }
      case 8: {
        feature.is_state = true;
        Fields state(message.bytes(), place, {}, r.context);
        while (state.next()) {
          if (state.number() == 1) read_array(r, state.bytes(), place, feature);
        }
        break;
      }
      case 1000:
        feature.is_optional = message.number64() != 0;
        break;
      default:
        break;
    }
  }
}

FeatureDescription read_feature(Reading& r, Bytes bytes, const Place& place) {
  FeatureDescription feature;
  Bytes type;
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    if (message.number() == 1) feature.name = message.text();
    if (message.number() == 2) feature.text = message.text();
    if (message.number() == 3) type = message.bytes();
  }
  read_feature_type(r, type, place, feature);
  return feature;
}

void read_metadata(Reading& r, Bytes bytes, const Place& place) {
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    switch (message.number()) {
      case 1:
        r.add_metadata("shortDescription", message.text());
        break;
      case 2:
        r.add_metadata("versionString", message.text());
        break;
      case 3:
        r.add_metadata("author", message.text());
        break;
      case 4:
        r.add_metadata("license", message.text());
        break;
      case 100: {
        std::string_view key, value;
        Fields entry(message.bytes(), place, {}, r.context);
        while (entry.next()) {
          if (entry.number() == 1) key = entry.text();
          if (entry.number() == 2) value = entry.text();
        }
        r.add_metadata(key, value);
        if (key == "com.github.apple.coremltools.version") {
          r.model.producer = "coremltools";
          r.model.producer_version = value;
        }
        break;
      }
      default:
        break;
    }
  }
}

void read_into(Reading& r, Bytes bytes, const Place& place, bool keeps_metadata, bool is_function,
               Description& description, std::size_t depth) {
  Fields message(bytes, place, {}, r.context);
  while (message.next()) {
    switch (message.number()) {
      case 1:
        if (is_function) break;
        description.inputs.push_back(read_feature(r, message.bytes(), {&place, "input"}));
        break;
      case 2:
        if (is_function) description.inputs.push_back(read_feature(r, message.bytes(), {&place, "input"}));
        break;
      case 3:
        if (is_function) description.outputs.push_back(read_feature(r, message.bytes(), {&place, "output"}));
        break;
      case 6:
        if (is_function) description.states.push_back(read_feature(r, message.bytes(), {&place, "state"}));
        break;
      case 10:
        description.outputs.push_back(read_feature(r, message.bytes(), {&place, "output"}));
        break;
      case 13:
        description.states.push_back(read_feature(r, message.bytes(), {&place, "state"}));
        break;
      case 11:
        description.predicted = message.text();
        break;
      case 12:
        description.probabilities = message.text();
        break;
      case 20:
        // Several functions: the first stands for the model, the others share its weights.
        if (depth == 0 && description.inputs.empty())
          read_into(r, message.bytes(), {&place, "functions"}, false, true, description, 1);
        break;
      case 21:
        description.default_function = message.text();
        break;
      case 100:
        if (keeps_metadata && !is_function) read_metadata(r, message.bytes(), {&place, "metadata"});
        break;
      default:
        break;
    }
  }
}

}  // namespace

Description read_description(Reading& r, Bytes bytes, const Place& place, bool keeps_metadata) {
  Description description;
  read_into(r, bytes, place, keeps_metadata, false, description, 0);
  if (keeps_metadata) {
    r.add_metadata("predictedFeatureName", description.predicted);
    r.add_metadata("predictedProbabilitiesName", description.probabilities);
    for (const auto* list : {&description.inputs, &description.outputs}) {
      for (const FeatureDescription& feature : *list) {
        if (!feature.text.empty())
          r.add_metadata(r.model.arena.text("feature/" + std::string(feature.name)), feature.text);
      }
    }
  }
  return description;
}

}  // namespace haoline::coreml
