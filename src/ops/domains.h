// Who defines operators that haoline does not know, for the finding that names one.
#pragma once

#include <string_view>

namespace haoline {

// "belongs to onnxruntime-extensions, …"; empty for a domain nobody has heard of.
std::string_view domain_hint(std::string_view domain);

}  // namespace haoline
