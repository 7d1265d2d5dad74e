#include "formats/shared/looks_like.h"

#include <algorithm>

namespace haoline {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t at;
  std::string_view magic;
  Likeness likeness;
};

constexpr std::string_view kNotYet = "Convert the model to ONNX to inspect it now.";
constexpr std::string_view kDownload = "Download the file itself.";

constexpr Signature kSignatures[] = {
    {0, "lmgg"sv, {"looks like a ggml file from before GGUF, which haoline does not read", kNotYet}},
    {0, "tjgg"sv, {"looks like a ggml file from before GGUF, which haoline does not read", kNotYet}},
    {0, "fmgg"sv, {"looks like a ggml file from before GGUF, which haoline does not read", kNotYet}},
    {4,
     "TFL"sv,
     {"looks like TensorFlow Lite with a schema that haoline does not read", "Convert the model again."}},
    {0,
     "PK\x03\x04"sv,
     {"looks like a zip archive (PyTorch, a packed model), which haoline does not read yet", kNotYet}},
    {0, "\x1f\x8b"sv, {"is compressed with gzip", "Unpack it first."}},
    {0, "\x28\xb5\x2f\xfd"sv, {"is compressed with zstd", "Unpack it first."}},
    {0, "BZh"sv, {"is compressed with bzip2", "Unpack it first."}},
    {0,
     "\xfd"
     "7zXZ"sv,
     {"is compressed with xz", "Unpack it first."}},
    {257, "ustar"sv, {"looks like a tar archive, which haoline does not read yet", "Unpack it first."}},
    {0, "\x80\x02"sv, {"looks like a Python pickle (PyTorch), which haoline does not read yet", kNotYet}},
    {0, "\x80\x03"sv, {"looks like a Python pickle, which haoline does not read yet", kNotYet}},
    {0, "\x80\x04"sv, {"looks like a Python pickle, which haoline does not read yet", kNotYet}},
    {0, "\x93NUMPY"sv, {"looks like a NumPy array, which is no model", ""}},
    {0, "version https://git-lfs"sv, {"is a Git LFS pointer, not the model itself", "Run `git lfs pull`."}},
    {0, "<!DOCTYPE"sv, {"is a web page, not a model", kDownload}},
    {0, "<!doctype"sv, {"is a web page, not a model", kDownload}},
    {0, "<html"sv, {"is a web page, not a model", kDownload}},
    {0, "<?xml"sv, {"is XML, but no OpenVINO IR", "Give the .xml of the model."}},
    {64, "\xef\xbe\xad\xde"sv, {"is the weight file of a Core ML package", "Give the .mlpackage folder."}},
    {0, "\xf6\x01\0\0"sv, {"is a piece of a compiled Core ML model", "Give the .mlmodelc folder."}},
    {0,
     "ftrt"sv,
     {"looks like a TensorRT engine, which haoline does not read", "Give the model it was built from."}},
    {0,
     "ptrt"sv,
     {"looks like a TensorRT engine, which haoline does not read", "Give the model it was built from."}},
    {0, "7767517"sv, {"looks like ncnn, which haoline does not read", kNotYet}},
    {0,
     "\x7f"
     "ELF"sv,
     {"is a program or library, not a model", ""}},
    {0, "%PDF"sv, {"is a PDF document, not a model", ""}},
    {0, "\x89PNG"sv, {"is a picture, not a model", ""}},
    {0, "{"sv, {"looks like JSON, which haoline does not read yet", kNotYet}},
    {0,
     "ir_version:"sv,
     {"looks like ONNX in text form, which haoline does not read", "Save it as binary ONNX."}},
};

bool matches(Bytes file, const Signature& signature) {
  const std::string_view text = as_text(file);
  return text.size() >= signature.at && text.substr(signature.at).starts_with(signature.magic);
}

// The protobuf formats have no magic number. A SavedModel begins with version 1 and a message; a GraphDef and
// a Caffe model with a message or a text in field 1; Core ML with its version and a description.
bool is_core_ml(std::string_view text) {
  return text.size() > 64 && text[0] == '\x08' && text[1] >= 1 && text[1] <= 16 && text[2] == '\x12';
}

// Pieces of a model that cannot be told by their bytes.
struct Piece {
  std::string_view within;  // of the name
  Likeness likeness;
};
constexpr std::string_view kGiveFolder = "Give the folder that holds saved_model.pb.";
constexpr Piece kPieces[] = {
    {".data-0", {"holds values of TensorFlow variables, which say nothing without their graph", kGiveFolder}},
    {"keras_metadata.pb", {"describes the Keras layers of a SavedModel", kGiveFolder}},
    {"fingerprint.pb", {"is the fingerprint of a SavedModel", kGiveFolder}},
};

const Likeness* piece_named(std::string_view name) {
  for (const Piece& piece : kPieces) {
    if (name.find(piece.within) != std::string_view::npos) return &piece.likeness;
  }
  return nullptr;
}

}  // namespace

Likeness looks_like(Bytes file, std::string_view name) {
  const std::string_view text = as_text(file);
  if (text.empty()) return {"is empty", "Download it again."};
  if (text[0] == '{' && text.substr(0, 4096).find("\"rootModelIdentifier\"") != std::string_view::npos)
    return {"is the manifest of a Core ML package", "Give the .mlpackage folder."};
  for (const Signature& signature : kSignatures) {
    if (matches(file, signature)) return signature.likeness;
  }
  if (const Likeness* piece = piece_named(name)) return *piece;
  if (is_core_ml(text)) return {"looks like Core ML, which haoline does not read yet", kNotYet};
  if (text[0] == '\x0a' && text.size() > 64) {
    return {"looks like a protobuf file (Caffe, something else), but not like ONNX or TensorFlow", kNotYet};
  }
  const bool is_zero =
      std::all_of(text.begin(), text.begin() + std::min<std::ptrdiff_t>(std::ssize(text), 4096),
                  [](char c) { return c == 0; });
  if (is_zero) return {"begins with zeros only", "The download did not finish; download it again."};
  return {"is no model that haoline knows", "Check the file's name, or download it again."};
}

}  // namespace haoline
