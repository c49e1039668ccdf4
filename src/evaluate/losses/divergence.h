// Kullback-Leibler divergence and the Poisson loss.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for loss_table.cc and metric_table.cc; neither has arguments.
std::unique_ptr<PerSampleFunction> MakeKLDivergence(ObjectConfig& config, KerasVersion version);
std::unique_ptr<PerSampleFunction> MakePoisson(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
