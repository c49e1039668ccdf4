// The coefficient of determination.
#pragma once

#include <memory>

#include "evaluate/metrics/metric_accumulator.h"
#include "evaluate/object_config.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factory for metric_table.cc. Arguments: class_aggregation, num_regressors.
std::unique_ptr<MetricAccumulator> MakeR2Score(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
