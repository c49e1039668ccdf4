#include "evaluate/losses/regression.h"

#include <cmath>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"

namespace sidecar::evaluate {
namespace {

// mean over the last dimension of error(prediction - label).
template <class Error>
class MeanError final : public PerSampleFunction {
 public:
  explicit MeanError(Error error) : error_(error) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common, ElementPairs::CommonShape(labels, prediction));
    return WithoutAxis(common, -1);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common,
                             ElementPairs::CommonShape(input.label_shape, input.prediction_shape));
    SIDECAR_RETURN_IF_ERROR(pairs_.Load(input, common));
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> predictions = pairs_.predictions();
    errors_.resize(predictions.size());
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      errors_[i] = error_(predictions[i] - labels[i]);
    }
    MeanOfRows(errors_, values.data.size(), values.data);
    return Status();
  }

 private:
  Error error_;
  ElementPairs pairs_;
  std::vector<float> errors_;
};

struct Squared {
  float operator()(float error) const { return error * error; }
};

struct Absolute {
  float operator()(float error) const { return std::fabs(error); }
};

struct HuberError {
  float delta = 1;
  float operator()(float error) const {
    const float size = std::fabs(error);
    const float inside = 0.5F * (error * error);
    const float outside = delta * size - 0.5F * (delta * delta);
    return size <= delta ? inside : outside;
  }
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeMeanSquaredError(ObjectConfig&, KerasVersion) {
  return std::make_unique<MeanError<Squared>>(Squared{});
}

std::unique_ptr<PerSampleFunction> MakeMeanAbsoluteError(ObjectConfig&, KerasVersion) {
  return std::make_unique<MeanError<Absolute>>(Absolute{});
}

std::unique_ptr<PerSampleFunction> MakeHuber(ObjectConfig& config, KerasVersion) {
  const auto delta = static_cast<float>(config.Number("delta", 1.0));
  return std::make_unique<MeanError<HuberError>>(HuberError{delta});
}

}  // namespace sidecar::evaluate
