// The floor for reading an ONNX file: every field of every record visited once, to the leaves, with protozero
// over the mapped bytes; strings are views, numbers are decoded, nothing is kept. Prints the number of nodes
// and fields, so that the work cannot be optimized away.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <protozero/pbf_reader.hpp>

namespace {

// Which fields of a record are records themselves: {field, kind of that record}.
enum Kind {
  kModel,
  kGraph,
  kNode,
  kAttribute,
  kTensor,
  kValueInfo,
  kType,
  kTensorType,
  kShape,
  kDim,
  kEntry,
  kKinds
};
struct Child {
  unsigned field;
  Kind kind;
};
constexpr std::array<std::array<Child, 8>, kKinds> kChildren = {{
    {{{7, kGraph}, {8, kEntry}, {14, kEntry}}},  // model
    {{{1, kNode},
      {5, kTensor},
      {11, kValueInfo},
      {12, kValueInfo},
      {13, kValueInfo},
      {16, kEntry}}},                                                         // graph
    {{{5, kAttribute}, {9, kEntry}}},                                         // node
    {{{5, kTensor}, {6, kGraph}, {10, kTensor}, {11, kGraph}, {14, kType}}},  // attribute
    {{{13, kEntry}}},                                                         // tensor
    {{{2, kType}, {4, kEntry}}},                                              // value info
    {{{1, kTensorType}}},                                                     // type
    {{{2, kShape}}},                                                          // tensor type
    {{{1, kDim}}},                                                            // shape
    {},                                                                       // dim
    {},                                                                       // entry
}};

struct Totals {
  std::size_t nodes = 0, fields = 0;
  std::uint64_t sum = 0;
};

void walk(protozero::pbf_reader record, Kind kind, Totals& totals) {
  totals.nodes += kind == kNode;
  while (record.next()) {
    ++totals.fields;
    if (record.wire_type() == protozero::pbf_wire_type::varint) {
      totals.sum += record.get_uint64();
      continue;
    }
    if (record.wire_type() != protozero::pbf_wire_type::length_delimited) {
      record.skip();
      continue;
    }
    const unsigned field = record.tag();
    const protozero::data_view view = record.get_view();
    totals.sum += view.size();
    for (const Child& child : kChildren[kind]) {
      if (child.field == field) walk(protozero::pbf_reader(view), child.kind, totals);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const int file = open(argv[1], O_RDONLY);
  struct stat info{};
  if (file < 0 || fstat(file, &info) != 0) return 2;
  const auto size = static_cast<std::size_t>(info.st_size);
  const auto* bytes = static_cast<const char*>(mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0));
  Totals totals;
  walk(protozero::pbf_reader(bytes, size), kModel, totals);
  std::printf("%zu nodes, %zu fields, %llu\n", totals.nodes, totals.fields,
              static_cast<unsigned long long>(totals.sum));
  return 0;
}
