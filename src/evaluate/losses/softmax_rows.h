// Rows of class scores: what both categorical crossentropies share.
#pragma once

#include <span>
#include <vector>

#include "evaluate/losses/elementwise.h"
#include "evaluate/per_sample_function.h"

namespace sidecar::evaluate {

/// The elements of each row next to each other: `values` itself where the classes are the last
/// dimension, else a copy in `buffer`.
std::span<const float> ClassesLast(std::span<const float> values, const AxisLayout& layout,
                                   std::vector<float>& buffer);

/// For each row of `columns` logits: its greatest, and the sum over exp(x - greatest).
class SoftmaxRows {
 public:
  void Compute(std::span<const float> logits, std::size_t columns);
  [[nodiscard]] float greatest(std::size_t row) const { return greatest_[row]; }
  /// ln(sum(exp(x - greatest))).
  [[nodiscard]] float log_sum(std::size_t row) const { return log_sums_[row]; }

 private:
  std::vector<float> greatest_;
  std::vector<float> log_sums_;
  std::vector<float> exponentials_;
};

}  // namespace sidecar::evaluate
