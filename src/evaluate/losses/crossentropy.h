// Binary, categorical and sparse categorical crossentropy.
//
// Where softmax or sigmoid made the prediction, Keras on TensorFlow uses their input whatever
// from_logits says, and does not look at which of the two it was (keras.backend._get_logits; in
// Keras 3, backend/tensorflow/nn.py). FunctionInput::logits is that input.
#pragma once

#include <memory>

#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Factories for loss_table.cc and metric_table.cc; `config` holds the keyword arguments.
std::unique_ptr<PerSampleFunction> MakeBinaryCrossentropy(ObjectConfig& config,
                                                          KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeCategoricalCrossentropy(ObjectConfig& config,
                                                               KerasVersion version);
std::unique_ptr<PerSampleFunction> MakeSparseCategoricalCrossentropy(ObjectConfig& config,
                                                                     KerasVersion version);

/// keras.backend.epsilon(), and what probabilities are clipped to.
inline constexpr float kEpsilon = 1e-7F;
inline constexpr float kOneMinusEpsilon = 1.0F - kEpsilon;
/// NaN stays NaN.
inline float ClipProbability(float p) {
  return p < kEpsilon ? kEpsilon : (p > kOneMinusEpsilon ? kOneMinusEpsilon : p);
}

}  // namespace sidecar::evaluate
