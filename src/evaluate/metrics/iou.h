// Intersection over union of predicted and true classes.
#pragma once

#include <memory>

#include "evaluate/metrics/metric_accumulator.h"
#include "evaluate/object_config.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for metric_table.cc. Arguments: num_classes, target_class_ids, ignore_class,
/// sparse_y_true, sparse_y_pred, axis and dtype, as far as a class has them; threshold of
/// BinaryIoU.
std::unique_ptr<MetricAccumulator> MakeIoU(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeBinaryIoU(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeMeanIoU(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeOneHotIoU(ObjectConfig& config, KerasVersion version);
std::unique_ptr<MetricAccumulator> MakeOneHotMeanIoU(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
