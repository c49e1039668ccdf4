// Errors of predictions of numbers: squared, absolute, relative, logarithmic, Huber, log-cosh.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for loss_table.cc and metric_table.cc; `config` holds the keyword arguments.
std::unique_ptr<PerSampleFunction> MakeMeanSquaredError(ObjectConfig& config, KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeMeanAbsoluteError(ObjectConfig& config,
                                                         KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeMeanAbsolutePercentageError(ObjectConfig& config,
                                                                   KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeMeanSquaredLogarithmicError(ObjectConfig& config,
                                                                   KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeHuber(ObjectConfig& config, KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeLogCosh(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
