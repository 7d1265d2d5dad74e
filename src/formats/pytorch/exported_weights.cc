// Weights and sizes of an exported program.
#include <algorithm>

#include "formats/pytorch/exported.h"
#include "formats/pytorch/syntax.h"

namespace haoline::pytorch {
namespace {

using syntax::Expression;
using syntax::Index;
using syntax::kNothing;

// An expression of sizes, in sympy's own spelling or as arithmetic.
class SizeExpression {
 public:
  SizeExpression(const syntax::Program& program, DimPool& pool) : p_(program), pool_(pool) {}

  Dim read(Index index, int depth = 0) const {
    if (index == kNothing || depth > 40) return Dim::unknown();
    const Expression& e = p_.expressions[index];
    switch (e.kind) {
      case Expression::Kind::integer:
        return pool_.number(e.integer);
      case Expression::Kind::name:
        return pool_.symbol(e.text);
      case Expression::Kind::unary:
        return e.text == "-" ? pool_.negate(read(e.first, depth + 1)) : Dim::unknown();
      case Expression::Kind::binary:
        return combine(e.text, read(e.first, depth + 1), read(e.second, depth + 1));
      case Expression::Kind::call:
        return call(e, depth);
      default:
        return Dim::unknown();
    }
  }

 private:
  Dim combine(std::string_view sign, Dim a, Dim b) const {
    if (sign == "+") return pool_.add(a, b);
    if (sign == "-") return pool_.subtract(a, b);
    if (sign == "*") return pool_.multiply(a, b);
    if (sign == "//") return pool_.floor_div(a, b);
    if (sign == "%") return pool_.mod(a, b);
    return sign == "**" ? power(a, b) : Dim::unknown();
  }
  Dim power(Dim base, Dim exponent) const {
    const std::optional<Int128> times = pool_.constant(exponent);
    if (!times || *times < 0 || *times > 16) return Dim::unknown();
    Dim out = 1;
    for (Int128 i = 0; i < *times; ++i) out = pool_.multiply(out, base);
    return out;
  }
  Dim call(const Expression& e, int depth) const {
    const std::string_view name = p_.expressions[e.first].text;
    const auto argument = [&](std::size_t i) {
      return i < e.items.size() ? read(e.items[i], depth + 1) : Dim::unknown();
    };
    if (name == "Symbol" && !e.items.empty()) return pool_.symbol(p_.expressions[e.items[0]].text);
    if (name == "Integer") return argument(0);
    if (name == "FloorDiv" || name == "CleanDiv" || name == "IntTrueDiv")
      return pool_.floor_div(argument(0), argument(1));
    if (name == "CeilDiv" || name == "CeilToInt") return pool_.ceil_div(argument(0), argument(1));
    if (name == "Mod" || name == "PythonMod") return pool_.mod(argument(0), argument(1));
    if (name == "Pow" || name == "PowByNatural") return power(argument(0), argument(1));
    Dim out = argument(0);
    for (std::size_t i = 1; i < e.items.size(); ++i) {
      const Dim next = argument(i);
      if (name == "Add") {
        out = pool_.add(out, next);
      } else if (name == "Mul") {
        out = pool_.multiply(out, next);
      } else if (name == "Max") {
        out = pool_.max(out, next);
      } else if (name == "Min") {
        out = pool_.min(out, next);
      } else {
        return Dim::unknown();
      }
    }
    return name == "Add" || name == "Mul" || name == "Max" || name == "Min" ? out : Dim::unknown();
  }

  const syntax::Program& p_;
  DimPool& pool_;
};

}  // namespace

Dim read_size(json::Value size, Reading& r) {
  if (size["as_int"].is_integer()) return r.model.dims->number(size["as_int"].integer());
  if (size.is_integer()) return r.model.dims->number(size.integer());
  const json::Value expression = size["as_expr"];
  const std::string_view text = expression.is_text() ? expression.text() : expression["expr_str"].text();
  if (text.empty() || text.size() > 4096) return Dim::unknown();
  const Result<syntax::Program> program = syntax::parse(text, "size", 0, r.model.arena);
  if (!program || program->body.size() != 1) return Dim::unknown();
  return SizeExpression(*program, *r.model.dims).read(program->statements[program->body[0]].value);
}

DType exported_dtype(std::int64_t code) {
  constexpr DType kTypes[] = {DType::unknown, DType::uint8,   DType::int8,      DType::int16,
                              DType::int32,   DType::int64,   DType::float16,   DType::float32,
                              DType::float64, DType::unknown, DType::complex64, DType::complex128,
                              DType::boolean, DType::bfloat16};
  if (code >= 0 && code < static_cast<std::int64_t>(std::size(kTypes))) return kTypes[code];
  switch (code) {
    case 28:
      return DType::uint16;
    case 29:
      return DType::float8_e4m3fn;
    case 30:
      return DType::float8_e5m2;
    case 31:
      return DType::float8_e4m3fnuz;
    case 32:
      return DType::float8_e5m2fnuz;
    default:
      return DType::unknown;
  }
}

// Three layouts, by age: a state_dict beside the program (serialized_state_dict.pt), one file per model in
// data/weights, one file per tensor with a list of them.
void ExportedWeights::open() {
  for (const ZipMember& member : zip_.members()) {
    if (!r_.ok()) return;
    const bool is_data = member.name.find("data/weights/") != std::string_view::npos ||
                         member.name.find("data/constants/") != std::string_view::npos;
    if (is_data && member.name.ends_with("_config.json")) {
      add_config(member);
    } else if (member.name.ends_with("serialized_state_dict.pt") ||
               member.name.ends_with("serialized_constants.pt") ||
               (is_data && member.name.ends_with(".pt"))) {
      add_pickled(member, {});
    }
  }
}

void ExportedWeights::add_config(const ZipMember& config) {
  const Result<Bytes> text = zip_.read(config, r_.model.arena);
  if (!text) return r_.fail(text.error());
  const Result<json::Document> document = json::Document::parse(*text, config.header);
  if (!document) return r_.fail(document.error());
  const std::string_view folder = config.name.substr(0, config.name.rfind('/') + 1);
  const json::Value entries = document->root()["config"];
  for (std::size_t i = 0; i < entries.size() && r_.ok(); ++i) {
    const json::Member entry = entries.member(i);
    add_raw(std::string(entry.key), folder, entry.value);
  }
}

void ExportedWeights::add_raw(const std::string& name, std::string_view folder, json::Value entry) {
  const ZipMember* member = zip_.find(std::string(folder) + std::string(entry["path_name"].text()));
  if (member == nullptr) return;
  if (entry["use_pickle"].boolean()) return add_pickled(*member, name);
  const json::Value meta = entry["tensor_meta"];
  const DType dtype = exported_dtype(meta["dtype"].integer());
  const Result<Bytes> bytes = member->is_stored() ? zip_.packed(*member) : zip_.read(*member, r_.model.arena);
  if (!bytes) return r_.fail(bytes.error());
  StoredTensor stored;
  std::vector<std::int64_t> extents;
  Int128 count = 1;
  for (std::size_t i = 0; i < meta["sizes"].size() && i < 64; ++i) {
    extents.push_back(meta["sizes"][i]["as_int"].integer(-1));
    const auto grown = extents.back() < 0 ? std::nullopt : checked_mul(count, extents.back());
    if (!grown) {
      return r_.fail(located(ErrorKind::malformed, member->name, member->header,
                             "has an extent that is no size", "The file is damaged; export it again."));
    }
    count = *grown;
  }
  const std::optional<Int128> size = byte_size(dtype, count);
  const Int128 begin = byte_size(dtype, meta["storage_offset"]["as_int"].integer()).value_or(0);
  if (size && (begin < 0 || begin + *size > static_cast<Int128>(bytes->size()))) {
    return r_.fail(located(ErrorKind::truncated, member->name, member->header,
                           "a tensor needs " + to_decimal(begin + *size) + " bytes, the file has " +
                               std::to_string(bytes->size()),
                           "The file is damaged; export it again."));
  }
  TensorData& data = stored.data;
  data.dtype = dtype;
  data.extents = r_.model.arena.copy(extents);
  data.stored_elements = static_cast<std::uint64_t>(count);
  if (size) {
    data.bytes = bytes->subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(*size));
    data.stored_bytes = data.bytes.size();
    if (member->is_stored()) {
      data.file = FileId{0};
      data.offset = static_cast<std::uint64_t>(data.bytes.data() - zip_.file().data());
      stored.window_offset = data.offset;
      stored.window_size = data.bytes.size();
      stored.window_in_file = true;
    }
  } else {
    data.encoding = TensorData::Encoding::absent;
  }
  if (tensors_.emplace(name, stored).second) order_.push_back(name);
}

// A file of torch.save inside the archive: one tensor (`only` is its name), or a dictionary of them.
void ExportedWeights::add_pickled(const ZipMember& member, const std::string& only) {
  const Result<Bytes> bytes = zip_.read(member, r_.model.arena);
  if (!bytes) return r_.fail(bytes.error());
  if (bytes->empty()) return;
  const auto at = [&](Result<Archive> archive) {
    if (!archive) return r_.fail(std::move(archive).error());
    for (auto& [key, storage] : archive->storages) {
      const std::byte* begin = storage.bytes.data();
      storage.in_file = begin >= r_.file.data() && begin < r_.file.data() + r_.file.size();
      storage.offset = storage.in_file ? static_cast<std::uint64_t>(begin - r_.file.data()) : 0;
    }
    add_dictionary(*archive, only);
  };
  if (!Zip::sniff(*bytes)) return at(open_legacy(*bytes, r_.model.arena));
  Result<Zip> inner = Zip::open(*bytes);
  if (!inner) return r_.fail(std::move(inner).error());
  const ZipMember* pickle = inner->find_below("data.pkl");
  if (pickle == nullptr) return;
  const std::string folder(pickle->name.substr(0, pickle->name.size() - 8));
  at(open_zip_record(*inner, *pickle, folder + "data/", r_.model.arena));
}

void ExportedWeights::add_dictionary(const Archive& archive, const std::string& only) {
  TensorReader tensors(archive, r_.model);
  const pickle::Pickle& p = archive.pickle;
  const auto add = [&](const std::string& name, pickle::Ref ref) {
    const StoredTensor* stored = tensors.read(ref);
    if (stored != nullptr && tensors_.emplace(name, *stored).second) order_.push_back(name);
  };
  if (!only.empty() && tensors.is_tensor(p.root())) {
    add(only, p.root());
  } else if (p.is_mapping(p.root())) {
    const auto items = p.items(p.root());
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) add(key_text(p, items[i]), items[i + 1]);
  }
  if (tensors.error()) r_.fail(*tensors.error());
}

const StoredTensor* ExportedWeights::find(const std::string& name) {
  const auto at = tensors_.find(name);
  return at == tensors_.end() ? nullptr : &at->second;
}

std::vector<std::string> ExportedWeights::names() const {
  return order_;
}

}  // namespace haoline::pytorch
