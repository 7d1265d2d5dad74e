// A shape: extents outermost first, or an unknown rank. `{}` is a scalar.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>

#include "base/small_vector.h"
#include "ir/dim.h"

namespace haoline {

class Shape {
 public:
  Shape() = default;  // a scalar
  Shape(std::initializer_list<Dim> dims) : dims_(dims) {}
  explicit Shape(std::span<const Dim> dims) : dims_(dims) {}
  explicit Shape(SmallVector<Dim, 5> dims) : dims_(std::move(dims)) {}
  static Shape unknown_rank() {
    Shape shape;
    shape.has_rank_ = false;
    return shape;
  }
  static Shape of_unknown(std::size_t rank) {
    Shape shape;
    shape.dims_.resize(rank, Dim::unknown());
    return shape;
  }

  bool has_rank() const { return has_rank_; }
  std::size_t rank() const { return dims_.size(); }  // 0 when the rank is unknown: ask has_rank() first
  bool is_scalar() const { return has_rank_ && dims_.empty(); }

  Dim operator[](std::size_t axis) const { return dims_[axis]; }
  Dim& operator[](std::size_t axis) { return dims_[axis]; }
  Dim back() const { return dims_.back(); }
  const Dim* begin() const { return dims_.begin(); }
  const Dim* end() const { return dims_.end(); }
  Dim* begin() { return dims_.begin(); }
  Dim* end() { return dims_.end(); }
  std::span<const Dim> dims() const { return dims_; }
  std::span<const Dim> first(std::size_t n) const { return dims().first(n); }
  std::span<const Dim> last(std::size_t n) const { return dims().last(n); }

  void push_back(Dim dim) { dims_.push_back(dim); }
  void insert(std::size_t axis, Dim dim) { dims_.insert(axis, dim); }
  void erase(std::size_t axis) { dims_.erase(axis); }
  void append(std::span<const Dim> dims) { dims_.append(dims.begin(), dims.end()); }
  void resize(std::size_t rank, Dim fill) { dims_.resize(rank, fill); }

  // Every extent is known (a number or an expression).
  bool is_complete() const {
    if (!has_rank_) return false;
    for (const Dim dim : dims_) {
      if (dim.is_unknown()) return false;
    }
    return true;
  }

  friend bool operator==(const Shape& a, const Shape& b) {
    return a.has_rank_ == b.has_rank_ && a.dims_ == b.dims_;
  }

 private:
  SmallVector<Dim, 5> dims_;
  bool has_rank_ = true;
};

// The product of the extents; unknown when one is, or the rank is.
inline Dim element_count(const Shape& shape, DimPool& pool) {
  if (!shape.has_rank()) return Dim::unknown();
  Dim count = 1;
  for (const Dim dim : shape) count = pool.multiply(count, dim);
  return count;
}

// "[batch, 3, 224, 224]", "[]" for a scalar, "?" for an unknown rank.
std::string to_string(const Shape& shape, const DimPool& pool, Spelling spelling = Spelling::ascii);

}  // namespace haoline
