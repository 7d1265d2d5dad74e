#include "formats/pytorch/reading.h"
namespace haoline::pytorch {
void read_script(Reading& r, Zip&, std::string_view) {
  r.fail(located(ErrorKind::unsupported, "zip", 0, "TorchScript is not read yet", ""));
}
void read_exported(Reading& r, Zip&) {
  r.fail(located(ErrorKind::unsupported, "zip", 0, "pt2 is not read yet", ""));
}
}  // namespace haoline::pytorch
