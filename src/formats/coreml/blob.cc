// Weight files of ML programs: a header of 64 bytes, then blobs, each with a record of 64 bytes that says
// what and where it is (MILBlob's StorageFormat, version 2).
#include "base/text.h"
#include "formats/coreml/mil.h"

namespace haoline::coreml {
namespace {

constexpr std::uint32_t kSentinel = 0xdeadbeef;
constexpr std::size_t kRecord = 64;

const BlobFile& open(Reading& r, std::string_view name) {
  const auto [found, is_new] = r.blobs.try_emplace(std::string(name));
  BlobFile& file = found->second;
  if (!is_new) return file;
  constexpr std::string_view kHere = "@model_path/";
  const std::string path = r.folder + std::string(name.starts_with(kHere) ? name.substr(kHere.size()) : name);
  if (r.files == nullptr) {
    r.blob_problem = "no other file was given";
    return file;
  }
  Result<FileProvider::Opened> opened = r.files->open(path);
  if (!opened) {
    r.blob_problem = opened.error().message;
    return file;
  }
  file.file = r.model.files.add({path, "weights", opened->bytes});
  file.bytes = opened->bytes;
  return file;
}

}  // namespace

TensorData read_blob(Reading& r, std::string_view name, std::uint64_t offset, DType dtype, std::uint32_t bits,
                     const Integers& extents) {
  TensorData data;
  data.dtype = dtype;
  data.encoding = TensorData::Encoding::absent;
  data.extents = r.model.arena.copy(std::span<const std::int64_t>(extents));
  Int128 count = 1;
  for (const std::int64_t extent : extents) {
    count = extent < 0 || count > (Int128{1} << 50) ? Int128{-1} : count * extent;
    if (count < 0) break;
  }
  if (count < 0) data.extents = {}, count = 1;
  data.stored_elements = static_cast<std::uint64_t>(count);
  const BlobFile& file = open(r, name);
  if (!file.file) {
    ++r.missing;
    return data;
  }
  const auto refuse = [&](std::string what) {
    r.remark(FindingKind::truncated_weights,
             haoline::Message("a blob of the weight file at byte " + std::to_string(offset) + " " +
                              std::move(what)));
  };
  if (offset > file.bytes.size() || file.bytes.size() - offset < kRecord) {
    refuse("lies outside of the file");
    return data;
  }
  const std::byte* const record = file.bytes.data() + offset;
  const auto size = load<std::uint64_t>(record + 8), begin = load<std::uint64_t>(record + 16);
  if (load<std::uint32_t>(record) != kSentinel) {
    refuse("has no record in front of it");
    return data;
  }
  if (begin > file.bytes.size() || size > file.bytes.size() - begin) {
    refuse("ends after the file");
    return data;
  }
  if (bits == 0 || (count * bits + 7) / 8 != static_cast<Int128>(size)) {
    refuse("does not fit its shape: " + counted(data.stored_elements, "element") + ", " +
           counted(size, "byte") + " stored");
    return data;
  }
  data.encoding = TensorData::Encoding::raw;
  data.bytes = file.bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
  data.file = file.file;
  data.offset = begin;
  data.stored_bytes = size;
  if (size != 0) r.model.spans.push_back({file.file, ByteLabel::weights, dtype, begin, size});
  return data;
}

void finish_blobs(Reading& r) {
  if (r.missing == 0) return;
  haoline::Message message("the weights are not there: ");
  message.add(r.blob_problem).add("; " + counted(r.missing, "constant") + " without elements");
  r.remark(FindingKind::missing_external_data, std::move(message));
}

}  // namespace haoline::coreml
