// A mutator that knows protobuf: it takes a file apart into its fields, changes the tree, and writes it again
// with lengths that are right. Plain byte flips nearly always break a length and die in the first record.
#pragma once

#include <cstddef>
#include <cstdint>

namespace haoline::fuzz {

// The contract of LLVMFuzzerCustomMutator.
std::size_t mutate_protobuf(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

}  // namespace haoline::fuzz
