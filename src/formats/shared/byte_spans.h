// The labels of a model's bytes, put in order once its reader is done.
#pragma once

#include "ir/model.h"

namespace haoline {

// Sorts the spans and removes overlaps: of two labels for one byte the first in the file stays, so that what
// is read again (functions that are called twice, shared storage) counts once.
void settle_spans(Model& model);

// Files that hold nothing but tensors: what lies between two of them is padding if it is shorter than an
// alignment that explains it, else nothing refers to it. Call after settle_spans.
void label_gaps(Model& model, FileId file);

}  // namespace haoline
