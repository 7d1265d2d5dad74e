#include "formats/pytorch/archive.h"

#include <array>

#include "base/text.h"

namespace haoline::pytorch {
namespace {

constexpr std::string_view kFetchAgain = "The file is cut short or damaged; fetch it again.";

struct StorageRow {
  std::string_view storage;  // class of torch, torch.cuda, …
  std::string_view dtype;    // torch.<dtype>
  DType type;
  std::uint64_t bits;
  bool quantized = false;
};
constexpr StorageRow kTypes[] = {
    {"DoubleStorage", "float64", DType::float64, 64},
    {"FloatStorage", "float32", DType::float32, 32},
    {"HalfStorage", "float16", DType::float16, 16},
    {"BFloat16Storage", "bfloat16", DType::bfloat16, 16},
    {"LongStorage", "int64", DType::int64, 64},
    {"IntStorage", "int32", DType::int32, 32},
    {"ShortStorage", "int16", DType::int16, 16},
    {"CharStorage", "int8", DType::int8, 8},
    {"ByteStorage", "uint8", DType::uint8, 8},
    {"BoolStorage", "bool", DType::boolean, 8},
    {"ComplexFloatStorage", "complex64", DType::complex64, 64},
    {"ComplexDoubleStorage", "complex128", DType::complex128, 128},
    {"QInt8Storage", "qint8", DType::int8, 8, true},
    {"QUInt8Storage", "quint8", DType::uint8, 8, true},
    {"QInt32Storage", "qint32", DType::int32, 32, true},
    {"QUInt4x2Storage", "quint4x2", DType::uint4, 4, true},
    {"QUInt2x4Storage", "quint2x4", DType::uint2, 2, true},
    {"", "double", DType::float64, 64},
    {"", "float", DType::float32, 32},
    {"", "half", DType::float16, 16},
    {"", "long", DType::int64, 64},
    {"", "int", DType::int32, 32},
    {"", "short", DType::int16, 16},
    {"", "uint16", DType::uint16, 16},
    {"", "uint32", DType::uint32, 32},
    {"", "uint64", DType::uint64, 64},
    {"", "float8_e4m3fn", DType::float8_e4m3fn, 8},
    {"", "float8_e4m3fnuz", DType::float8_e4m3fnuz, 8},
    {"", "float8_e5m2", DType::float8_e5m2, 8},
    {"", "float8_e5m2fnuz", DType::float8_e5m2fnuz, 8},
    {"", "float8_e8m0fnu", DType::float8_e8m0, 8},
    {"", "complex32", DType::unknown, 32},
    {"", "uint1", DType::unknown, 8},
    {"", "uint2", DType::uint2, 8},
    {"", "uint4", DType::uint4, 8},
    {"", "int4", DType::int4, 8},
};

std::uint64_t storage_bytes(const ElementType& type, std::uint64_t count) {
  return (count * type.bits + 7) / 8;
}

// Reads what stands between and behind the pickles.
struct Cursor {
  Bytes file;
  std::uint64_t at = 0;
  std::uint64_t left() const { return file.size() - at; }
  Bytes take(std::uint64_t count) {
    const Bytes out = file.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(count));
    at += count;
    return out;
  }
  template <class T>
  bool number(T& out) {
    if (left() < sizeof(T)) return false;
    out = load<T>(take(sizeof(T)).data());
    return true;
  }
};

Error cut_short(const Cursor& at, std::string_view what) {
  return located(ErrorKind::truncated, what, at.at, "the file ends before it", std::string(kFetchAgain));
}

Result<pickle::Pickle> next_pickle(Cursor& at, std::string_view place, std::uint64_t base, Arena& arena) {
  Result<pickle::Pickle> read =
      pickle::read({at.file.subspan(static_cast<std::size_t>(at.at)), place, base + at.at}, arena);
  if (read) at.at += read->end();
  return read;
}

// The run of elements that a storage's own record announces.
Result<Storage> read_storage(Cursor& at, const ElementType& type, std::string_view place,
                             std::uint64_t base) {
  std::int64_t count = 0;
  if (!at.number(count)) return cut_short(at, place);
  if (type.bits == 0) {
    return located(ErrorKind::unsupported, place, base + at.at,
                   "has an element type this reader does not know",
                   "Save the model again with a newer PyTorch.");
  }
  if (count < 0 || static_cast<std::uint64_t>(count) > at.left() * 8 / type.bits) {
    return located(
        ErrorKind::truncated, place, base + at.at,
        "claims " +
            (count < 0 ? std::string("a negative number of") : grouped(static_cast<std::uint64_t>(count))) +
            " elements, " + grouped(at.left()) + " bytes are left",
        std::string(kFetchAgain));
  }
  Storage storage;
  storage.offset = base + at.at;
  storage.bytes = at.take(storage_bytes(type, static_cast<std::uint64_t>(count)));
  return storage;
}

constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);

// Which type each storage has: the pickle says so where it refers to one.
std::unordered_map<std::string_view, ElementType> types_of_storages(const pickle::Pickle& p) {
  std::unordered_map<std::string_view, ElementType> types;
  for (pickle::Ref ref = 0; ref < p.size(); ++ref) {
    if (p.kind(ref) != pickle::Kind::persistent || p.text(p.argument(ref, 0)) != "storage") continue;
    types.try_emplace(p.text(p.argument(ref, 2)), storage_type(p.name(p.argument(ref, 1))));
  }
  return types;
}

}  // namespace

Error located(ErrorKind kind, std::string_view place, std::uint64_t offset, std::string message,
              std::string advice) {
  Error error;
  error.kind = kind;
  error.path = std::string(place);
  error.offset = offset;
  error.has_offset = true;
  error.message = std::move(message);
  error.advice = std::move(advice);
  return error;
}

ElementType storage_type(std::string_view name) {
  if (name == "UntypedStorage" || name == "_UntypedStorage") return {DType::uint8, false, true, 8};
  for (const StorageRow& row : kTypes) {
    if (!row.storage.empty() && row.storage == name) return {row.type, row.quantized, false, row.bits};
  }
  return {};
}

ElementType dtype_called(std::string_view name) {
  for (const StorageRow& row : kTypes) {
    if (row.dtype == name) return {row.type, row.quantized, false, row.bits};
  }
  return {};
}

bool sniff_legacy(Bytes head) {
  return pickle::sniff(head) &&
         as_text(head.first(std::min<std::size_t>(head.size(), 40))).find(kMagic) != std::string_view::npos;
}

bool sniff_tar(Bytes head) {
  const std::string_view text = as_text(head);
  if (text.size() < 512 || text.substr(257, 5) != "ustar") return false;
  std::string_view name = text.substr(0, text.find('\0'));
  if (name.starts_with("./")) name.remove_prefix(2);
  return name == "sys_info" || name == "pickle" || name == "storages" || name == "tensors";
}

Result<Archive> open_legacy(Bytes file, Arena& arena) {
  Cursor at{file};
  Archive archive;
  archive.place = "pickle";
  constexpr std::string_view kHeads[] = {"magic number", "protocol version", "system information"};
  for (const std::string_view place : kHeads) {
    Result<pickle::Pickle> head = next_pickle(at, place, 0, arena);
    if (!head) return std::move(head).error();
    if (place == kHeads[1] && head->integer(head->root()) != 1001) {
      return located(ErrorKind::unsupported, place, 0, "is not 1001, the only one torch.save ever wrote",
                     "Save the model again with a newer PyTorch.");
    }
    if (place == kHeads[2] && head->find(head->root(), "little_endian") == pickle::kFalse) {
      return located(ErrorKind::unsupported, place, 0, "the file was written on a big-endian machine",
                     "Load and save it with PyTorch on this machine.");
    }
  }
  archive.offset = at.at;
  Result<pickle::Pickle> data = next_pickle(at, archive.place, 0, arena);
  if (!data) return std::move(data).error();
  archive.pickle = std::move(*data);
  Result<pickle::Pickle> keys = next_pickle(at, "storage keys", 0, arena);
  if (!keys) return std::move(keys).error();
  const auto types = types_of_storages(archive.pickle);
  for (const pickle::Ref key : keys->items(keys->root())) {
    const auto type = types.find(keys->text(key));
    if (type == types.end()) {
      return located(ErrorKind::malformed, "storage keys", at.at, "names a storage that no tensor uses",
                     std::string(kFetchAgain));
    }
    Result<Storage> storage = read_storage(at, type->second, "storage", 0);
    if (!storage) return std::move(storage).error();
    archive.storages.try_emplace(type->first, *storage);
  }
  return archive;
}

namespace {

struct TarMember {
  Bytes bytes;
  std::uint64_t offset = 0;
};

// The members by name; nothing else of tar is used here.
std::unordered_map<std::string_view, TarMember> tar_members(Bytes file) {
  std::unordered_map<std::string_view, TarMember> members;
  for (std::uint64_t at = 0; at + 512 <= file.size();) {
    const std::string_view header = as_text(file).substr(static_cast<std::size_t>(at), 512);
    if (header[0] == '\0') break;
    std::string_view name = header.substr(0, std::min<std::size_t>(header.find('\0'), 100));
    if (name.starts_with("./")) name.remove_prefix(2);
    std::uint64_t size = 0;
    for (const char c : header.substr(124, 12)) {
      if (c >= '0' && c <= '7') size = size * 8 + static_cast<std::uint64_t>(c - '0');
    }
    at += 512;
    const std::uint64_t left = file.size() - at;
    members.try_emplace(name, TarMember{file.subspan(static_cast<std::size_t>(at),
                                                     static_cast<std::size_t>(std::min(size, left))),
                                        at});
    if (size > left) break;
    at += (size + 511) / 512 * 512;
  }
  return members;
}

// Persistent ids are tuples whose first is the key, or the key alone.
std::string_view key_of(const pickle::Pickle& p, pickle::Ref ref, Arena& arena) {
  if (p.is_text(ref)) return p.text(ref);
  return arena.text(std::to_string(p.integer(ref)));
}

std::optional<Error> read_tar_storages(Cursor at, std::uint64_t base, Archive& archive, Arena& arena) {
  Result<pickle::Pickle> count = next_pickle(at, "storages", base, arena);
  if (!count) return std::move(count).error();
  for (std::int64_t i = 0; i < count->integer(count->root()); ++i) {
    Result<pickle::Pickle> head = next_pickle(at, "storages", base, arena);
    if (!head) return std::move(head).error();
    const auto items = head->items(head->root());
    const ElementType type = items.size() == 3 ? storage_type(head->name(items[2])) : ElementType{};
    Result<Storage> storage = read_storage(at, type, "storages", base);
    if (!storage) return std::move(storage).error();
    const std::string_view key = key_of(*head, items[0], arena);
    archive.storages.try_emplace(key, *storage);
    archive.types.try_emplace(key, type.dtype);
  }
  return std::nullopt;
}

std::optional<Error> read_tar_tensors(Cursor at, std::uint64_t base, Archive& archive, Arena& arena) {
  Result<pickle::Pickle> count = next_pickle(at, "tensors", base, arena);
  if (!count) return std::move(count).error();
  for (std::int64_t i = 0; i < count->integer(count->root()); ++i) {
    Result<pickle::Pickle> head = next_pickle(at, "tensors", base, arena);
    if (!head) return std::move(head).error();
    const auto items = head->items(head->root());
    std::int64_t rank = 0;
    if (items.size() < 2 || !at.number(rank)) return cut_short(at, "tensors");
    rank &= 0xffffffff;  // four bytes and four of padding
    if (static_cast<std::uint64_t>(rank) > at.left() / 16) return cut_short(at, "tensors");
    TarTensor tensor;
    tensor.storage = key_of(*head, items[1], arena);
    tensor.extents.resize(static_cast<std::size_t>(rank));
    tensor.strides.resize(static_cast<std::size_t>(rank));
    for (std::int64_t& extent : tensor.extents) at.number(extent);
    for (std::int64_t& stride : tensor.strides) at.number(stride);
    if (!at.number(tensor.storage_offset)) return cut_short(at, "tensors");
    archive.tensors.try_emplace(key_of(*head, items[0], arena), std::move(tensor));
  }
  return std::nullopt;
}

}  // namespace

Result<Archive> open_tar(Bytes file, Arena& arena) {
  const auto members = tar_members(file);
  const auto find = [&](std::string_view name) {
    const auto at = members.find(name);
    return at == members.end() ? TarMember{} : at->second;
  };
  const TarMember structure = find("pickle");
  if (structure.bytes.empty()) {
    return located(ErrorKind::malformed, "pickle", 0, "the tar archive has no member of this name",
                   "This is no PyTorch file, or it is cut short.");
  }
  Archive archive;
  archive.place = "pickle";
  archive.offset = structure.offset;
  if (const TarMember storages = find("storages"); !storages.bytes.empty()) {
    auto problem = read_tar_storages({storages.bytes}, storages.offset, archive, arena);
    if (problem) return std::move(*problem);
  }
  if (const TarMember tensors = find("tensors"); !tensors.bytes.empty()) {
    auto problem = read_tar_tensors({tensors.bytes}, tensors.offset, archive, arena);
    if (problem) return std::move(*problem);
  }
  Result<pickle::Pickle> read = pickle::read({structure.bytes, "pickle", structure.offset}, arena);
  if (!read) return std::move(read).error();
  archive.pickle = std::move(*read);
  return archive;
}

Result<Archive> open_zip_record(Zip& zip, const ZipMember& member, std::string_view data_folder,
                                Arena& arena) {
  Archive archive;
  archive.place = member.name;
  Result<Bytes> bytes = zip.read(member, arena);
  if (!bytes) return std::move(bytes).error();
  const bool in_file =
      bytes->data() >= zip.file().data() && bytes->data() < zip.file().data() + zip.file().size();
  archive.offset = in_file ? static_cast<std::uint64_t>(bytes->data() - zip.file().data()) : member.header;
  Result<pickle::Pickle> read = pickle::read({*bytes, member.name, archive.offset}, arena);
  if (!read) return std::move(read).error();
  archive.pickle = std::move(*read);
  for (const ZipMember& data : zip.members()) {
    if (!data.name.starts_with(data_folder)) continue;
    const std::string_view key = data.name.substr(data_folder.size());
    if (key.empty() || key.find('/') != std::string_view::npos) continue;
    Result<Bytes> elements = data.is_stored() ? zip.packed(data) : zip.read(data, arena);
    if (!elements) return std::move(elements).error();
    Storage storage{*elements, 0, data.is_stored()};
    if (storage.in_file && !elements->empty()) {
      storage.offset = static_cast<std::uint64_t>(elements->data() - zip.file().data());
    }
    archive.storages.try_emplace(key, storage);
  }
  return archive;
}

}  // namespace haoline::pytorch
