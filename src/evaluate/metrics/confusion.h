// Metrics of counts: true and false positives and negatives, precision, recall, one of two at a
// given value of the other, areas under curves.
#pragma once

#include <memory>

#include "evaluate/metrics/metric_accumulator.h"
#include "evaluate/object_config.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for metric_table.cc. Argument: thresholds.
std::unique_ptr<MetricAccumulator> MakeTruePositives(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeFalsePositives(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeTrueNegatives(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeFalseNegatives(ObjectConfig& config, KerasVersion version);
/// Arguments: thresholds, top_k, class_id.
std::unique_ptr<MetricAccumulator> MakePrecision(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeRecall(ObjectConfig& config, KerasVersion version);
/// Arguments: the given value under the name of what it is a value of, num_thresholds, class_id.
std::unique_ptr<MetricAccumulator> MakeSensitivityAtSpecificity(ObjectConfig& config,
                                                                KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeSpecificityAtSensitivity(ObjectConfig& config,
                                                                KerasVersion version);
std::unique_ptr<MetricAccumulator> MakePrecisionAtRecall(ObjectConfig& config,
                                                         KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeRecallAtPrecision(ObjectConfig& config,
                                                         KerasVersion version);
/// Arguments: num_thresholds, curve, summation_method, thresholds, multi_label, num_labels,
/// label_weights, from_logits.
std::unique_ptr<MetricAccumulator> MakeAuc(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
