#include "formats/shared/stored_tensors.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace haoline {

Trained trained_by_name(std::string_view name) {
  const std::size_t dot = name.find_last_of("./");
  const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  if (last == "running_mean" || last == "running_var") return Trained::no;
  if (name.starts_with("batch_stats/") && (last == "mean" || last == "var")) return Trained::no;  // Flax
  if (name.starts_with("opt_state/")) return Trained::auxiliary;
  if (last == "num_batches_tracked" || last == "inv_freq" || last == "position_ids")
    return Trained::auxiliary;
  return Trained::unsaid;
}

void StoredTensors::reserve(std::size_t tensors) {
  names_.reserve(tensors);
  spans_.reserve(tensors);
  model_.graphs[Model::kMain].tensors.reserve(tensors);
}

void StoredTensors::add_region(FileId file, std::uint64_t begin, std::uint64_t alignment) {
  regions_.push_back({file, begin, alignment});
}

TensorId StoredTensors::find(std::string_view name) {
  const std::uint32_t* at = names_.find(name);
  return at != nullptr ? TensorId{*at} : TensorId{};
}

std::string_view StoredTensors::unique(std::string_view name, TensorId id) {
  if (!name.empty() && names_.insert(name, id.index).is_new) return name;
  for (std::string made = std::string(name) + "#" + std::to_string(id.index);; made += '#') {
    if (names_.find(made) != nullptr) continue;
    const std::string_view kept = model_.arena.text(made);
    names_.insert(kept, id.index);
    return kept;
  }
}

TensorId StoredTensors::add(const Stored& stored) {
  auto& tensors = model_.graphs[Model::kMain].tensors;
  const TensorId id{static_cast<std::uint32_t>(tensors.size())};
  Tensor tensor;
  tensor.name = unique(stored.name, id);
  if (tensor.name != stored.name) {
    tensor.source_name = stored.name;
    if (renamed_++ == 0) first_renamed_ = id;
  }
  tensor.type.dtype = stored.dtype;
  tensor.trained = trained_by_name(stored.name);
  tensor.shape = Shape();
  for (const std::int64_t extent : stored.extents) tensor.shape.push_back(Dim(extent));

  TensorData data;
  data.dtype = stored.dtype;
  data.extents = stored.extents;
  data.file = stored.file;
  data.offset = stored.offset;
  if (!stored.pieces.empty()) {
    data.encoding = TensorData::Encoding::absent;
    for (const ByteSpan& piece : stored.pieces) data.stored_bytes += piece.size;
    spans_.insert(spans_.end(), stored.pieces.begin(), stored.pieces.end());
    tensor.constant = model_.arena.create(data);
    tensors.add(std::move(tensor));
    return id;
  }
  const std::uint64_t length = model_.files[stored.file].bytes.size();
  const bool is_whole = stored.offset <= length && stored.size <= length - stored.offset;
  if (stored.dtype == DType::unknown && unknown_++ == 0) first_unknown_ = id;
  if (!is_whole) {
    if (truncated_++ == 0) first_truncated_ = id;
    wanted_ = std::max(wanted_, stored.offset + std::min(stored.size, ~stored.offset));
  }
  if (is_whole) {
    data.stored_bytes = stored.size;
    data.bytes = model_.files[stored.file].bytes.subspan(static_cast<std::size_t>(stored.offset),
                                                         static_cast<std::size_t>(stored.size));
  }
  if (!is_whole || !stored.is_readable || stored.dtype == DType::unknown) {
    data.encoding = TensorData::Encoding::absent;
    data.bytes = {};
  }
  Int128 elements = 1;
  for (const std::int64_t extent : stored.extents) elements = checked_mul(elements, extent).value_or(0);
  data.stored_elements =
      elements >= 0 && elements < (Int128{1} << 63) ? static_cast<std::uint64_t>(elements) : 0;
  tensor.constant = model_.arena.create(data);
  tensors.add(std::move(tensor));
  // What is left of a tensor that is cut short is still of that tensor.
  const std::uint64_t there = stored.offset < length ? std::min(stored.size, length - stored.offset) : 0;
  if (there != 0) spans_.push_back({stored.file, ByteLabel::weights, stored.dtype, stored.offset, there});
  return id;
}

void StoredTensors::label_region(const Region& region, std::span<const ByteSpan> spans) {
  const std::uint64_t size = model_.files[region.file].bytes.size();
  std::uint64_t end = std::min(region.begin, size);
  const auto gap = [&](std::uint64_t until) {
    if (until <= end || region.alignment == 0) return;
    const bool is_padding = until - end < region.alignment;
    if (!is_padding) unreachable_ += until - end;
    model_.spans.push_back({region.file, is_padding ? ByteLabel::padding : ByteLabel::unreachable,
                            DType::unknown, end, until - end});
  };
  ByteSpan last{};
  for (ByteSpan span : spans) {
    if (span.offset == last.offset && span.size == last.size) continue;  // one storage under two names
    last = span;
    const std::uint64_t span_end = span.offset + span.size;
    gap(span.offset);
    if (span.offset < end) {
      ++overlaps_;
      if (span_end <= end) continue;
      span.offset = end;
      span.size = span_end - end;
    }
    end = span_end;
    model_.spans.push_back(span);
  }
  gap(size);
}

void StoredTensors::report_truncated() {
  if (truncated_ == 0) return;
  const Tensor& first = tensor(first_truncated_);
  Message message(counted(truncated_, "tensor") + " of " +
                  std::to_string(model_.graphs[Model::kMain].tensors.size()) +
                  (truncated_ == 1 ? " ends" : " end") + " after the end of the file, ");
  message.add(truncated_ == 1 ? "" : "the first is ").name(first.name);
  message.add(": " + grouped(wanted_) + " bytes wanted, the file has " +
              grouped(model_.files[first.constant->file].bytes.size()));
  Finding finding{FindingKind::truncated_weights, std::move(message)};
  finding.graph = Model::kMain;
  finding.tensor = first_truncated_;
  finding.file = first.constant->file;
  finding.byte = first.constant->offset;
  finding.has_byte = true;
  model_.findings.push_back(std::move(finding));
}

void StoredTensors::finish() {
  const auto before = [](const ByteSpan& a, const ByteSpan& b) {
    if (a.file != b.file) return a.file < b.file;
    return a.offset != b.offset ? a.offset < b.offset : a.size > b.size;
  };
  if (!std::is_sorted(spans_.begin(), spans_.end(), before)) std::sort(spans_.begin(), spans_.end(), before);
  std::span<const ByteSpan> all(spans_);
  model_.spans.reserve(model_.spans.size() + spans_.size() + regions_.size());
  for (const Region& region : regions_) {
    const auto first =
        std::find_if(all.begin(), all.end(), [&](const ByteSpan& s) { return s.file == region.file; });
    const auto last =
        std::find_if(first, all.end(), [&](const ByteSpan& s) { return s.file != region.file; });
    label_region(region, std::span(first, last));
  }
  report_truncated();
  const auto report = [&](FindingKind kind, Message message, TensorId id) {
    Finding finding{kind, std::move(message)};
    if (id) finding.graph = Model::kMain;
    finding.tensor = id;
    model_.findings.push_back(std::move(finding));
  };
  if (overlaps_ != 0) {
    report(FindingKind::overlapping_weights,
           Message(counted(overlaps_, "tensor") + (overlaps_ == 1 ? " shares" : " share") +
                   " bytes with the one before"),
           {});
  }
  if (unreachable_ != 0) {
    report(FindingKind::unread_content,
           Message(counted(unreachable_, "byte") + " between or after the tensors belong to none"), {});
  }
  if (renamed_ != 0) {
    report(FindingKind::duplicate_name,
           Message(counted(renamed_, "tensor") + (renamed_ == 1 ? " has" : " have") +
                   " a name that is empty or taken, the first became ")
               .name(tensor(first_renamed_).name),
           first_renamed_);
  }
  if (unknown_ != 0) {
    report(FindingKind::unknown_dtype,
           Message(counted(unknown_, "tensor") + (unknown_ == 1 ? " has" : " have") +
                   " an element type that is not known, the first is ")
               .name(tensor(first_unknown_).name),
           first_unknown_);
  }
}

}  // namespace haoline
