#include "formats/shared/byte_spans.h"

#include <algorithm>

namespace haoline {

void remove_overlaps(std::vector<ByteSpan>& spans) {
  std::stable_sort(spans.begin(), spans.end(), [](const ByteSpan& a, const ByteSpan& b) {
    return a.file != b.file ? a.file < b.file : a.offset < b.offset;
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
