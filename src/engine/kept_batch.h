// One batch and its results, kept to see whether another way of computing gives the same.
#pragma once

#include <optional>

#include "engine/engine.h"
#include "sidecar/status.h"

namespace sidecar::engine {

class KeptBatch {
 public:
  /// Keeps the inputs (shared, not copied) and a copy of the first values of each result.
  static Result<KeptBatch> Keep(InputBatch inputs, const OutputBatch& outputs);

  [[nodiscard]] const InputBatch& inputs() const { return inputs_; }
  /// Whether other results of the same inputs are equal but for rounding: integers and booleans
  /// exactly, floating-point values within 1e-4 of the greatest magnitude of their result, NaN and
  /// infinities at the same places.
  [[nodiscard]] bool Agrees(const OutputBatch& outputs) const;

 private:
  InputBatch inputs_;
  std::vector<Tensor> results_;  // rank 1: the first values of each
};

}  // namespace sidecar::engine
