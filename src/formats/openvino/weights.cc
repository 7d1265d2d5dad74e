// The .bin beside the XML: views of its stretches, and what is wrong with them.
#include <algorithm>

#include "base/checked.h"
#include "base/text.h"
#include "formats/openvino/reading.h"
#include "formats/shared/byte_spans.h"

namespace haoline::openvino {
namespace {

std::string bin_name(std::string_view xml) {
  const std::size_t slash = xml.find_last_of("/\\");
  if (slash != std::string_view::npos) xml.remove_prefix(slash + 1);
  if (xml.ends_with(".xml") || xml.ends_with(".XML")) xml.remove_suffix(4);
  return std::string(xml) + ".bin";
}

// The file of the same name; else the only .bin there is.
Result<FileProvider::Opened> open_beside(FileProvider& files, std::string& name) {
  Result<FileProvider::Opened> found = files.open(name);
  if (found) return found;
  const std::vector<std::string> all = files.list();
  const auto is_bin = [](const std::string& file) {
    return file.ends_with(".bin") && file.find('/') == std::string::npos;
  };
  if (std::count_if(all.begin(), all.end(), is_bin) != 1) return found;
  name = *std::find_if(all.begin(), all.end(), is_bin);
  return files.open(name);
}

std::optional<Int128> count_of(const Extents& extents) {
  Int128 count = 1;
  for (const std::int64_t extent : extents) {
    if (extent < 0) return std::nullopt;
    count *= extent;
    if (count > (Int128{1} << 60)) return std::nullopt;
  }
  return count;
}

// Strings: their number, where each ends, then the characters.
std::optional<std::vector<std::string_view>> read_strings(Bytes bytes, Int128 count) {
  const std::uint64_t head = 8;  // the number and the first offset, 4 bytes each
  if (bytes.size() < 4 || count > static_cast<Int128>(bytes.size() / 4)) return std::nullopt;
  const auto stored = load<std::uint32_t>(bytes.data());
  if (stored != count) return std::nullopt;
  const std::uint64_t chars = head + std::uint64_t{stored} * 4;
  if (chars > bytes.size()) return std::nullopt;
  const std::string_view text = as_text(bytes.subspan(static_cast<std::size_t>(chars)));
  std::vector<std::string_view> texts;
  for (std::uint64_t i = 0; i < stored; ++i) {
    const auto begin = load<std::uint32_t>(bytes.data() + 4 + i * 4);
    const auto end = load<std::uint32_t>(bytes.data() + 8 + i * 4);
    if (begin > end || end > text.size()) return std::nullopt;
    texts.push_back(text.substr(begin, end - begin));
  }
  return texts;
}

}  // namespace

void open_bin(Reading& r) {
  std::string name = bin_name(r.options.name);
  if (r.options.files == nullptr) {
    r.bin_problem = "no other file was given";
    return;
  }
  Result<FileProvider::Opened> opened = open_beside(*r.options.files, name);
  if (!opened) {
    r.bin_problem = opened.error().message;
    return;
  }
  r.bin = r.model.files.add({name, "weights", opened->bytes});
  r.bin_bytes = opened->bytes;
}

TensorData constant_of(Reading& r, std::string_view name, std::string_view type, const Extents& extents,
                       std::uint64_t offset, std::uint64_t size, std::uint64_t at) {
  TensorData data;
  const ElementType element = element_type(type);
  data.dtype = element.dtype;
  data.encoding = TensorData::Encoding::absent;
  data.extents = r.model.arena.copy(std::span<const std::int64_t>(extents));
  const std::optional<Int128> count = count_of(extents);
  if (!count) {
    r.fail(ErrorKind::malformed, at, "layer", "is a constant whose shape no file can hold");
    return data;
  }
  data.stored_elements = static_cast<std::uint64_t>(*count);
  if (*count == 0) {
    data.encoding = TensorData::Encoding::raw;
    return data;
  }
  if (!r.bin) {
    ++r.missing;
    return data;
  }
  const auto refuse = [&](std::string_view what) {
    r.remark(FindingKind::truncated_weights, Message("the elements of ").name(name).add(" ").add(what), {},
             {}, at);
  };
  if (offset > r.bin_bytes.size() || size > r.bin_bytes.size() - offset) {
    refuse("end after the .bin file");
    return data;
  }
  const Bytes bytes = r.bin_bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  if (element.bits != 0 && (*count * element.bits + 7) / 8 != static_cast<Int128>(size)) {
    refuse("do not fit their shape: " + counted(data.stored_elements, "element") + ", " +
           counted(size, "byte") + " stored");
    return data;
  }
  data.stored_bytes = size;
  data.file = r.bin;
  data.offset = offset;
  r.model.spans.push_back({r.bin, ByteLabel::weights, data.dtype, offset, size});
  if (element.dtype == DType::string) {
    const auto texts = read_strings(bytes, *count);
    if (!texts) {
      refuse("are no list of strings");
      return data;
    }
    data.encoding = TensorData::Encoding::strings;
    data.texts = r.model.arena.copy(*texts);
    return data;
  }
  data.bytes = bytes;
  data.encoding = TensorData::Encoding::raw;
  return data;
}

void settle_spans(Reading& r) {
  if (r.missing != 0) {
    Message message("the weights are not there: ");
    message.add(r.bin_problem).add("; " + counted(r.missing, "constant") + " without elements");
    r.remark(FindingKind::missing_external_data, std::move(message));
  }
  settle_spans(r.model);
}

}  // namespace haoline::openvino
