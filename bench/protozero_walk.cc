// The floor for reading an ONNX file: every field of every graph record visited once with protozero over the mapped
// bytes, nothing kept. Prints the number of nodes, so that the work cannot be optimized away.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdio>
#include <protozero/pbf_reader.hpp>

namespace {

std::size_t fields = 0;

void walk_record(protozero::pbf_reader record) {
  while (record.next()) {
    ++fields;
    record.skip();
  }
}

void walk_node(protozero::pbf_reader node) {
  while (node.next()) {
    ++fields;
    if (node.tag() == 5) {
      walk_record(node.get_message());
    } else if (node.wire_type() == protozero::pbf_wire_type::length_delimited) {
      fields += node.get_view().size() == 0;
    } else {
      node.skip();
    }
  }
}

std::size_t walk_graph(protozero::pbf_reader graph) {
  std::size_t nodes = 0;
  while (graph.next()) {
    ++fields;
    switch (graph.tag()) {
      case 1:
        ++nodes;
        walk_node(graph.get_message());
        break;
      case 5:
      case 11:
      case 12:
      case 13:
        walk_record(graph.get_message());
        break;
      default:
        graph.skip();
    }
  }
  return nodes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const int file = open(argv[1], O_RDONLY);
  struct stat info {};
  if (file < 0 || fstat(file, &info) != 0) return 2;
  const auto size = static_cast<std::size_t>(info.st_size);
  const auto* bytes = static_cast<const char*>(mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0));
  protozero::pbf_reader model(bytes, size);
  std::size_t nodes = 0;
  while (model.next()) {
    if (model.tag() == 7) {
      nodes = walk_graph(model.get_message());
    } else {
      model.skip();
    }
  }
  std::printf("%zu nodes, %zu fields\n", nodes, fields);
  return 0;
}
