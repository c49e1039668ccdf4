#include "model/host/host_plan.h"

#include <utility>

#include "base/status_macros.h"
#include "tensor/convert.h"

namespace sidecar::model {

std::size_t HostPlan::AddInput(Slot slot) {
  slots_.push_back(std::move(slot));
  ++inputs_;
  return slots_.size() - 1;
}

std::size_t HostPlan::AddStep(std::shared_ptr<const HostFunction> function,
                              std::vector<std::size_t> inputs, Slot result,
                              std::string description) {
  steps_.push_back({std::move(function), std::move(inputs), std::move(description)});
  slots_.push_back(std::move(result));
  return slots_.size() - 1;
}

Result<std::vector<Tensor>> HostPlan::Run(std::vector<Tensor> inputs) const {
  if (empty()) return inputs;
  if (inputs.size() != inputs_) {
    return Status(StatusCode::kInternal, "a batch has " + std::to_string(inputs.size()) +
                                             " inputs, the model " + std::to_string(inputs_));
  }
  std::vector<Tensor> tensors = std::move(inputs);
  for (const Step& step : steps_) {
    std::vector<Tensor> arguments;
    for (const std::size_t slot : step.inputs) {
      SIDECAR_ASSIGN_OR_RETURN_CONTEXT(
          Tensor argument, tensor::Cast(tensors[slot], slots_[slot].dtype), step.description);
      arguments.push_back(std::move(argument));
    }
    SIDECAR_ASSIGN_OR_RETURN_CONTEXT(Tensor result, step.function->Run(arguments),
                                     step.description);
    tensors.push_back(std::move(result));
  }
  std::vector<Tensor> parameters;
  for (const std::size_t slot : parameters_) parameters.push_back(tensors[slot]);
  return parameters;
}

}  // namespace sidecar::model
