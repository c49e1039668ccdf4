// Circle loss (Keras 3): embeddings of one label close, others apart.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factory for loss_table.cc. Arguments: gamma, margin, remove_diagonal. Every sample is compared
/// with every other of its batch, so values depend on how the data are split into batches.
std::unique_ptr<PerSampleFunction> MakeCircle(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
