// Accuracies: functions that are 1 where a prediction is right and 0 where it is not.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for metric_table.cc; `config` holds the keyword arguments.
std::unique_ptr<PerSampleFunction> MakeAccuracy(ObjectConfig& config, KerasVersion version);
/// The class: a value for each element.
std::unique_ptr<PerSampleFunction> MakeBinaryAccuracy(ObjectConfig& config, KerasVersion version);
/// The function: in Keras 2, the mean over the last dimension.
std::unique_ptr<PerSampleFunction> MakeBinaryAccuracyFunction(ObjectConfig& config,
                                                              KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeCategoricalAccuracy(ObjectConfig& config,
                                                           KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeSparseCategoricalAccuracy(ObjectConfig& config,
                                                                 KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeTopKCategoricalAccuracy(ObjectConfig& config,
                                                               KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeSparseTopKCategoricalAccuracy(ObjectConfig& config,
                                                                     KerasVersion version);

/// The position of the greatest value; the first of several, 0 where all are NaN, which never is
/// greatest otherwise (tf.math.argmax). Keras 3 takes -0 for less than 0.
[[nodiscard]] std::size_t ArgMax(std::span<const float> values, KerasVersion version);

}  // namespace sidecar::evaluate
