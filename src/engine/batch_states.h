// What passes from one batch to the next.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/engine.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::engine {

/// The values of a graph's states: zero until something else is set or kept. Not thread-safe.
class BatchStates {
 public:
  explicit BatchStates(std::vector<GraphState> states);

  [[nodiscard]] bool empty() const { return states_.empty(); }
  /// kInternal where the value is not float32 of the state's shape. Copies it.
  Status Set(std::size_t index, const Tensor& value);
  /// Adds the states to a batch, as its last inputs. kFailedPrecondition where it has other rows
  /// than they.
  Status AppendTo(InputBatch& batch);
  /// Keeps what a batch left. kInternal where a result is missing or not of its state's shape.
  Status Keep(const OutputBatch& outputs);

 private:
  std::vector<GraphState> states_;
  std::vector<Tensor> values_;  // default tensors: zero
};

}  // namespace sidecar::engine
