// Tables, variables, randomness, segments, spectra: what other formats have beside layers.
#include <algorithm>
#include <string>

#include "ops/movement.h"
#include "ops/op_table.h"
#include "ops/shape_helpers.h"
#include "ops/signal.h"
#include "ops/value_helpers.h"

namespace haoline {
namespace {

void set_named_dtype(OpCall& call, DType otherwise) {
  call.set_dtype(0, dtype_named(call.text("dtype")).value_or(otherwise));
}

// --- lookups

// keys to look up, known keys, a row per key: rows found, and which were
OpError infer_table_lookup(OpCall& call) {
  call.set_dtype(0, call.dtype(2));
  call.set_dtype(1, DType::uint8);
  call.set_shape(1, call.shape(0));
  if (!call.has_rank(0) || !call.has_rank(2) || call.rank(2) == 0) return std::nullopt;
  Shape shape = call.shape(0);
  shape.append(call.shape(2).dims().subspan(1));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

// ids, their indices, the shape they would have dense, weights, rows: weighted sums of rows
OpError infer_sparse_embedding(OpCall& call) {
  call.set_dtype(0, call.dtype(4));
  const std::optional<std::vector<Dim>> dense = extents_operand(call, 2);
  if (!dense || dense->empty() || !call.has_rank(4) || call.rank(4) == 0) return std::nullopt;
  Shape shape(std::span<const Dim>(*dense).first(dense->size() - 1));
  shape.append(call.shape(4).dims().subspan(1));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

Cost sparse_embedding_cost(const OpCall& call) {
  Expr row = call.number(1);
  for (std::size_t i = 1; i < call.rank(4); ++i) row *= call.shape(4)[i];
  Cost cost;
  cost.add({.add = 1, .multiply = 1}, call.elements(0) * row, call.pool());
  return cost;
}

// hash functions [functions, bits], operand, weight
OpError infer_lsh_projection(OpCall& call) {
  call.set_dtype(0, DType::int32);
  const bool is_sparse = call.text("type") == "SPARSE";
  call.set_shape(0, Shape{is_sparse ? call.dim(0, 0) : call.dim(0, 0) * call.dim(0, 1)});
  return std::nullopt;
}

// --- hash tables: the table is a handle

OpError infer_table_find(OpCall& call) {  // table, keys, default
  call.set_dtype(0, call.dtype(2));
  call.set_shape(0, call.shape(1));
  return std::nullopt;
}
OpError infer_table_size(OpCall& call) {
  call.set_dtype(0, DType::int64);
  call.set_shape(0, Shape{1});
  return std::nullopt;
}

// --- randomness

OpError infer_random_of_shape(OpCall& call) {
  set_named_dtype(call, DType::float32);
  const std::optional<std::vector<Dim>> extents = extents_operand(call, 0);
  if (!extents) return std::nullopt;
  Shape shape;
  for (const Dim extent : *extents) {
    if (extent.number().value_or(0) < 0) return refuse(call.pool(), {"the result has an extent of ", extent});
    shape.push_back(extent.is_unknown() ? data_extent(call, shape.rank()) : extent);
  }
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_sample_categories(OpCall& call) {  // logits [batch, classes], number of samples
  set_named_dtype(call, DType::int64);
  const std::optional<std::vector<Dim>> count = call.integers(1);
  const bool is_known = count && count->size() == 1;
  call.set_shape(0, Shape{call.dim(0, 0), is_known ? (*count)[0] : data_extent(call, 1)});
  return std::nullopt;
}

// --- segments: rows with the same id are folded; the number of segments is operand 2, or one more than the
// largest id

// Products of extents steer shapes: a known vector is folded as a value.
void set_folded_value(OpCall& call) {
  const Value* data = call.value(0);
  const auto ids = call.constants(1);
  const std::optional<PlainShape> extents = value_extents(call.output_shape(0));
  if (!data || !ids || !extents || extents->size() != 1 || ids->size() != data->size()) return;
  const std::string_view reduction = call.text("reduction");
  if (reduction != "sum" && reduction != "prod") return;
  const BinaryNumber fold = reduction == "sum" ? add_numbers : multiply_numbers;
  const NumberContext context{call.pool(), call.dtype(0)};
  std::vector<Number> sums(count_of(*extents), Number::exact(reduction == "sum" ? 0 : 1));
  for (std::size_t i = 0; i < ids->size(); ++i) {
    if ((*ids)[i] < 0 || (*ids)[i] >= std::ssize(sums)) continue;
    Number& sum = sums[static_cast<std::size_t>((*ids)[i])];
    sum = fold(context, sum, (*data)[i]);
  }
  call.set_value(0, Value(std::move(sums)));
}

OpError infer_segments(OpCall& call) {
  call.set_dtype(0, call.dtype(0));
  if (!call.has_rank(0) || !call.has_rank(1) || call.rank(0) < call.rank(1)) return std::nullopt;
  Dim segments = Dim::unknown();
  if (const std::optional<std::vector<Dim>> given = call.integers(2); given && given->size() == 1) {
    segments = (*given)[0];
  } else if (const auto ids = call.has(2) ? std::nullopt : call.constants(1); ids && !ids->empty()) {
    segments = call.pool().add(call.pool().number(*std::max_element(ids->begin(), ids->end())), 1);
  }
  Shape shape{segments.is_unknown() ? call.data_symbol("segments") : segments};
  shape.append(call.shape(0).dims().subspan(call.rank(1)));
  call.set_shape(0, std::move(shape));
  set_folded_value(call);
  return std::nullopt;
}

// --- non-maximum suppression with results of a fixed length: boxes, scores, at most, two thresholds, (sigma)

OpError infer_padded_suppression(OpCall& call) {
  const bool has_scores = call.output_count() > 2;
  const std::optional<std::vector<Dim>> most = call.integers(2);
  const Dim count = most && most->size() == 1 ? (*most)[0] : data_extent(call, 0);
  const std::size_t number = has_scores ? 2 : 1;
  call.set_dtype(0, DType::int32);
  call.set_shape(0, Shape{count});
  if (has_scores) {
    call.set_dtype(1, call.dtype(1));
    call.set_shape(1, Shape{count});
  }
  call.set_dtype(number, DType::int32);
  call.set_shape(number, Shape{});
  return std::nullopt;
}

// --- Rfft2D: operand, lengths of the last two axes

OpError infer_rfft2d(OpCall& call) {
  call.set_dtype(0, DType::complex64);
  if (!call.has_rank(0)) return std::nullopt;
  const std::size_t rank = call.rank(0);
  if (rank < 2) return refuse(call.pool(), {"operand has rank ", rank, ", at least 2 is needed"});
  const std::vector<Dim> lengths = extents_operand(call, 1).value_or(std::vector<Dim>(2, Dim::unknown()));
  if (lengths.size() != 2) return refuse(call.pool(), {lengths.size(), " lengths, 2 are needed"});
  DimPool& pool = call.pool();
  Shape shape = call.shape(0);
  shape[rank - 2] = lengths[0];
  shape[rank - 1] = pool.add(pool.floor_div(lengths[1], 2), 1);
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

Cost rfft2d_cost(const OpCall& call) {
  DimPool& pool = call.pool();
  const std::optional<std::vector<Dim>> lengths = call.integers(1);
  const Shape& out = call.output_shape(0);
  if (!lengths || lengths->size() != 2 || out.rank() < 2) return Cost::unknown();
  Expr images = call.number(1);
  for (std::size_t i = 0; i + 2 < out.rank(); ++i) images *= out[i];
  Cost cost;
  add_transform(cost, call, (*lengths)[1], images * (*lengths)[0]);
  add_transform(cost, call, (*lengths)[0], images * Expr(out.back(), pool));
  return cost;
}

constexpr OpRow other(Op op, Category category, InferRule infer, CostRule cost, std::string_view counts) {
  return {op, category, infer, cost, counts, Traffic::whole, Alias::none, true};
}
constexpr std::string_view kHandle = "names a state, no arithmetic";

constexpr OpRow kRows[] = {
    other(Op::AssignVariable, Category::constant, nullptr, CostRule::free(), "a copy, no arithmetic"),
    other(Op::EmbeddingLookupSparse, Category::embed, infer_sparse_embedding,
          CostRule::formula(sparse_embedding_cost),
          "a multiplication and an addition per element of every row that is looked up"),
    other(Op::HashTable, Category::constant, nullptr, CostRule::free(), kHandle),
    other(Op::HashTableFind, Category::embed, infer_table_find, CostRule::free(),
          "values are looked up, no arithmetic"),
    other(Op::HashTableImport, Category::constant, nullptr, CostRule::free(), "a copy, no arithmetic"),
    other(Op::HashTableLookup, Category::embed, infer_table_lookup, CostRule::free(),
          "rows are looked up, no arithmetic"),
    other(Op::HashTableSize, Category::constant, infer_table_size, CostRule::free(),
          "a number that is kept, no arithmetic"),
    other(Op::LshProjection, Category::embed, infer_lsh_projection, CostRule::unknown(),
          "not counted: the work of its hash functions is not specified"),
    other(Op::NonMaxSuppressionPadded, Category::slice, infer_padded_suppression, CostRule::unknown(),
          "not counted: how many boxes are compared is data"),
    other(Op::RandomOfShape, Category::constant, infer_random_of_shape, CostRule::free(),
          "random numbers, whose making is not counted"),
    other(Op::ReadVariable, Category::constant, nullptr, CostRule::free(), "a copy, no arithmetic"),
    other(
        Op::Rfft2D, Category::elementwise, infer_rfft2d, CostRule::formula(rfft2d_cost),
        "fast transforms of every row, then of every column that is kept: n/2·ceil(log2 n) butterflies of 4 "
        "multiplications and 6 additions"),
    other(Op::SampleCategories, Category::constant, infer_sample_categories,
          CostRule::per_input({.add = 1, .transcendental = 1}),
          "an exp and a running sum per logit; drawing is not counted"),
    other(Op::SegmentReduce, Category::reduce, infer_segments, CostRule::per_input({.add = 1}),
          "1 operation per element of the operand"),
    other(Op::VarHandle, Category::constant, nullptr, CostRule::free(), kHandle),
};

}  // namespace

std::span<const OpRow> extra_other_rows() {
  return kRows;
}

}  // namespace haoline
