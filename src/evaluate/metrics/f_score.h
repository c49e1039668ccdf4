// F-scores.
#pragma once

#include <memory>

#include "evaluate/metrics/metric_accumulator.h"
#include "evaluate/object_config.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for metric_table.cc. Arguments: average, threshold, and beta of the first.
std::unique_ptr<MetricAccumulator> MakeFBetaScore(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeF1Score(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
