#include "evaluate/losses/regression.h"

#include <cmath>

#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/mean_of_elements.h"
#include "evaluate/losses/vector_math.h"

namespace sidecar::evaluate {
namespace {

struct SquaredError {
  float operator()(float label, float prediction) const {
    const float error = prediction - label;
    return error * error;
  }
};

struct AbsoluteError {
  float operator()(float label, float prediction) const { return std::fabs(prediction - label); }
};

// Not below epsilon; NaN stays NaN.
float AtLeastEpsilon(float x) { return x < kEpsilon ? kEpsilon : x; }

struct RelativeError {
  float operator()(float label, float prediction) const {
    return std::fabs((label - prediction) / AtLeastEpsilon(std::fabs(label)));
  }
};

struct SquaredLogarithmicError {
  float operator()(float label, float prediction) const {
    const float difference =
        std::log(AtLeastEpsilon(prediction) + 1.0F) - std::log(AtLeastEpsilon(label) + 1.0F);
    return difference * difference;
  }
};

struct HuberError {
  float delta = 1;
  float operator()(float label, float prediction) const {
    const float error = prediction - label;
    const float size = std::fabs(error);
    const float inside = 0.5F * (error * error);
    const float outside = delta * size - 0.5F * (delta * delta);
    return size <= delta ? inside : outside;
  }
};

// x + softplus(-2 x) - ln 2.
struct LogCoshError {
  float operator()(float label, float prediction) const {
    constexpr float kLog2 = 0.693147180559945F;
    const float x = prediction - label;
    const float positive = x > 0 ? 0.0F : -2.0F * x;  // max(-2 x, 0); NaN stays NaN
    return x + (positive + Log1pUpToOne(ExpNotPositive(-2.0F * std::fabs(x)))) - kLog2;
  }
};

template <class Element>
std::unique_ptr<PerSampleFunction> MeanOf(Element element, float scale = 1) {
  return std::make_unique<MeanOfElements<Element>>(element, scale);
}

}  // namespace

std::unique_ptr<PerSampleFunction> MakeMeanSquaredError(ObjectConfig&, KerasVersion) {
  return MeanOf(SquaredError{});
}

std::unique_ptr<PerSampleFunction> MakeMeanAbsoluteError(ObjectConfig&, KerasVersion) {
  return MeanOf(AbsoluteError{});
}

std::unique_ptr<PerSampleFunction> MakeMeanAbsolutePercentageError(ObjectConfig&, KerasVersion) {
  return MeanOf(RelativeError{}, 100);
}

std::unique_ptr<PerSampleFunction> MakeMeanSquaredLogarithmicError(ObjectConfig&, KerasVersion) {
  return MeanOf(SquaredLogarithmicError{});
}

std::unique_ptr<PerSampleFunction> MakeHuber(ObjectConfig& config, KerasVersion) {
  return MeanOf(HuberError{static_cast<float>(config.Number("delta", 1.0))});
}

std::unique_ptr<PerSampleFunction> MakeLogCosh(ObjectConfig&, KerasVersion) {
  return MeanOf(LogCoshError{});
}

}  // namespace sidecar::evaluate
