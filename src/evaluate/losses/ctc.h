// Connectionist temporal classification (Keras 3).
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factory for loss_table.cc; no arguments. Labels [batch, length] are class numbers, 0 pads them;
/// predictions [batch, time, classes] are logits, class 0 is the blank.
std::unique_ptr<PerSampleFunction> MakeCtc(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
