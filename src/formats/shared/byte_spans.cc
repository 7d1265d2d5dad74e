#include "formats/shared/byte_spans.h"

#include <algorithm>

namespace haoline {

void remove_overlaps(std::vector<ByteSpan>& spans) {
  std::sort(spans.begin(), spans.end(), [](const ByteSpan& a, const ByteSpan& b) {
    if (a.file != b.file) return a.file < b.file;
    if (a.offset != b.offset) return a.offset < b.offset;
    return a.size != b.size ? a.size > b.size : a.label < b.label;
  });
  std::vector<ByteSpan> kept;
  for (ByteSpan span : spans) {
    if (!kept.empty() && kept.back().file == span.file) {
      const std::uint64_t end = kept.back().offset + kept.back().size;
      if (span.offset + span.size <= end) continue;
      if (span.offset < end) {
        span.size -= end - span.offset;
        span.offset = end;
      }
    }
    kept.push_back(span);
  }
  spans = std::move(kept);
}

}  // namespace haoline
