#include "formats/pytorch/reader.h"

#include <algorithm>

#include "base/text.h"
#include "formats/pytorch/reading.h"

namespace haoline::pytorch {
namespace {

// The folder of the record `data.pkl` that is nearest to the root ("archive/"); null where there is none.
const ZipMember* find_data(const Zip& zip) {
  const ZipMember* best = nullptr;
  for (const ZipMember& member : zip.members()) {
    const std::size_t slash = member.name.rfind('/');
    const std::string_view base =
        slash == std::string_view::npos ? member.name : member.name.substr(slash + 1);
    if (base != "data.pkl") continue;
    if (best == nullptr || member.name.size() < best->name.size()) best = &member;
  }
  return best;
}

std::string_view folder_of(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash + 1);
}

bool is_exported(const Zip& zip) {
  return std::any_of(zip.members().begin(), zip.members().end(), [](const ZipMember& m) {
    return m.name.ends_with("serialized_exported_program.json") ||
           (m.name.find("models/") != std::string_view::npos && m.name.ends_with(".json"));
  });
}

bool is_script(const Zip& zip, std::string_view folder) {
  return zip.find(std::string(folder) + "constants.pkl") != nullptr;
}

std::string member_text(Reading& r, Zip& zip, const std::string& name) {
  const ZipMember* member = zip.find(name);
  if (member == nullptr || member->size > 64) return {};
  const Result<Bytes> bytes = zip.read(*member, r.model.arena);
  if (!bytes) return {};
  std::string text(as_text(*bytes));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

void read_zip(Reading& r) {
  Result<Zip> zip = Zip::open(r.file);
  if (!zip) return r.fail(std::move(zip).error());
  if (is_exported(*zip)) return read_exported(r, *zip);
  const ZipMember* data = find_data(*zip);
  if (data == nullptr) {
    return r.fail(located(ErrorKind::unsupported, "zip", 0, "the archive has no data.pkl",
                          "This is no file of torch.save, or it is incomplete."));
  }
  const std::string_view folder = folder_of(data->name);
  if (member_text(r, *zip, std::string(folder) + "byteorder") == "big") {
    return r.fail(located(ErrorKind::unsupported, "byteorder", 0,
                          "the file was written on a big-endian machine",
                          "Load and save it with PyTorch on this machine."));
  }
  const std::string version = member_text(r, *zip, std::string(folder) + "version");
  if (is_script(*zip, folder)) {
    r.model.format_version = "TorchScript" + (version.empty() ? "" : " " + version);
    return read_script(r, *zip, folder);
  }
  r.model.format_version = "zip" + (version.empty() ? "" : " " + version);
  Result<Archive> archive = open_zip_record(*zip, *data, std::string(folder) + "data/", r.model.arena);
  if (!archive) return r.fail(std::move(archive).error());
  archive->file = r.file_id;
  read_state(r, *archive);
}

void read_pickled(Reading& r, Result<Archive> archive, std::string_view version) {
  r.model.format_version = version;
  if (!archive) return r.fail(std::move(archive).error());
  archive->file = r.file_id;
  read_state(r, *archive);
}

void read_content(Reading& r) {
  if (Zip::sniff(r.file)) {
    read_zip(r);
  } else if (sniff_tar(r.file)) {
    read_pickled(r, open_tar(r.file, r.model.arena), "tar");
  } else {
    read_pickled(r, open_legacy(r.file, r.model.arena), "legacy pickle");
  }
}

// Spans must not overlap: tensors that share a storage are labelled once.
void settle_spans(Model& model) {
  auto& spans = model.spans;
  std::stable_sort(spans.begin(), spans.end(), [](const ByteSpan& a, const ByteSpan& b) {
    return a.file != b.file ? a.file < b.file : a.offset < b.offset;
  });
  std::uint64_t end = 0;
  FileId file;
  std::vector<ByteSpan> kept;
  for (ByteSpan span : spans) {
    if (span.file != file) end = 0;
    file = span.file;
    if (span.offset + span.size <= end) continue;
    if (span.offset < end) {
      span.size -= end - span.offset;
      span.offset = end;
    }
    end = span.offset + span.size;
    kept.push_back(span);
  }
  spans = std::move(kept);
}

bool is_weights_file(const std::string& name) {
  return name.starts_with("pytorch_model") && name.ends_with(".bin") && name.find('/') == std::string::npos;
}

}  // namespace

bool sniff(const Probe& probe) {
  if (sniff_legacy(probe.head) || sniff_tar(probe.head)) return true;
  if (!Zip::sniff(probe.head)) return false;
  const Result<Zip> zip = Zip::open(probe.all);
  return zip && (find_data(*zip) != nullptr || is_exported(*zip));
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  Reading reading(file, options);
  reading.model.format = "pytorch";
  reading.model.producer = "PyTorch";
  reading.model.files.add({std::string(options.name), "model", file});
  reading.model.graphs.add({});
  read_content(reading);
  if (!reading.ok()) return std::move(*reading.error);
  // A .bin of Hugging Face has its config beside it; other names say nothing of what lies around.
  if (reading.model.main().nodes.empty()) {
    read_companions(reading, options.name.ends_with(".bin") ? options.files : nullptr);
  }
  settle_spans(reading.model);
  return std::move(reading.model);
}

// A folder of Hugging Face whose weights are PyTorch's, in one file or in shards that an index lists.
bool sniff_folder(std::span<const std::string> files) {
  const bool has_safetensors = std::any_of(files.begin(), files.end(), [](const std::string& name) {
    return name.ends_with(".safetensors") && name.find('/') == std::string::npos;
  });
  return !has_safetensors && std::any_of(files.begin(), files.end(), is_weights_file);
}

Result<Model> read_folder(FileProvider& files, const ReadOptions& options) {
  Reading reading({}, options);
  reading.model.format = "pytorch";
  reading.model.producer = "PyTorch";
  reading.model.graphs.add({});
  for (const std::string& name : files.list()) {
    if (!is_weights_file(name)) continue;
    Result<FileProvider::Opened> opened = files.open(name);
    if (!opened) return std::move(opened).error();
    reading.file = opened->bytes;
    reading.file_id = reading.model.files.add({name, "model", opened->bytes});
    if (!sniff({opened->bytes.first(std::min(opened->bytes.size(), kProbeBytes)), opened->bytes.size(),
                opened->bytes})) {
      return located(ErrorKind::malformed, name, 0, "is no file of torch.save", "Download it again.");
    }
    read_content(reading);
    if (!reading.ok()) return std::move(*reading.error);
  }
  read_companions(reading, &files);
  settle_spans(reading.model);
  return std::move(reading.model);
}

}  // namespace haoline::pytorch
