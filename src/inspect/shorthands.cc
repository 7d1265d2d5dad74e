#include "inspect/shorthands.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace haoline {
namespace {

struct Axis {
  std::size_t index;
  std::int64_t extent;
  std::string_view word;  // "batch", "height", "width"
};

// A number of channels marks the layout: 1, 3 or 4 beside the batch axis is channels first, at the end
// channels last.
bool is_channels(Dim dim) {
  return dim.is(1) || dim.is(3) || dim.is(4);
}

// Where height is; width follows. Nothing for what is no image.
std::optional<std::size_t> height_axis(const Tensor& input) {
  const Shape& shape = input.shape;
  if (!shape.has_rank() || !input.type.is_tensor()) return std::nullopt;
  if (!is_float(input.type.dtype) && input.type.dtype != DType::uint8 && input.type.dtype != DType::int8) {
    return std::nullopt;
  }
  if (shape.rank() == 4) {
    if (is_channels(shape[3]) && !is_channels(shape[1])) return 1;
    return 2;
  }
  if (shape.rank() == 3) {
    if (is_channels(shape[0])) return 1;
    if (is_channels(shape[2])) return 0;
  }
  return std::nullopt;
}

std::vector<Axis> axes_of(const Tensor& input, const InspectOptions& options) {
  std::vector<Axis> axes;
  if (!input.shape.has_rank()) return axes;
  if (options.batch_size > 0 && input.shape.rank() >= 2) axes.push_back({0, options.batch_size, "batch"});
  if (options.height > 0) {
    if (const auto height = height_axis(input)) {
      axes.push_back({*height, options.height, "height"});
      axes.push_back({*height + 1, options.width, "width"});
    }
  }
  return axes;
}

Error usage(std::string message, std::string advice) {
  return {.kind = ErrorKind::usage, .message = std::move(message), .advice = std::move(advice)};
}

struct Request {
  const Model& model;
  const InspectOptions& options;
  InferOptions& wanted;
  Bindings& given;
  std::vector<MessageText> notes;
  std::vector<std::string_view> taken;  // words that found an axis

  // The input as a shape to override, made on first need from what the file declares.
  InferOptions::InputShape& shape_of(const Tensor& input) {
    for (auto& shape : wanted.input_shapes) {
      if (shape.name == input.name || (shape.name.empty() && model.main().inputs.size() == 1)) return shape;
    }
    InferOptions::InputShape shape{std::string(input.name), {}};
    for (std::size_t i = 0; i < input.shape.rank(); ++i) {
      const Dim dim = input.shape[i];
      shape.extents.push_back(dim.is_unknown() ? std::string(input.name) + "_" + std::to_string(i)
                                               : model.dims->to_string(dim));
    }
    return wanted.input_shapes.emplace_back(std::move(shape));
  }

  std::optional<Error> take(const Tensor& input, const Axis& axis) {
    const Dim dim = input.shape[axis.index];
    if (const auto fixed = dim.number()) {
      if (*fixed == axis.extent) return done(input, axis);
      if (!options.force_shapes) {
        if (axis.word == "batch" && input.shape.rank() < 3) return std::nullopt;  // a small table, no batch
        return usage("input `" + std::string(input.name) + "` has the fixed " + std::string(axis.word) + " " +
                         std::to_string(*fixed),
                     "Add --force-shape to override what the file declares");
      }
      shape_of(input).extents[axis.index] = std::to_string(axis.extent);
      return done(input, axis);
    }
    if (const Symbol* symbol = model.dims->symbol_of(dim)) {
      given[symbol->name] = axis.extent;
    } else {
      shape_of(input).extents[axis.index] = std::to_string(axis.extent);
    }
    return done(input, axis);
  }

  std::optional<Error> done(const Tensor& input, const Axis& axis) {
    const std::string number = std::to_string(axis.extent);
    MessageText note;
    const auto literal = [&](std::string_view text) { note.parts.push_back({text, false}); };
    literal(axis.word == "batch"    ? "--batch-size: axis 0 of input "
            : axis.word == "height" ? "--input-resolution: height of input "
                                    : "--input-resolution: width of input ");
    note.parts.push_back({input.name, true});
    notes.push_back(std::move(note));
    taken.push_back(axis.word);
    return std::nullopt;
  }
};

}  // namespace

Result<std::vector<MessageText>> apply_shorthands(const Model& model, const InspectOptions& options,
                                                  InferOptions& wanted, Bindings& given) {
  Request request{model, options, wanted, given, {}, {}};
  if (options.batch_size <= 0 && options.height <= 0) return std::move(request.notes);
  for (const TensorId id : model.main().inputs) {
    const Tensor& input = model.main().tensors[id];
    for (const Axis& axis : axes_of(input, options)) {
      if (auto error = request.take(input, axis)) return std::move(*error);
    }
  }
  const auto found = [&](std::string_view word) {
    return std::find(request.taken.begin(), request.taken.end(), word) != request.taken.end();
  };
  if (options.batch_size > 0 && !found("batch")) {
    return usage("no input has a batch axis", "Use --bind or --input-shape");
  }
  if (options.height > 0 && !found("height")) {
    return usage("no input looks like an image", "Use --bind or --input-shape");
  }
  return std::move(request.notes);
}

}  // namespace haoline
