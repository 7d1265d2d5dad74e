// The fast Fourier transform as arithmetic, for every operator that runs one.
#pragma once

#include "ops/op_row.h"

namespace haoline {

// `count` transforms of `points` points each; unknown unless the points are a number.
void add_transform(Cost& cost, const OpCall& call, Dim points, Dim count);

}  // namespace haoline
