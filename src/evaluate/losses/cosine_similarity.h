// Cosine similarity: a loss (the negative) and a metric.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for loss_table.cc and metric_table.cc; argument: axis.
std::unique_ptr<PerSampleFunction> MakeCosineSimilarityLoss(ObjectConfig& config,
                                                            KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeCosineSimilarity(ObjectConfig& config, KerasVersion version);

}  // namespace sidecar::evaluate
