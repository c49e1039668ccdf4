// Correlation coefficients (Keras 3).
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for metric_table.cc. Argument: axis.
std::unique_ptr<PerSampleFunction> MakePearsonCorrelation(ObjectConfig& config,
                                                          KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeConcordanceCorrelation(ObjectConfig& config,
                                                              KerasVersion version);

}  // namespace sidecar::evaluate
