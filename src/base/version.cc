#include "base/version.h"

namespace haoline {

std::string_view version() {
  return HAOLINE_VERSION;
}

}  // namespace haoline
