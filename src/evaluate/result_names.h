// How Keras names the results of metrics.
#pragma once

#include <string>
#include <vector>

#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// The metrics' own names on one output; replaced by the names of their results.
struct OutputMetricNames {
  std::string output;
  std::vector<std::string> metrics;
  std::vector<std::string> weighted_metrics;
};

/// Adds output names where there are several outputs, and "weighted_" or numbers where names would
/// be the same (Keras 2: MetricsContainer._set_metric_names, Keras 3: CompileMetrics.result). Fails
/// with kInvalidArgument for two metrics of one name under Keras 2's rules.
Status NameResults(std::vector<OutputMetricNames>& outputs, KerasVersion version);

}  // namespace sidecar::evaluate
