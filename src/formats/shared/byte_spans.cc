#include "formats/shared/byte_spans.h"

#include <algorithm>

namespace haoline {
namespace {

constexpr std::uint64_t kLargestAlignment = 65536;  // a page of some systems

bool before(const ByteSpan& a, const ByteSpan& b) {
  if (a.file != b.file) return a.file < b.file;
  return a.offset != b.offset ? a.offset < b.offset : a.size > b.size;
}

}  // namespace

void settle_spans(Model& model) {
  std::vector<ByteSpan>& spans = model.spans;
  if (!std::is_sorted(spans.begin(), spans.end(), before))
    std::stable_sort(spans.begin(), spans.end(), before);
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

void label_gaps(Model& model, FileId file) {
  const std::uint64_t size = model.files[file].bytes.size();
  std::vector<ByteSpan> gaps;
  std::uint64_t end = 0;
  const auto add = [&](std::uint64_t to, bool is_last) {
    if (to <= end) return;
    const std::uint64_t alignment = to == 0 ? 1 : to & (~to + 1);
    const bool pads = !is_last && to - end < std::min(alignment, kLargestAlignment);
    gaps.push_back({file, pads ? ByteLabel::padding : ByteLabel::unreachable, DType::unknown, end, to - end});
  };
  for (const ByteSpan& span : model.spans) {
    if (span.file != file) continue;
    add(span.offset, false);
    end = std::max(end, span.offset + span.size);
  }
  add(size, true);
  model.spans.insert(model.spans.end(), gaps.begin(), gaps.end());
  std::stable_sort(model.spans.begin(), model.spans.end(), before);
}

}  // namespace haoline
