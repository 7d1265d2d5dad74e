// ai.onnx.ml: classical models and the encoders around them. Where the specification leaves a result's shape
// open, it is what ONNX Runtime makes of it (recorded in tests/proof/contrib).
#include <algorithm>

#include "ops/ml_trees.h"
#include "ops/op_table.h"
#include "ops/shape_helpers.h"

namespace haoline {
namespace {

std::int64_t size_of(std::size_t count) {
  return static_cast<std::int64_t>(count);
}

// Rows of [rows, features]; a single axis is one row.
Dim rows_of(const OpCall& call) {
  return call.rank(0) == 1 ? Dim(1) : call.shape(0)[0];
}

OpError needs_rows(const OpCall& call) {
  if (call.rank(0) == 1 || call.rank(0) == 2) return std::nullopt;
  return refuse(call.pool(), {"operand has rank ", call.rank(0), ", [rows, features] is needed"});
}

// Class labels by either of two attributes.
struct Labels {
  std::size_t count = 0;
  DType dtype = DType::unknown;
};
Labels labels_of(const OpCall& call, std::string_view texts, std::string_view numbers) {
  if (const std::size_t count = call.text_list(texts).size()) return {count, DType::string};
  if (const std::size_t count = call.integer_list(numbers).size()) return {count, DType::int64};
  return {};
}

OpError infer_classes(OpCall& call, const Labels& labels, Dim columns) {
  call.set_dtype(0, labels.dtype);
  call.set_dtype(1, DType::float32);
  call.set_shape(0, {rows_of(call)});
  call.set_shape(1, {rows_of(call), columns});
  return std::nullopt;
}

OpError infer_linear_classifier(OpCall& call) {
  if (OpError error = needs_rows(call)) return error;
  Labels labels = labels_of(call, "classlabels_strings", "classlabels_ints");
  if (labels.dtype == DType::unknown) labels.dtype = DType::int64;
  const std::size_t scores = call.real_list("intercepts").size();
  // One score for two classes is mirrored to the other class.
  const std::size_t columns = scores == 0 || (scores == 1 && labels.count == 2) ? labels.count : scores;
  return infer_classes(call, labels, columns == 0 ? Dim::unknown() : Dim(size_of(columns)));
}

OpError infer_tree_classifier(OpCall& call) {
  if (OpError error = needs_rows(call)) return error;
  const Labels labels = labels_of(call, "classlabels_strings", "classlabels_int64s");
  return infer_classes(call, labels, labels.count == 0 ? Dim::unknown() : Dim(size_of(labels.count)));
}

OpError infer_svm_classifier(OpCall& call) {
  if (OpError error = needs_rows(call)) return error;
  const Labels labels = labels_of(call, "classlabels_strings", "classlabels_ints");
  const std::size_t by_vectors = call.integer_list("vectors_per_class").size();
  std::int64_t columns = size_of(by_vectors != 0 ? by_vectors : labels.count);
  // Without probabilities there is a score per pair of classes.
  if (by_vectors > 2 && call.real_list("prob_a").empty()) columns = columns * (columns - 1) / 2;
  return infer_classes(call, labels, columns == 0 ? Dim::unknown() : Dim(columns));
}

OpError infer_regression(OpCall& call, Dim targets) {
  if (OpError error = needs_rows(call)) return error;
  call.set_shape(0, {rows_of(call), targets});
  return std::nullopt;
}
OpError infer_linear_regressor(OpCall& call) {
  call.set_dtype(0, DType::float32);
  return infer_regression(call, call.pool().number(call.integer("targets", 1)));
}
OpError infer_svm_regressor(OpCall& call) {
  call.set_dtype(0, DType::float32);
  return infer_regression(call, 1);
}
OpError infer_tree_regressor(OpCall& call) {
  call.set_dtype(0, DType::float32);
  const bool given = call.has_attribute("n_targets");
  return infer_regression(call, given ? call.pool().number(call.integer("n_targets")) : Dim::unknown());
}
OpError infer_tree_ensemble(OpCall& call) {
  const bool given = call.has_attribute("n_targets");
  call.set_dtype(0, call.dtype(0));
  return infer_regression(call, given ? call.pool().number(call.integer("n_targets")) : Dim::unknown());
}

// --- encoders

OpError infer_to_float(OpCall& call) {
  call.set_dtype(0, DType::float32);
  return infer_same_shape(call);
}

OpError infer_category_mapper(OpCall& call) {
  call.set_dtype(0, call.dtype(0) == DType::string ? DType::int64 : DType::string);
  return infer_same_shape(call);
}

OpError infer_label_encoder(OpCall& call) {
  infer_same_shape(call);
  if (const TensorData* values = call.tensor("values_tensor")) {
    call.set_dtype(0, values->dtype);
  } else if (call.has_attribute("values_strings")) {
    call.set_dtype(0, DType::string);
  } else if (call.has_attribute("values_int64s")) {
    call.set_dtype(0, DType::int64);
  } else if (call.has_attribute("values_floats")) {
    call.set_dtype(0, DType::float32);
  } else {  // version 1: class names and their indices
    call.set_dtype(0, call.dtype(0) == DType::string ? DType::int64 : DType::string);
  }
  return std::nullopt;
}

OpError infer_one_hot_encoder(OpCall& call) {
  call.set_dtype(0, DType::float32);
  const Labels categories = labels_of(call, "cats_strings", "cats_int64s");
  Shape shape = call.shape(0);
  shape.push_back(size_of(categories.count));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_feature_vectorizer(OpCall& call) {
  if (OpError error = needs_rows(call)) return error;
  call.set_dtype(0, DType::float32);
  Dim columns = 0;
  for (const std::int64_t width : call.integer_list("inputdimensions")) {
    columns = call.pool().add(columns, call.pool().number(width));
  }
  call.set_shape(0, {rows_of(call), columns});
  return std::nullopt;
}

OpError infer_feature_extractor(OpCall& call) {
  if (call.rank(0) == 0) return Message("operand 0 has no axis to select from");
  Shape shape = call.shape(0);
  if (shape.rank() == 1) shape.insert(0, 1);
  shape[shape.rank() - 1] = call.elements(1);
  call.set_dtype(0, call.dtype(0));
  call.set_shape(0, std::move(shape));
  return std::nullopt;
}

OpError infer_dict_vectorizer(OpCall& call) {
  if (!call.has(0)) return std::nullopt;
  const Labels vocabulary = labels_of(call, "string_vocabulary", "int64_vocabulary");
  call.set_type(0, Type{call.dtype(0)});
  call.set_shape(0, {1, size_of(vocabulary.count)});
  return std::nullopt;
}

OpError infer_cast_map(OpCall& call) {
  const std::string_view to = call.text("cast_to", "TO_FLOAT");
  call.set_type(0, Type{to == "TO_STRING"  ? DType::string
                        : to == "TO_INT64" ? DType::int64
                                           : DType::float32});
  const bool sparse = call.text("map_form", "DENSE") == "SPARSE";
  call.set_shape(0,
                 {1, sparse ? call.pool().number(call.integer("max_map", 1)) : call.data_symbol("entries")});
  return std::nullopt;
}

OpError infer_zip_map(OpCall& call) {
  if (OpError error = needs_rows(call)) return error;
  const Labels labels = labels_of(call, "classlabels_strings", "classlabels_int64s");
  Type type{DType::float32, labels.dtype, {Container::sequence, Container::map}};
  call.set_type(0, std::move(type));
  call.set_length(0, rows_of(call));
  return std::nullopt;
}

// --- costs

void add_post_transform(Cost& cost, const OpCall& call, Dim scores) {
  const std::string_view transform = call.text("post_transform", "NONE");
  if (transform == "LOGISTIC") cost.add({.add = 2, .divide = 1, .transcendental = 1}, scores, call.pool());
  if (transform.starts_with("SOFTMAX")) {
    cost.add({.add = 2, .divide = 1, .transcendental = 1, .compare = 1}, scores, call.pool());
  }
  if (transform == "PROBIT") {
    cost.add({.add = 3, .multiply = 3, .divide = 1, .square_root = 2, .transcendental = 1}, scores,
             call.pool());
  }
}

// Result 1 of a classifier holds the scores of which the highest is searched, result 0 of a regressor its
// values.
Dim scores_of(const OpCall& call, bool classifies) {
  return call.output_count() > (classifies ? 1 : 0) ? call.output_elements(classifies ? 1 : 0).dim()
                                                    : Dim::unknown();
}

template <bool kClassifies>
Cost linear_cost(const OpCall& call) {
  Cost cost;
  DimPool& pool = call.pool();
  const Dim coefficients = size_of(call.real_list("coefficients").size());
  call.note("rows", rows_of(call));
  call.note("coefficients", coefficients);
  cost.macs = pool.multiply(rows_of(call), coefficients);
  const Dim biases = size_of(call.real_list("intercepts").size());
  cost.add(Arith::add, pool.multiply(rows_of(call), biases), pool);
  const Dim scores = scores_of(call, kClassifies);
  if (kClassifies) cost.add(Arith::compare, scores, pool);
  add_post_transform(cost, call, scores);
  return cost;
}

// The kernel of a row with every support vector, then the weighted sums of those.
template <bool kClassifies>
Cost svm_cost(const OpCall& call) {
  Cost cost;
  DimPool& pool = call.pool();
  const Dim rows = rows_of(call);
  const Dim vectors = size_of(call.real_list("support_vectors").size());  // numbers in all of them
  const Dim coefficients = size_of(call.real_list("coefficients").size());
  Dim supports = pool.number(call.integer("n_supports"));
  for (const std::int64_t n : call.integer_list("vectors_per_class"))
    supports = pool.add(supports, pool.number(n));
  call.note("rows", rows);
  call.note("support_vectors", supports);
  cost.macs = pool.multiply(rows, pool.add(vectors, coefficients));
  const std::string_view kernel = call.text("kernel_type", "LINEAR");
  const Dim kernels = pool.multiply(rows, supports);
  if (kernel == "RBF") {
    cost.add(Arith::add, pool.multiply(rows, vectors), pool);  // differences; their squares are the MACs
    cost.add({.multiply = 1, .transcendental = 1}, kernels, pool);
  } else if (kernel != "LINEAR") {
    cost.add({.add = 1, .multiply = 1, .transcendental = 1}, kernels, pool);
  }
  cost.add(Arith::add, pool.multiply(rows, size_of(call.real_list("rho").size())), pool);
  const Dim scores = scores_of(call, kClassifies);
  if (kClassifies) cost.add(Arith::compare, scores, pool);
  add_post_transform(cost, call, scores);
  return cost;
}

Cost forest_cost(const OpCall& call, const std::optional<Trees>& trees, bool classifies) {
  if (!trees) return Cost::unknown();
  Cost cost;
  DimPool& pool = call.pool();
  call.note("rows", rows_of(call));
  call.note("trees", trees->count);
  call.note("depths", trees->depth_sum);
  cost.add(Arith::compare, pool.multiply(rows_of(call), trees->depth_sum), pool);
  cost.add(Arith::add, pool.multiply(rows_of(call), trees->count), pool);
  const Dim scores = scores_of(call, classifies);
  if (classifies) cost.add(Arith::compare, scores, pool);
  if (!classifies && call.text("aggregate_function") == "AVERAGE") cost.add(Arith::divide, scores, pool);
  add_post_transform(cost, call, scores);
  return cost;
}
Cost tree_classifier_cost(const OpCall& call) {
  return forest_cost(call, listed_trees(call), true);
}
Cost tree_regressor_cost(const OpCall& call) {
  return forest_cost(call, listed_trees(call), false);
}
Cost tree_ensemble_cost(const OpCall& call) {
  return forest_cost(call, rooted_trees(call), false);
}

Cost normalizer_cost(const OpCall& call) {
  Cost cost;
  const std::string_view norm = call.text("norm", "MAX");
  const Work largest{.divide = 1, .compare = 1}, sum{.add = 2, .divide = 1},
      square{.add = 1, .multiply = 1, .divide = 1};
  cost.add(norm == "L2" ? square : norm == "L1" ? sum : largest, call.elements(0), call.pool());
  if (norm == "L2") cost.add(Arith::square_root, rows_of(call), call.pool());
  return cost;
}

Cost one_hot_cost(const OpCall& call) {
  Cost cost;
  cost.add(Arith::compare, call.output_elements(0), call.pool());
  return cost;
}

constexpr CostRule kLookup = CostRule::per_output({.compare = 1});
constexpr std::string_view kLooksUp = "one look-up (a comparison) per element";
constexpr std::string_view kMoves = "elements are moved, no arithmetic";
constexpr std::string_view kLinear =
    "rows · coefficients MACs, a sum per row and intercept, the transform of the scores; classes: a "
    "comparison per score";
constexpr std::string_view kSvm =
    "rows · (numbers in the support vectors + coefficients) MACs, the kernel function per row and support "
    "vector";
constexpr std::string_view kForest =
    "at most: every tree is walked to its deepest leaf, a comparison per branch, and a sum per tree; no MACs";

constexpr OpRow kRows[] = {
    {Op::MlArrayFeatureExtractor, Category::slice, infer_feature_extractor, CostRule::free(), kMoves,
     Traffic::gathered},
    {Op::MlBinarizer, Category::compare, infer_same_shape, CostRule::per_output({.compare = 1}),
     "one comparison per element", Traffic::whole, Alias::in_place_first},
    {Op::MlCastMap, Category::cast, infer_cast_map, CostRule::free(), kMoves},
    {Op::MlCategoryMapper, Category::embed, infer_category_mapper, kLookup, kLooksUp},
    {Op::MlDictVectorizer, Category::embed, infer_dict_vectorizer, CostRule::free(), kMoves},
    {Op::MlFeatureVectorizer, Category::concat, infer_feature_vectorizer, CostRule::free(), kMoves},
    {Op::MlImputer, Category::elementwise, infer_same_shape, CostRule::per_output({.compare = 1}),
     "one comparison per element", Traffic::whole, Alias::in_place_first},
    {Op::MlLabelEncoder, Category::embed, infer_label_encoder, kLookup, kLooksUp},
    {Op::MlLinearClassifier, Category::linear, infer_linear_classifier, CostRule::formula(linear_cost<true>),
     kLinear},
    {Op::MlLinearRegressor, Category::linear, infer_linear_regressor, CostRule::formula(linear_cost<false>),
     kLinear},
    {Op::MlNormalizer, Category::norm, infer_to_float, CostRule::formula(normalizer_cost),
     "MAX: a comparison and a division per element; L1: two sums and a division; L2: a sum, a product, a "
     "division, and "
     "a root per row"},
    {Op::MlOneHotEncoder, Category::embed, infer_one_hot_encoder, CostRule::formula(one_hot_cost),
     "one comparison per element and category"},
    {Op::MlSVMClassifier, Category::linear, infer_svm_classifier, CostRule::formula(svm_cost<true>), kSvm},
    {Op::MlSVMRegressor, Category::linear, infer_svm_regressor, CostRule::formula(svm_cost<false>), kSvm},
    {Op::MlScaler, Category::elementwise, infer_to_float, CostRule::per_output({.add = 1, .multiply = 1}),
     "(x - offset) · scale", Traffic::whole, Alias::in_place_first},
    {Op::MlTreeEnsemble, Category::compare, infer_tree_ensemble, CostRule::formula(tree_ensemble_cost),
     kForest},
    {Op::MlTreeEnsembleClassifier, Category::compare, infer_tree_classifier,
     CostRule::formula(tree_classifier_cost), kForest},
    {Op::MlTreeEnsembleRegressor, Category::compare, infer_tree_regressor,
     CostRule::formula(tree_regressor_cost), kForest},
    {Op::MlZipMap, Category::cast, infer_zip_map, CostRule::free(), kMoves},
};

}  // namespace

std::span<const OpRow> ml_rows() {
  return kRows;
}

}  // namespace haoline
