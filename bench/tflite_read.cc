// The cost of reading TFLite files beside a walk that touches the same records without looking: every tensor,
// operator and buffer of every subgraph by raw offsets, as generated accessors do. Prints both in
// microseconds and the ratio.
//
//   tflite_read FILE…
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "formats/tflite/reader.h"

namespace {

using Clock = std::chrono::steady_clock;

template <class T>
T at(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}
const char* field(const char* table, int slot) {
  const char* vtable = table - at<std::int32_t>(table);
  const int entry = 4 + 2 * slot;
  if (entry >= at<std::uint16_t>(vtable)) return nullptr;
  const std::uint16_t offset = at<std::uint16_t>(vtable + entry);
  return offset == 0 ? nullptr : table + offset;
}
const char* follow(const char* p) {
  return p == nullptr ? nullptr : p + at<std::uint32_t>(p);
}
template <class Visit>
void each(const char* table, int slot, Visit visit) {
  const char* list = follow(field(table, slot));
  if (list == nullptr) return;
  for (std::uint32_t i = 0; i < at<std::uint32_t>(list); ++i) visit(follow(list + 4 + 4 * i));
}
std::uint64_t numbers(const char* table, int slot) {
  const char* list = follow(field(table, slot));
  std::uint64_t sum = 0;
  if (list == nullptr) return sum;
  for (std::uint32_t i = 0; i < at<std::uint32_t>(list); ++i) sum += at<std::uint32_t>(list + 4 + 4 * i);
  return sum;
}
std::uint64_t length(const char* table, int slot) {
  const char* list = follow(field(table, slot));
  return list == nullptr ? 0 : at<std::uint32_t>(list);
}

// Shapes, names, quantization, operands, options: what a listing shows.
std::uint64_t walk(const std::string& file) {
  std::uint64_t sum = 0;
  const char* model = follow(file.data());
  each(model, 1, [&](const char* code) {
    sum += length(code, 1) + (field(code, 3) ? at<std::uint32_t>(field(code, 3)) : 0);
  });
  each(model, 4, [&](const char* buffer) { sum += length(buffer, 0); });
  each(model, 2, [&](const char* graph) {
    sum += numbers(graph, 1) + numbers(graph, 2);
    each(graph, 0, [&](const char* tensor) {
      sum += numbers(tensor, 0) + numbers(tensor, 7) + length(tensor, 3);
      if (const char* quantization = follow(field(tensor, 4)))
        sum += numbers(quantization, 2) + length(quantization, 3);
    });
    each(graph, 3, [&](const char* op) {
      sum += numbers(op, 1) + numbers(op, 2);
      if (const char* options = follow(field(op, 4))) {
        for (int slot = 0; slot < 6; ++slot) sum += field(options, slot) != nullptr;
      }
    });
  });
  return sum;
}

template <class Run>
double microseconds(Run run) {
  constexpr int kRuns = 300;
  double best = 1e9;
  for (int i = 0; i < kRuns; ++i) {
    const auto begin = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t sum = 0;
  double all_walks = 0, all_reads = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const double plain = microseconds([&] { sum += walk(file); });
    const double read =
        microseconds([&] { sum += haoline::tflite::read(haoline::as_bytes(file), {}) ? 1 : 0; });
    std::printf("%8.1f %8.1f %6.1f  %s\n", plain, read, read / plain, argv[i]);
    all_walks += plain;
    all_reads += read;
  }
  std::printf("%8.1f %8.1f %6.1f  all (%llu)\n", all_walks, all_reads, all_reads / all_walks,
              static_cast<unsigned long long>(sum % 10));
}
