// Metrics of errors of single elements: root mean squared error, mean relative error.
#pragma once

#include <memory>

#include "evaluate/metrics/metric_accumulator.h"
#include "evaluate/object_config.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for metric_table.cc. Argument of the second (Keras 2 only): normalizer, a number or
/// one for each column.
std::unique_ptr<MetricAccumulator> MakeRootMeanSquaredError(ObjectConfig& config,
                                                            KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeMeanRelativeError(ObjectConfig& config,
                                                         KerasVersion version);

}  // namespace sidecar::evaluate
