// The three ways torch.save has written a file: a zip archive, pickles in a row (before 1.6), a tar (before
// 0.1.10). Whatever it is, there is one pickle with the structure, and storages with the elements beside it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/zip.h"
#include "formats/pytorch/pickle.h"
#include "ir/attribute.h"
#include "ir/dtype.h"

namespace haoline::pytorch {

// A flat run of elements; tensors are windows into one.
struct Storage {
  Bytes bytes;
  std::uint64_t offset = 0;  // in the file
  bool in_file = true;       // false: unpacked into the arena
};

// A tensor that a tar keeps beside the pickle instead of in it.
struct TarTensor {
  std::string_view storage;  // key
  std::uint64_t storage_offset = 0;
  std::vector<std::int64_t> extents, strides;
};

// A pickle and the storages that its persistent ids name.
struct Archive {
  pickle::Pickle pickle;
  std::unordered_map<std::string_view, Storage> storages;
  std::unordered_map<std::string_view, TarTensor> tensors;  // of a tar, by key
  std::unordered_map<std::string_view, DType> types;        // of a tar's storages, by key
  std::string_view place = "data.pkl";
  std::uint64_t offset = 0;  // of the pickle in the file
  FileId file{0};            // which of the model's files this is
};

// Element type of a storage class or a dtype: "FloatStorage", "float32". Quantized ones are the integers
// they store. Unknown for UntypedStorage and for what torch does not have.
struct ElementType {
  DType dtype = DType::unknown;
  bool quantized = false;
  bool is_bytes = false;   // an untyped storage: counts are bytes
  std::uint64_t bits = 0;  // per counted element
};
ElementType storage_type(std::string_view name);
ElementType dtype_called(std::string_view name);

bool sniff_legacy(Bytes head);
bool sniff_tar(Bytes head);

Result<Archive> open_legacy(Bytes file, Arena& arena);
Result<Archive> open_tar(Bytes file, Arena& arena);
// A pickle of a zip with its storages in the folder `data` beside it (both below `folder`).
Result<Archive> open_zip_record(Zip& zip, const ZipMember& pickle, std::string_view data_folder,
                                Arena& arena);

Error located(ErrorKind kind, std::string_view place, std::uint64_t offset, std::string message,
              std::string advice);

}  // namespace haoline::pytorch
