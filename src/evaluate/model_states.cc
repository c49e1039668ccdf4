#include "evaluate/model_states.h"

#include <string>

#include "base/status_macros.h"
#include "tensor/convert.h"

namespace sidecar::evaluate {

std::int64_t RowsOfBatches(const model::LoadedModel& model, const DatasetSpec& data) {
  return model.states.empty() ? data.batch_size : model.states.front().shape[0];
}

Status CheckBatchSize(const model::LoadedModel& model, const DatasetSpec& data) {
  const std::int64_t rows = RowsOfBatches(model, data);
  const bool several = data.num_batches && *data.num_batches > 1;
  if (data.batch_size == rows || !several) return {};
  return {StatusCode::kFailedPrecondition,
          "the data comes in batches of " + std::to_string(data.batch_size) +
              " samples; the model's layers are stateful and take batches of " +
              std::to_string(rows) + ": give --batch-size " + std::to_string(rows)};
}

Status CheckBatchRows(const model::LoadedModel& model, std::int64_t index, std::int64_t rows) {
  if (model.states.empty() || model.states.front().shape[0] == rows) return {};
  const std::string wanted = std::to_string(model.states.front().shape[0]);
  return {StatusCode::kFailedPrecondition,
          "batch " + std::to_string(index) + " has " + std::to_string(rows) +
              " samples; the model's layers are stateful and take batches of " + wanted +
              ": give a multiple of " + wanted + " samples, or leave the rest out with --steps"};
}

std::vector<engine::GraphState> GraphStates(const model::LoadedModel& model) {
  std::vector<engine::GraphState> states;
  for (const model::ModelState& state : model.states) {
    states.push_back({state.shape, state.result});
  }
  return states;
}

Status RestoreStates(const model::LoadedModel& model, std::span<const Tensor> values,
                     engine::Engine& engine) {
  for (std::size_t i = 0; i < model.states.size(); ++i) {
    if (values[i].num_elements() == 0) continue;
    SIDECAR_ASSIGN_OR_RETURN(const Tensor value, tensor::Cast(values[i], DType::kFloat32));
    SIDECAR_RETURN_IF_ERROR(engine.SetState(i, value));
  }
  return {};
}

}  // namespace sidecar::evaluate
