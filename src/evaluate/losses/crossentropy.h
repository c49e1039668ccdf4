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

/// keras.backend.epsilon().
inline constexpr float kEpsilon = 1e-7F;

/// Clips a probability to [epsilon, 1 - epsilon] in the precision of `Real`: in float32 the upper
/// end is 1 - 1.19e-7. NaN stays NaN.
template <class Real>
inline Real ClipProbability(Real p) {
  constexpr auto kLeast = static_cast<Real>(1e-7L);
  constexpr Real kMost = Real{1} - kLeast;
  return p < kLeast ? kLeast : (p > kMost ? kMost : p);
}

}  // namespace sidecar::evaluate
