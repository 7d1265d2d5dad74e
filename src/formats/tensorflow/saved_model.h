// A SavedModel or MetaGraph: a graph with signatures, objects and, in files beside it, variables.
#pragma once

#include "formats/shared/graphdef_build.h"

namespace haoline::tensorflow {

struct Source {
  Bytes file;  // the wire bytes: of the file, or made from its text
  bool is_text = false;
  const ReadOptions& options;
  FileProvider* files = nullptr;  // of the SavedModel's folder; null: there are no other files
};

// `model` has its main file already.
Result<Model> read_saved_model(const Source& source, Model model);
Result<Model> read_meta_graph(const Source& source, Model model);
Result<Model> read_frozen_graph(const Source& source, Model model);

}  // namespace haoline::tensorflow
