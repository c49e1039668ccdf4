// Categorical generalized cross entropy (Keras 3): robust against wrong labels.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factory for loss_table.cc. Argument: q, between 0 and 1. Labels are class numbers; one that is
/// no class has the probability 0.
std::unique_ptr<PerSampleFunction> MakeGeneralizedCrossEntropy(ObjectConfig& config,
                                                               KerasVersion version);

}  // namespace sidecar::evaluate
