// What a model adds to its loss and metrics besides what `compile` asks for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/compiled_metrics.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// The part of the loss that is the same for every batch of a checkpoint: weight regularization.
/// `weights` are in the order of the model's variables. Summed in double, reported as float32.
Result<float> RegularizationLoss(std::span<const model::ModelVariable> variables,
                                 std::span<const Tensor> weights, KerasVersion version);

/// What the graph's results for one batch of `rows` samples add to loss and metrics.
Result<AddedValues> ReadAddedValues(const model::LoadedModel& model,
                                    std::span<const Tensor> results, std::int64_t rows);

}  // namespace sidecar::evaluate
