#include "evaluate/losses/divergence.h"

#include <cmath>

#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/mean_of_elements.h"

namespace sidecar::evaluate {
namespace {

// Between epsilon and 1; NaN stays NaN.
float ClipToOne(float p) { return p < kEpsilon ? kEpsilon : (p > 1 ? 1.0F : p); }

// The sum over the last dimension of y ln(y / p).
class KLDivergence final : public FunctionOfRows {
 public:
  void ComputeRows(std::span<const float> labels, std::span<const float> predictions,
                   Values& values) override {
    terms_.resize(labels.size());
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const float y = ClipToOne(labels[i]);
      terms_[i] = y * std::log(y / ClipToOne(predictions[i]));
    }
    SumOfRows(terms_, values.data.size(), values.data);
  }

 private:
  std::vector<float> terms_;
};

struct PoissonTerm {
  float operator()(float label, float prediction) const {
    return prediction - label * std::log(prediction + kEpsilon);
  }
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeKLDivergence(ObjectConfig&, KerasVersion) {
  return std::make_unique<KLDivergence>();
}

std::unique_ptr<PerSampleFunction> MakePoisson(ObjectConfig&, KerasVersion) {
  return std::make_unique<MeanOfElements<PoissonTerm>>(PoissonTerm{});
}

}  // namespace sidecar::evaluate
