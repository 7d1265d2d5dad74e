// Any bytes as an HDF5 file: everything that can be asked of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "formats/shared/hdf5.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace haoline;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  const Result<hdf5::File> file = hdf5::File::open(bytes);
  if (!file) {
    if (file.error().to_string().empty()) std::abort();
    return 0;
  }
  Arena arena;
  for (const hdf5::Object& object : file->objects()) {
    if (object.is_dataset) {
      (void)file->read(object, arena);
      for (const hdf5::Stretch& stretch : file->stored(object)) {
        if (stretch.offset > size || stretch.size > size - stretch.offset) std::abort();
      }
    }
    for (const hdf5::Attribute& attribute : object.attributes) (void)file->texts(attribute);
  }
  return 0;
}
