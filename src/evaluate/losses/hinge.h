// Hinge losses, of labels -1 and 1 or one-hot labels.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for loss_table.cc and metric_table.cc; none has arguments. Hinge and squared hinge
/// take labels 0 and 1 for -1 and 1 where a batch has no others, so their values depend on how the
/// data are split into batches, as Keras's do.
std::unique_ptr<PerSampleFunction> MakeHinge(ObjectConfig& config, KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeSquaredHinge(ObjectConfig& config, KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeCategoricalHinge(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
