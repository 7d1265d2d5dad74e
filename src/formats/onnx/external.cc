// Weights in files beside the model, and the label of every byte.
#include <algorithm>

#include "base/sort.h"
#include "base/text.h"
#include "formats/onnx/reading.h"

namespace haoline::onnx {
namespace {

struct Location {
  std::string_view path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool has_length = false;
  bool is_valid = true;
};

Location read_location(std::span<const MetadataEntry> entries) {
  Location location;
  for (const MetadataEntry& entry : entries) {
    if (entry.key == "location") location.path = entry.value;
    if (entry.key != "offset" && entry.key != "length") continue;
    const auto number = parse_decimal(entry.value);
    location.is_valid = location.is_valid && number.has_value();
    (entry.key == "offset" ? location.offset : location.length) = number.value_or(0);
    location.has_length = location.has_length || entry.key == "length";
  }
  return location;
}

ExternalFile& open(Reading& r, std::string_view path) {
  const auto next = static_cast<std::uint32_t>(r.external_files.size());
  const auto [index, is_new] = r.externals.insert(path, next);
  if (!is_new) return r.external_files[*index];
  ExternalFile& file = r.external_files.emplace_back();
  file.location = path;
  if (r.options.files == nullptr) {
    file.problem = "no other files were given";
    return file;
  }
  Result<FileProvider::Opened> opened = r.options.files->open(path);
  if (!opened) {
    file.problem = opened.error().message;
    return file;
  }
  file.bytes = opened->bytes;
  file.file = r.model.files.add({std::string(path), "external data", file.bytes});
  return file;
}

void report_range(Reading& r, const ExternalFile& file, const Location& location, std::string_view what) {
  Finding finding{FindingKind::truncated_weights, Message("a tensor's data ").add(what)};
  finding.file = file.file;
  finding.byte = location.offset;
  finding.has_byte = true;
  r.remark(std::move(finding));
}

void report_missing(Reading& r) {
  for (const ExternalFile& file : r.external_files) {
    if (file.missing_tensors == 0) continue;
    haoline::Message message(counted(file.missing_tensors, "tensor"));
    message.add(file.missing_tensors == 1 ? " has its data in " : " have their data in ");
    message.name(file.location).add(": " + file.problem);
    r.remark({FindingKind::missing_external_data, std::move(message)});
  }
}

// Two records may point to the same bytes, and what functions hold is read at every call: the first label
// stays.
void remove_overlaps(std::vector<ByteSpan>& spans) {
  const auto before = [](const ByteSpan& a, const ByteSpan& b) {
    if (a.file != b.file) return a.file < b.file;
    return a.offset != b.offset ? a.offset < b.offset : a.size > b.size;
  };
  sort_stably(spans, before);  // a few runs: nodes, weights
  std::size_t kept = 0;
  std::uint64_t end = 0;
  FileId file;
  for (ByteSpan span : spans) {
    if (span.file != file) end = 0;
    file = span.file;
    const std::uint64_t span_end = span.offset + span.size;
    if (span_end <= end) continue;
    span.offset = std::max(span.offset, end);
    span.size = span_end - span.offset;
    end = span_end;
    spans[kept++] = span;
  }
  spans.resize(kept);
}

// What lies between two tensors of an external file is padding if it is shorter than the alignment of what
// follows (at most a 64 KiB page), else nothing refers to it.
ByteLabel label_of_gap(std::uint64_t size, std::uint64_t next, bool is_last) {
  const std::uint64_t alignment = next == 0 ? 1 : next & (~next + 1);
  return !is_last && size < std::min<std::uint64_t>(alignment, 65536) ? ByteLabel::padding
                                                                      : ByteLabel::unreachable;
}

void label_gaps(Reading& r) {
  std::vector<ByteSpan>& spans = r.model.spans;
  const std::size_t count = spans.size();
  std::size_t at = 0;
  for (const FileId file : r.model.files.ids()) {
    const std::uint64_t size = r.model.files[file].bytes.size();
    const bool is_main = file == FileId{0};
    std::uint64_t end = 0;
    for (; at < count && spans[at].file == file; ++at) {
      const ByteSpan span = spans[at];
      if (!is_main && span.offset > end) {
        const std::uint64_t gap = span.offset - end;
        spans.push_back({file, label_of_gap(gap, span.offset, false), DType::unknown, end, gap});
      }
      end = span.offset + span.size;
    }
    if (!is_main && end < size) {
      spans.push_back({file, label_of_gap(size - end, size, true), DType::unknown, end, size - end});
    }
  }
}

}  // namespace

void attach_external(Reading& r, TensorData& data, std::span<const MetadataEntry> entries, Int128 wanted,
                     const Place& place, const std::byte* at) {
  data.encoding = TensorData::Encoding::absent;
  const Location location = read_location(entries);
  if (location.path.empty() || !location.is_valid) {
    r.fail(ErrorKind::malformed, {&place, "external_data"}, at,
           location.path.empty() ? "does not say in which file the data is"
                                 : "has an offset or length that is no number");
    return;
  }
  ExternalFile& file = open(r, location.path);
  if (!file.file) {
    ++file.missing_tensors;
    return;
  }
  if (wanted < 0) return;  // strings and unknown types have no size
  const std::uint64_t size = file.bytes.size();
  const auto length = static_cast<std::uint64_t>(wanted);
  if (location.offset > size || length > size - location.offset) {
    report_range(r, file, location,
                 "ends after the file: " + grouped(length) + " bytes wanted, the file has " + grouped(size));
    return;
  }
  if (location.has_length && location.length != length) {
    report_range(r, file, location,
                 "has " + grouped(location.length) + " bytes, its shape needs " + grouped(length));
    return;
  }
  data.encoding = TensorData::Encoding::raw;
  data.bytes =
      file.bytes.subspan(static_cast<std::size_t>(location.offset), static_cast<std::size_t>(length));
  data.file = file.file;
  data.offset = location.offset;
  data.stored_bytes = length;
  if (length != 0)
    r.model.spans.push_back({file.file, ByteLabel::weights, data.dtype, location.offset, length});
}

void settle_spans(Reading& r) {
  report_missing(r);
  remove_overlaps(r.model.spans);
  label_gaps(r);
}

}  // namespace haoline::onnx
