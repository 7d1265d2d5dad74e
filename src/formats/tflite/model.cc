// The outermost record: operator codes, buffers, and where weights of other files lie.
#include <algorithm>

#include "base/text.h"
#include "formats/tflite/draft.h"

namespace haoline::tflite {
namespace {

namespace wm = wire::model;
constexpr std::size_t kMaxFindings = 4096;
constexpr std::int64_t kCustom = 32;

// The number stands in one byte where it fits, in a field of its own where it does not; files have either or
// both.
void read_codes(Reading& r) {
  const Tables codes = r.root.tables(wm::operator_codes);
  r.codes.reserve(codes.size());
  for (std::size_t i = 0; i < codes.size() && r.ok(); ++i) {
    const Table record = codes[i];
    const std::int64_t number =
        std::max<std::int64_t>(record.number<std::int8_t>(wire::operator_code::deprecated_builtin_code),
                               record.number<std::int32_t>(wire::operator_code::builtin_code));
    Code code;
    const std::string_view custom = record.text(wire::operator_code::custom_code);
    if (number == kCustom) {
      code.name = custom.empty() ? "CUSTOM" : custom;
    } else if (const Builtin* builtin = find_builtin(number)) {
      code.builtin = builtin;
      code.name = builtin->name;
    } else {
      code.name = r.model.arena.text("BUILTIN_" + std::to_string(number));
    }
    r.codes.push_back(code);
  }
}

// A buffer holds its bytes, or says where behind the FlatBuffer they stand.
Buffer read_buffer(Reading& r, const Table& record) {
  Buffer buffer;
  buffer.bytes = record.bytes(wire::buffer::data);
  const auto offset = record.number<std::uint64_t>(wire::buffer::offset);
  const auto size = record.number<std::uint64_t>(wire::buffer::size);
  if (buffer.bytes.empty() && offset > 1) {
    if (offset > r.file.size() || size > r.file.size() - offset) {
      record.fail(wire::buffer::offset, ErrorKind::truncated,
                  "leads to bytes " + grouped(offset) + " to " + grouped(offset + size) + ", the file has " +
                      grouped(r.file.size()),
                  "The file is cut short; get it again.");
      return buffer;
    }
    buffer.bytes = r.file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  }
  if (!buffer.bytes.empty()) {
    buffer.file = FileId{0};
    buffer.offset = r.context.offset_of(buffer.bytes.data());
  }
  return buffer;
}

void read_buffers(Reading& r) {
  const Tables buffers = r.root.tables(wm::buffers);
  r.buffers.reserve(buffers.size());
  for (std::size_t i = 0; i < buffers.size() && r.ok(); ++i) {
    const Table record = buffers[i];
    r.buffers.push_back(read_buffer(r, record));
  }
}

// --- weights in other files: groups name the files

struct External {
  FileId file;
  Bytes bytes;
};

External open_external(Reading& r, std::string_view name) {
  External external;
  if (name.empty()) return external;
  const auto opened = r.options.files != nullptr
                          ? r.options.files->open(name)
                          : Result<FileProvider::Opened>(Error{
                                ErrorKind::unreadable, {}, 0, false, "no other files are available", {}});
  if (!opened) {
    Message message("weights are in ");
    message.name(name).add(", which could not be opened: " + opened.error().message);
    r.remark({FindingKind::missing_external_data, std::move(message)});
    return external;
  }
  external.bytes = opened->bytes;
  external.file = r.model.files.add({std::string(name), "external data", opened->bytes});
  return external;
}

void read_external_buffers(Reading& r) {
  const Tables groups = r.root.tables(wm::external_buffer_groups);
  const Tables records = r.root.tables(wm::external_buffers);
  if (records.empty()) return;
  std::vector<External> files;
  for (std::size_t i = 0; i < groups.size() && r.ok(); ++i) {
    const Table group = groups[i];
    files.push_back(open_external(r, group.text(wire::external_group::name)));
  }
  for (std::size_t i = 0; i < records.size() && r.ok(); ++i) {
    namespace we = wire::external_buffer;
    const Table record = records[i];
    const auto group = record.number<std::uint32_t>(we::group);
    const auto offset = record.number<std::uint64_t>(we::offset);
    const auto length = record.number<std::uint64_t>(we::length);
    Buffer buffer;
    buffer.is_missing = true;
    if (group < files.size() && files[group].file) {
      const Bytes bytes = files[group].bytes;
      if (offset <= bytes.size() && length <= bytes.size() - offset) {
        buffer.bytes = bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
        buffer.file = files[group].file;
        buffer.offset = offset;
        buffer.is_missing = false;
      } else {
        r.remark(
            {FindingKind::truncated_weights,
             Message("external weights lie beyond the end of ").name(r.model.files[files[group].file].name)});
      }
    }
    r.external_ids.push_back(record.number<std::uint32_t>(we::id));
    r.external_buffers.push_back(buffer);
  }
}

// Files of converters that know the field say of every tensor with a rank that it has one.
bool marks_ranks(Reading& r) {
  for (std::size_t i = 0; i < r.subgraphs.size() && r.ok(); ++i) {
    const Table subgraph = r.subgraphs[i];
    const Tables tensors = subgraph.tables(wire::subgraph::tensors);
    for (std::size_t k = 0; k < tensors.size() && r.ok(); ++k) {
      if (tensors[k].flag(wire::tensor::has_rank)) return true;
    }
  }
  return false;
}

void label_rest(Reading& r) {
  for (const Buffer& buffer : r.buffers) {
    if (!buffer.is_used) r.label(buffer, ByteLabel::unreachable);
  }
}

// Spans come in the order of the buffers' records; the same bytes may stand in two of them.
void settle_spans(Reading& r) {
  auto& spans = r.model.spans;
  std::sort(spans.begin(), spans.end(), [](const ByteSpan& a, const ByteSpan& b) {
    return a.file != b.file ? a.file < b.file : a.offset != b.offset ? a.offset < b.offset : a.size > b.size;
  });
  std::vector<ByteSpan> settled;
  FileId file;
  std::uint64_t end = 0;
  for (ByteSpan span : spans) {
    if (span.file != file) end = 0;
    file = span.file;
    const std::uint64_t span_end = span.offset + span.size;
    if (span_end <= end) continue;
    if (span.offset < end) {
      span.size = span_end - end;
      span.offset = end;
    }
    end = span_end;
    settled.push_back(span);
  }
  spans = std::move(settled);
}

}  // namespace

void Reading::label(const Buffer& buffer, ByteLabel label, DType dtype) {
  if (buffer.bytes.empty() || !buffer.file) return;
  model.spans.push_back({buffer.file, label, dtype, buffer.offset, buffer.bytes.size()});
}

void Reading::remark(Finding finding) {
  if (model.findings.size() < kMaxFindings) model.findings.push_back(std::move(finding));
  if (model.findings.size() != kMaxFindings) return;
  model.findings.push_back({FindingKind::unread_content, "there is more to remark; the rest is left out"});
}

void read_model_record(Reading& r) {
  r.root = Table::root(r.context);
  if (!r.ok()) return;
  const auto version = r.root.number<std::uint32_t>(wm::version);
  r.model.format_version = std::to_string(version);
  if (version != 3) {
    r.root.fail(wm::version, ErrorKind::unsupported,
                "is " + std::to_string(version) + "; version 3 of the schema is read",
                "Convert the model again with a current converter.");
    return;
  }
  r.subgraphs = r.root.tables(wm::subgraphs);
  if (r.ok() && r.subgraphs.empty()) {
    r.root.fail(wm::subgraphs, ErrorKind::malformed, "is empty: the model has no graph",
                "There is nothing to report; convert the model again.");
  }
  read_codes(r);
  read_buffers(r);
  read_external_buffers(r);
  if (!r.ok()) return;
  r.marks_ranks = marks_ranks(r);
  read_graphs(r);
  read_signatures(r);
  read_metadata(r);
  if (!r.ok()) return;
  label_rest(r);
  settle_spans(r);
}

}  // namespace haoline::tflite
