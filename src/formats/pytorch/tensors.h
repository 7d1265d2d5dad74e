// Tensors as a pickle describes them: a storage, an offset into it, extents and strides; or one of the calls
// that wrap such a description (parameters, quantized and sparse tensors, subclasses).
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "formats/pytorch/archive.h"
#include "ir/model.h"

namespace haoline::pytorch {

struct StoredTensor {
  TensorData data;
  const Quantization* quantization = nullptr;
  Trained trained = Trained::unsaid;  // a Parameter says so itself
  std::string_view subclass;          // "torchao.quantization.Int8Tensor": how it is wrapped; else empty
  std::uint64_t window_offset = 0;    // of all its bytes in the file, and how many; for the labels of bytes
  std::uint64_t window_size = 0;
  bool window_in_file = false;
};

class TensorReader {
 public:
  TensorReader(const Archive& archive, Model& model) : archive_(archive), model_(model) {}

  // Null: no tensor, or there is an error.
  const StoredTensor* read(pickle::Ref ref) { return read(ref, 0); }
  bool is_tensor(pickle::Ref ref) const;
  const std::optional<Error>& error() const { return error_; }
  // Attributes of a tensor subclass, which its elements lie in (torchao: qdata, scale). kNone for others.
  pickle::Ref parts(pickle::Ref ref) const;

 private:
  struct Window {
    DType dtype = DType::unknown;
    std::uint64_t bits = 0;
    Storage storage;
    std::uint64_t offset = 0;  // elements
    std::vector<std::int64_t> extents, strides;
    pickle::Ref at = pickle::kNone;
  };

  const StoredTensor* read(pickle::Ref ref, int depth);
  bool read_call(pickle::Ref ref, StoredTensor& out, int depth);
  bool read_strided(pickle::Ref ref, StoredTensor& out);
  bool read_quantized(pickle::Ref ref, StoredTensor& out, int depth);
  bool read_sparse(pickle::Ref ref, StoredTensor& out, int depth);
  bool read_meta(pickle::Ref ref, StoredTensor& out, std::size_t dtype, std::size_t extents);
  bool read_typed(pickle::Ref ref, StoredTensor& out, int depth);
  bool read_numpy(pickle::Ref array, StoredTensor& out);
  bool read_tar(std::string_view key, const TarTensor& tensor, StoredTensor& out);
  bool find_storage(pickle::Ref ref, Window& window);
  bool read_integers(pickle::Ref ref, std::vector<std::int64_t>& out);
  bool place(const Window& window, StoredTensor& out);
  void copy_strided(const Window& window, TensorData& data, Bytes elements);
  bool fail(ErrorKind kind, pickle::Ref at, std::string message);

  const Archive& archive_;
  Model& model_;
  std::unordered_map<pickle::Ref, StoredTensor> known_;
  std::optional<Error> error_;
};

}  // namespace haoline::pytorch
