// The crossentropy of one label and one prediction.
#pragma once

#include <cmath>

#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/vector_math.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// keras.backend.binary_crossentropy of one element, in float or double.
template <class Real>
class BinaryTerms {
 public:
  explicit BinaryTerms(KerasVersion version)
      // Keras 2 adds epsilon once more inside the logarithms. TensorFlow's graph optimizer turns
      // its 1 - p + epsilon into (1 + epsilon) - p, which rounds otherwise near p = 1.
      : inner_epsilon_(version == KerasVersion::kKeras2 ? static_cast<Real>(1e-7L) : Real{0}),
        inner_one_(Real{1} + inner_epsilon_) {}

  /// The probability is clipped first.
  [[nodiscard]] Real FromProbability(Real probability, Real y) const {
    const Real p = ClipProbability(probability);
    return -(TimesLog(y, p + inner_epsilon_) + TimesLog(Real{1} - y, inner_one_ - p));
  }

 private:
  // y * ln(p), where y is mostly 0: then the logarithm is not needed, for p is clipped or NaN.
  static Real TimesLog(Real y, Real p) { return y == 0 && p == p ? Real{0} : y * std::log(p); }

  Real inner_epsilon_;
  Real inner_one_;
};

/// tf.nn.sigmoid_cross_entropy_with_logits.
inline float BinaryTermFromLogit(float x, float y) {
  const float positive = x < 0 ? 0.0F : x;  // NaN stays NaN
  return positive - x * y + Log1pUpToOne(ExpNotPositive(-std::fabs(x)));
}

}  // namespace sidecar::evaluate
