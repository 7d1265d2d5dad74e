// TorchScript: modules as pickled objects, their methods as source code.
#include "formats/pytorch/interpreter.h"

namespace haoline::pytorch {

void read_script(Reading& r, Zip& zip, std::string_view folder) {
  Objects objects(r, zip, folder);
  if (!objects.open()) {
    if (r.ok()) {
      r.fail(located(ErrorKind::malformed, "zip", 0, "the archive lacks data.pkl or constants.pkl",
                     "The file is incomplete; save it again with torch.jit.save."));
    }
    return;
  }
  Interpreter(r, objects).run();
  if (r.ok()) settle_inputs(r, zip, folder);
}

}  // namespace haoline::pytorch
