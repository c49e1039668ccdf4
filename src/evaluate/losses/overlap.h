// Losses of the overlap of two sets of pixels: Dice and Tversky (Keras 3).
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for loss_table.cc. Arguments: axis (null, an axis or a list), alpha and beta of
/// Tversky. Without an axis there is one value for the whole batch.
std::unique_ptr<PerSampleFunction> MakeDice(ObjectConfig& config, KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeTversky(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
