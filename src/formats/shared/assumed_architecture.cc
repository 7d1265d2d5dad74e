#include "formats/shared/huggingface.h"

namespace haoline {

void assume_architecture(Model&) {}

}  // namespace haoline
