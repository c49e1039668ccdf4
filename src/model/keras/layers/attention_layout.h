// How attention over any dimensions becomes attention over one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/keras/value.h"

namespace sidecar::model::keras {

/// Moves the attention dimensions of projected tensors [batch, dimensions…, heads, features] to the
/// end, just before the features, and joins them: [batch, others…, heads, rows, features].
class AttentionLayout {
 public:
  /// `rank` of the projected tensors; `attention`: their attention dimensions.
  AttentionLayout(std::int64_t rank, const std::vector<std::int64_t>& attention);

  /// Whether there is more than one attention dimension to join.
  [[nodiscard]] bool joins() const { return attention_.size() != 1; }
  [[nodiscard]] GraphOutput Apply(const GraphOutput& projected) const;
  /// The sizes of the attention dimensions of a projected tensor, as an i64 vector.
  [[nodiscard]] GraphOutput Sizes(const GraphOutput& projected) const;
  /// A result of attention back in the layout of `query`, a projected tensor, with features of its
  /// own.
  [[nodiscard]] GraphOutput Restore(const GraphOutput& result, const GraphOutput& query) const;

 private:
  std::int64_t rank_;
  std::vector<std::int64_t> attention_;
  std::vector<std::int64_t> order_;
  std::size_t lead_ = 0;  // batch, others and heads
};

}  // namespace sidecar::model::keras
