#include "formats/flax/reader.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/text.h"
#include "formats/flax/wire.h"
#include "formats/shared/stored_tensors.h"

namespace haoline::flax {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxRank = 64;
constexpr std::size_t kLongestShown = 4096;
constexpr std::string_view kDamaged = "The file is cut short or damaged; download it again.";

// One array: what stands in its extension value.
struct Array {
  std::string_view dtype;
  SmallVector<std::int64_t, 8> extents;
  Bytes data;
};

std::optional<Array> parse_array(Bytes payload) {
  Cursor cursor(payload);
  const auto head = cursor.next();
  if (!head || head->kind != Kind::list || head->size != 3) return std::nullopt;
  const auto shape = cursor.next();
  if (!shape || shape->kind != Kind::list || shape->size > kMaxRank) return std::nullopt;
  Array array;
  for (std::uint64_t i = 0; i < shape->size; ++i) {
    const auto extent = cursor.next();
    if (!extent || extent->kind != Kind::integer || extent->integer < 0) return std::nullopt;
    array.extents.push_back(extent->integer);
  }
  const auto dtype = cursor.next();
  const auto data = cursor.next();
  if (!dtype || (dtype->kind != Kind::text && dtype->kind != Kind::bytes) || !data ||
      (data->kind != Kind::bytes && data->kind != Kind::text))
    return std::nullopt;
  array.dtype = as_text(dtype->payload);
  array.data = data->payload;
  return array;
}

// NumPy's names are ours, but for these.
DType dtype_of(std::string_view name) {
  if (name == "bool_" || name == "bool") return DType::boolean;
  if (name == "V2") return DType::bfloat16;  // as written before NumPy knew the name
  if (name == "float8_e8m0fnu") return DType::float8_e8m0;
  if (name == "float4_e2m1fn") return DType::float4_e2m1;
  if (name == "float6_e2m3fn") return DType::float6_e2m3;
  if (name == "float6_e3m2fn") return DType::float6_e3m2;
  return dtype_named(name).value_or(DType::unknown);
}

// Of the elements of a sub-byte type NumPy spends a whole byte on each.
std::uint64_t stored_size(DType dtype, Int128 elements) {
  const auto size =
      info(dtype).block_elements > 1 ? std::optional<Int128>(elements) : byte_size(dtype, elements);
  return size && *size <= Int128{INT64_MAX} ? static_cast<std::uint64_t>(*size) : 0;
}

class Reader {
 public:
  Reader(Bytes file, const ReadOptions& options) : file_(file), cursor_(file), tensors_(model_) {
    model_.format = "flax";
    main_ = model_.files.add({std::string(options.name), "model", file});
    model_.graphs.add(Graph());
    tensors_.add_region(main_, 0, 0);
  }

  Result<Model> run() {
    if (!value("", 0)) return error();
    if (cursor_.left() != 0) {
      model_.findings.push_back(
          {FindingKind::unread_content, Message(counted(cursor_.left(), "byte") + " behind the tree")});
    }
    tensors_.finish();
    return std::move(model_);
  }

 private:
  Error error() const {
    Error error;
    error.kind = failed_at_ >= file_.size() ? ErrorKind::truncated : ErrorKind::malformed;
    error.path = path_;
    error.offset = failed_at_;
    error.has_offset = true;
    error.message = failed_.empty() ? "is no MessagePack, or ends inside a value" : failed_;
    error.advice = std::string(kDamaged);
    return error;
  }
  bool fail(std::uint64_t at, std::string message = {}) {
    if (!has_failed_) {
      has_failed_ = true;
      failed_at_ = at;
      failed_ = std::move(message);
    }
    return false;
  }

  bool value(const std::string& name, int depth) {
    const std::uint64_t at = cursor_.at();
    if (depth > kMaxDepth) return fail(at, "nests deeper than " + std::to_string(kMaxDepth));
    const auto token = cursor_.next();
    if (!token) return fail(at);
    switch (token->kind) {
      case Kind::map:
        return map(*token, name, depth);
      case Kind::list:
        return list(*token, name, depth);
      case Kind::extension:
        return extension(*token, name);
      default:
        describe(*token, name);
        return true;
    }
  }

  static std::string below(const std::string& name, std::string_view key) {
    return name.empty() ? std::string(key) : name + "/" + std::string(key);
  }

  bool map(const Token& token, const std::string& name, int depth) {
    if (is_chunked(token)) return chunked(token, name);
    for (std::uint64_t i = 0; i < token.size; ++i) {
      const auto key = cursor_.next();
      if (!key || key->kind == Kind::map || key->kind == Kind::list)
        return fail(cursor_.at(), "has a key that is no text");
      const std::string word =
          key->kind == Kind::integer ? std::to_string(key->integer) : std::string(as_text(key->payload));
      if (!value(below(name, word), depth + 1)) return false;
    }
    return true;
  }

  bool list(const Token& token, const std::string& name, int depth) {
    for (std::uint64_t i = 0; i < token.size; ++i) {
      if (!value(below(name, std::to_string(i)), depth + 1)) return false;
    }
    return true;
  }

  // Its mark is the first key.
  bool is_chunked(const Token& token) const {
    Cursor ahead = cursor_;
    const auto key = token.size == 0 ? std::nullopt : ahead.next();
    return key && key->text() == kChunked;
  }

  bool chunked(const Token& token, const std::string& name) {
    SmallVector<std::int64_t, 8> extents;
    std::vector<ByteSpan> pieces;
    DType dtype = DType::unknown;
    const std::uint64_t begin = token.at;
    for (std::uint64_t i = 0; i < token.size; ++i) {
      const auto key = cursor_.next();
      if (!key) return fail(cursor_.at());
      if (key->text() != "shape" && key->text() != "chunks") {
        if (!skip(cursor_)) return fail(cursor_.at());
        continue;
      }
      const auto inner = cursor_.next();
      const bool has_keys = inner && inner->kind == Kind::map;
      if (!inner || (!has_keys && inner->kind != Kind::list)) return fail(cursor_.at());
      for (std::uint64_t j = 0; j < inner->size; ++j) {
        if (has_keys && !skip(cursor_)) return fail(cursor_.at());
        const auto one = cursor_.next();
        if (!one) return fail(cursor_.at());
        if (key->text() == "shape") {
          if (one->kind != Kind::integer || one->integer < 0 || extents.size() >= kMaxRank)
            return fail(one->at, "has a shape that no tensor can have");
          extents.push_back(one->integer);
          continue;
        }
        const auto piece = one->kind == Kind::extension ? parse_array(one->payload) : std::nullopt;
        if (!piece) return fail(one->at, "has a chunk that is no array");
        dtype = dtype_of(piece->dtype);
        pieces.push_back({main_, ByteLabel::weights, dtype, offset_of(piece->data), piece->data.size()});
      }
    }
    if (pieces.empty()) return fail(begin, "has an array in chunks without chunks");
    StoredTensors::Stored stored{.name = model_.arena.text(name), .dtype = dtype, .file = main_};
    stored.extents = model_.arena.copy(std::span<const std::int64_t>(extents.begin(), extents.size()));
    stored.pieces = pieces;
    tensors_.add(stored);
    return true;
  }

  std::uint64_t offset_of(Bytes data) const { return static_cast<std::uint64_t>(data.data() - file_.data()); }

  bool extension(const Token& token, const std::string& name) {
    if (token.code != kArray && token.code != kScalar) {
      describe(token, name);
      return true;
    }
    const auto array = parse_array(token.payload);
    if (!array) return fail(token.at, "has an array that is damaged");
    StoredTensors::Stored stored{
        .name = model_.arena.text(name), .dtype = dtype_of(array->dtype), .file = main_};
    stored.extents =
        model_.arena.copy(std::span<const std::int64_t>(array->extents.begin(), array->extents.size()));
    stored.offset = offset_of(array->data);
    stored.size = array->data.size();
    std::optional<Int128> elements = 1;
    for (const std::int64_t extent : array->extents)
      elements = elements ? checked_mul(*elements, extent) : std::nullopt;
    if (!elements || (stored.dtype != DType::unknown && stored_size(stored.dtype, *elements) != stored.size))
      return fail(token.at, "has an array of " + counted(stored.size, "byte") + ", its shape needs others");
    stored.is_readable = info(stored.dtype).block_elements == 1;
    tensors_.add(stored);
    return true;
  }

  // Steps, hyperparameters and the like.
  void describe(const Token& token, const std::string& name) {
    std::string shown;
    char room[40];
    switch (token.kind) {
      case Kind::boolean:
        shown = token.integer != 0 ? "true" : "false";
        break;
      case Kind::integer:
        shown = std::to_string(token.integer);
        break;
      case Kind::real:
        shown.assign(room, std::to_chars(room, room + sizeof room, token.real).ptr);
        break;
      case Kind::text:
        shown = token.text().substr(0, kLongestShown);
        break;
      case Kind::extension:
        shown = "extension " + std::to_string(token.code);
        break;
      default:
        return;
    }
    model_.metadata.push_back({model_.arena.text(name), model_.arena.text(shown)});
  }

  Bytes file_;
  Cursor cursor_;
  Model model_;
  StoredTensors tensors_;
  FileId main_;
  bool has_failed_ = false;
  std::uint64_t failed_at_ = 0;
  std::string failed_, path_ = "tree";
};

// Follows the tree from its first leaf on as far as the probe reaches: an array of Flax's kind claims the
// file.
bool finds_array(Cursor& cursor, int depth, int& budget, bool& is_damaged) {
  const auto token = cursor.next();
  if (!token || --budget < 0) return is_damaged = true, false;
  if (token->kind == Kind::extension) return token->code == kArray && parse_array(token->payload).has_value();
  if (depth > kMaxDepth) return is_damaged = true, false;
  const bool is_map = token->kind == Kind::map;
  if (!is_map && token->kind != Kind::list) return false;
  for (std::uint64_t i = 0; i < token->size; ++i) {
    if (is_map) {
      const auto key = cursor.next();
      if (!key || key->kind != Kind::text) return is_damaged = true, false;
    }
    if (finds_array(cursor, depth + 1, budget, is_damaged)) return true;
    if (is_damaged) return false;
  }
  return false;
}

}  // namespace

bool sniff(const Probe& probe) {
  if (probe.all.empty()) return false;
  const auto first = std::to_integer<unsigned>(probe.all[0]);
  const bool is_map = (first > 0x80 && first < 0x90) || first == 0xde || first == 0xdf;
  if (!is_map) return false;
  Cursor cursor(probe.all);
  bool is_damaged = false;
  int budget = 1000;  // values
  return finds_array(cursor, 0, budget, is_damaged);
}

Result<Model> read(Bytes file, const ReadOptions& options) {
  return Reader(file, options).run();
}

}  // namespace haoline::flax
