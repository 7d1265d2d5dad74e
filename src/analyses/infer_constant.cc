// Facts of stored constants. Small integers, and very small floats, become values that rules can follow.
#include "analyses/infer_engine.h"
#include "ops/tensor_value.h"

namespace haoline::engine {

OperandFacts constant_facts(Engine& engine, const TensorData& data) {
  OperandFacts facts;
  facts.type.dtype = data.dtype;
  facts.shape = shape_of(data, engine.pool);
  facts.is_constant = true;
  const std::size_t count = decodable_elements(data);
  if (count > engine.decoded_left) return facts;
  engine.decoded_left -= count;
  facts.value = value_of(data, engine.pool);
  return facts;
}

}  // namespace haoline::engine
