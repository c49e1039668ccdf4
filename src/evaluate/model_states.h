// The states of stateful models: what they ask of the data, and of checkpoints.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"
#include "model/loaded_model.h"
#include "sidecar/dataset.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// The rows that every batch must have; without states those of the data's full batches.
[[nodiscard]] std::int64_t RowsOfBatches(const model::LoadedModel& model, const DatasetSpec& data);

/// kFailedPrecondition where the data has batches that are not full and the model has states of
/// another number of rows: no evaluation could succeed.
Status CheckBatchSize(const model::LoadedModel& model, const DatasetSpec& data);

/// kFailedPrecondition where batch `index` has `rows` rows, and the model has states of another
/// number of rows.
Status CheckBatchRows(const model::LoadedModel& model, std::int64_t index, std::int64_t rows);

/// As the engine wants to know of them.
[[nodiscard]] std::vector<engine::GraphState> GraphStates(const model::LoadedModel& model);

/// Has the engine start from the states that a checkpoint holds: a value for each of the model's,
/// default tensors for those that it lacks, which stay what they are.
Status RestoreStates(const model::LoadedModel& model, std::span<const Tensor> values,
                     engine::Engine& engine);

}  // namespace sidecar::evaluate
