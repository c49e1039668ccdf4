#include "engine/batch_states.h"

#include <string>
#include <utility>

#include "base/status_macros.h"

namespace sidecar::engine {

BatchStates::BatchStates(std::vector<GraphState> states)
    : states_(std::move(states)), values_(states_.size()) {}

Status BatchStates::Set(std::size_t index, const Tensor& value) {
  if (index >= states_.size() || value.dtype() != DType::kFloat32 ||
      value.shape() != states_[index].shape) {
    return {StatusCode::kInternal,
            "state " + std::to_string(index) + " of " + std::to_string(states_.size()) +
                " cannot be " + std::string(DTypeName(value.dtype())) + value.shape().ToString()};
  }
  SIDECAR_ASSIGN_OR_RETURN(values_[index],
                           Tensor::FromBytes(value.dtype(), value.shape(), value.bytes()));
  return {};
}

Status BatchStates::AppendTo(InputBatch& batch) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Shape& shape = states_[i].shape;
    if (!batch.empty() && batch.front().shape()[0] != shape[0]) {
      return {StatusCode::kFailedPrecondition,
              "a batch has " + std::to_string(batch.front().shape()[0]) +
                  " samples, the model's states are of " + std::to_string(shape[0])};
    }
    if (values_[i].shape() != shape || values_[i].dtype() != DType::kFloat32) {
      SIDECAR_ASSIGN_OR_RETURN(values_[i], Tensor::Zeros(DType::kFloat32, shape));
    }
  }
  batch.insert(batch.end(), values_.begin(), values_.end());
  return {};
}

Status BatchStates::Keep(const OutputBatch& outputs) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].result >= outputs.size()) {
      return {StatusCode::kInternal, "the graph has no result " +
                                         std::to_string(states_[i].result) + " for state " +
                                         std::to_string(i)};
    }
    SIDECAR_RETURN_IF_ERROR(Set(i, outputs[states_[i].result]));
  }
  return {};
}

}  // namespace sidecar::engine
