// A layers-model: a Keras config and its weights.
#include "formats/tfjs/reading.h"

namespace haoline::tfjs {

Result<Model> read_layers_model(const Input&) {
  Error error;
  error.kind = ErrorKind::unsupported;
  error.message = "is a layers-model of TensorFlow.js, which haoline does not read yet";
  error.advice = "Give the Keras model it was made from.";
  return error;
}

}  // namespace haoline::tfjs
