// Weights and contexts of a language model as tables of text, for the terminal and for Markdown.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"

namespace haoline {

struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::string remark;  // below it; may be empty
};

TextTable weight_group_table(const QuantizationInfo& quantization);
TextTable context_table(const MemoryInfo& memory);

// "4.50 bits a weight"; empty where it is not known.
std::string bits_per_weight_text(std::optional<double> bits);

// The layers that keep something, "22 layers of 4 heads of 64, 4 layers of a window of 512".
std::string cache_text(const KvCacheInfo& cache);

// Lines of a table whose first column is on the left and the others on the right.
std::vector<std::string> lines_of(const TextTable& table);

}  // namespace haoline
