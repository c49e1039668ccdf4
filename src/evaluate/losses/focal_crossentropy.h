// Focal crossentropies: crossentropies that weigh easy samples less.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for loss_table.cc. Arguments: alpha, gamma, from_logits, label_smoothing, axis, and
/// apply_class_balancing of the binary one.
std::unique_ptr<PerSampleFunction> MakeBinaryFocalCrossentropy(ObjectConfig& config,
                                                               KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeCategoricalFocalCrossentropy(ObjectConfig& config,
                                                                    KerasVersion version);

}  // namespace sidecar::evaluate
