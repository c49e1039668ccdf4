// A metric and a loss of one's own. A model file that names them, because Python code has classes
// registered with keras.saving.register_keras_serializable(package="examples"), loads then. Here
// the model and its compile config are built in code; its checkpoints are those of
// ../minimal/train.py.
//
// usage: custom_metric CHECKPOINT
#include <sidecar/sidecar.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace {

// What errors cost: config {"costs": the cost of predicting class j where it is i, row by row}. The
// result is the mean over all samples.
class CostOfErrors final : public sidecar::CustomMetric {
 public:
  explicit CostOfErrors(std::vector<double> costs) : costs_(std::move(costs)) {}

  // The sum of costs, and of weights.
  [[nodiscard]] std::size_t StateSize() const override { return 2; }

  [[nodiscard]] sidecar::Status Check(const sidecar::Shape& labels,
                                      const sidecar::Shape& prediction) const override {
    // Keras 2 gives class numbers the rank of the prediction: [batch, 1].
    const bool numbers = labels.rank() == 1 || (labels.rank() == 2 && labels[1] == 1);
    const bool fits = numbers && prediction.rank() == 2 &&
                      static_cast<std::size_t>(prediction[1] * prediction[1]) == costs_.size();
    if (fits) return {};
    return {sidecar::StatusCode::kFailedPrecondition,
            "CostOfErrors needs class numbers, and a cost for each pair of classes"};
  }

  sidecar::Status Update(const sidecar::CustomBatch& batch, std::span<double> state) override {
    const auto classes = static_cast<std::size_t>(batch.prediction_shape[1]);
    for (std::size_t row = 0; row < batch.labels.size(); ++row) {
      const auto scores = batch.prediction.subspan(row * classes, classes);
      const auto found =
          static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
      const auto wanted = static_cast<std::size_t>(batch.labels[row]);
      const double weight = batch.weights.empty() ? 1.0 : static_cast<double>(batch.weights[row]);
      if (wanted >= classes) {
        return {sidecar::StatusCode::kFailedPrecondition, "a label is no class"};
      }
      state[0] += weight * costs_[wanted * classes + found];
      state[1] += weight;
    }
    return {};
  }

  [[nodiscard]] sidecar::MetricValue Result(std::span<const double> state) const override {
    return state[1] == 0 ? 0.0 : state[0] / state[1];
  }

 private:
  std::vector<double> costs_;
};

// 1 - the probability of the right class.
class MissingProbability final : public sidecar::CustomLoss {
 public:
  sidecar::Status Compute(const sidecar::CustomBatch& batch, std::span<float> values) override {
    const std::size_t classes = batch.prediction.size() / values.size();
    for (std::size_t row = 0; row < values.size(); ++row) {
      const auto wanted = static_cast<std::size_t>(batch.labels[row]);
      values[row] = wanted < classes ? 1.0F - batch.prediction[row * classes + wanted] : 1.0F;
    }
    return {};
  }
};

void RegisterAll() {
  using sidecar::CustomArguments;
  sidecar::ThrowIfError(sidecar::RegisterMetric(
      "examples>CostOfErrors",
      [](CustomArguments& arguments) -> sidecar::Result<std::unique_ptr<sidecar::CustomMetric>> {
        return std::unique_ptr<sidecar::CustomMetric>(
            std::make_unique<CostOfErrors>(arguments.Numbers("costs")));
      }));
  sidecar::ThrowIfError(sidecar::RegisterLoss(
      "examples>MissingProbability",
      [](CustomArguments&) -> sidecar::Result<std::unique_ptr<sidecar::CustomLoss>> {
        return std::unique_ptr<sidecar::CustomLoss>(std::make_unique<MissingProbability>());
      }));
}

// As in ../minimal/train.py.
sidecar::DatasetPtr MakeData() {
  constexpr std::int64_t kSamples = 1000;
  constexpr std::int64_t kFeatures = 4;
  std::vector<float> x;
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < kSamples; ++i) {
    float sum = 0;
    for (std::int64_t j = 0; j < kFeatures; ++j) {
      x.push_back(static_cast<float>((i * (2 * j + 3)) % 17) / 16.0F);
      sum += x.back();
    }
    y.push_back(sum < 1.5F ? 0 : sum < 2.5F ? 1 : 2);
  }
  return sidecar::DatasetFromArrays(sidecar::Tensor::FromValues({kSamples, kFeatures}, x).value(),
                                    sidecar::Tensor::FromValues({kSamples}, y).value(),
                                    /*batch_size=*/32)
      .value();
}

int Run(const std::string& checkpoint) {
  namespace layers = sidecar::layers;
  RegisterAll();
  sidecar::Model model = sidecar::Model::Sequential({
                                                        layers::Input({4}),
                                                        layers::Dense(16, {.activation = "relu"}),
                                                        layers::Dense(3, {.activation = "softmax"}),
                                                    })
                             .value();
  // As Keras writes it into a model file.
  sidecar::ThrowIfError(model.CompileFromJson(R"({
    "loss": {"module": "train", "class_name": "MissingProbability", "config": {},
             "registered_name": "examples>MissingProbability"},
    "metrics": [{"module": "train", "class_name": "CostOfErrors",
                 "config": {"name": "cost", "costs": [0, 1, 1, 1, 0, 1, 1, 1, 0]},
                 "registered_name": "examples>CostOfErrors"}]})"));
  const sidecar::EvaluationResult result = sidecar::Evaluate(model, MakeData(), checkpoint).value();
  for (const auto& [name, value] : result.metrics) {
    std::cout << name << '=' << std::get<double>(value) << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: custom_metric CHECKPOINT\n";
    return 64;
  }
  try {
    return Run(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
