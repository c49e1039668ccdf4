// The crossentropy of one label and one prediction.
#pragma once

#include <cmath>

#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/vector_math.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// keras.backend.binary_crossentropy of one element.
class BinaryTerms {
 public:
  explicit BinaryTerms(KerasVersion version)
      // Keras 2 adds epsilon once more inside the logarithms. TensorFlow's graph optimizer turns
      // its 1 - p + epsilon into (1 + epsilon) - p, which rounds otherwise near p = 1.
      : inner_epsilon_(version == KerasVersion::kKeras2 ? kEpsilon : 0.0F),
        inner_one_(1.0F + inner_epsilon_) {}

  /// tf.nn.sigmoid_cross_entropy_with_logits.
  static float FromLogit(float x, float y) {
    const float positive = x < 0 ? 0.0F : x;  // NaN stays NaN
    return positive - x * y + Log1pUpToOne(ExpNotPositive(-std::fabs(x)));
  }

  /// The probability is clipped first.
  [[nodiscard]] float FromProbability(float probability, float y) const {
    const float p = ClipProbability(probability);
    return -(TimesLog(y, p + inner_epsilon_) + TimesLog(1.0F - y, inner_one_ - p));
  }

 private:
  // y * ln(p), where y is mostly 0: then the logarithm is not needed, for p is clipped or NaN.
  static float TimesLog(float y, float p) { return y == 0 && p == p ? 0.0F : y * std::log(p); }

  float inner_epsilon_;
  float inner_one_;
};

}  // namespace sidecar::evaluate
