#include "evaluate/losses/circle.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"

namespace sidecar::evaluate {
namespace {

// ln(sum(exp(x))) of values that come one by one; -infinity of none.
class LogSumExp {
 public:
  void Add(double x) {
    if (x > greatest_) {
      sum_ = sum_ * std::exp(greatest_ - x) + 1;
      greatest_ = x;
    } else {
      sum_ += std::exp(x - greatest_);
    }
  }
  [[nodiscard]] double value() const { return greatest_ + std::log(sum_); }

 private:
  double greatest_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0;
};

double Softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

class Circle final : public PerSampleFunction {
 public:
  Circle(double gamma, double margin, bool remove_diagonal)
      : gamma_(gamma), margin_(margin), remove_diagonal_(remove_diagonal) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    const bool column = labels.rank() == 2 && labels[1] == 1;
    if (prediction.rank() == 2 && (labels.rank() == 1 || column)) return Shape{prediction[0]};
    return ShapesDiffer(labels, prediction,
                        "circle needs one label for each embedding, [batch] or [batch, 1]");
  }

  // Keras masks losses of 0.
  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const std::int64_t> labels, input.labels->Integers());
    values.mask.resize(values.data.size());
    for (std::size_t row = 0; row < values.data.size(); ++row) {
      values.data[row] = static_cast<float>(RowLoss(labels, input.prediction, row));
      values.mask[row] = values.data[row] > 0 ? 1 : 0;
    }
    return Status();
  }

 private:
  [[nodiscard]] double RowLoss(std::span<const std::int64_t> labels,
                               std::span<const float> embeddings, std::size_t row) const {
    const std::size_t width = embeddings.size() / labels.size();
    LogSumExp positive;
    LogSumExp negative;
    for (std::size_t other = 0; other < labels.size(); ++other) {
      const bool same = labels[other] == labels[row];
      if (same && other == row && remove_diagonal_) continue;
      double product = 0;
      for (std::size_t i = 0; i < width; ++i) {
        product += static_cast<double>(embeddings[row * width + i]) *
                   static_cast<double>(embeddings[other * width + i]);
      }
      const double distance = std::max(1 - product, 0.0);
      if (same) {
        positive.Add(-gamma_ * std::max(margin_ + distance, 0.0) * (margin_ - distance));
      } else {
        negative.Add(gamma_ * std::max(1 + margin_ - distance, 0.0) * (1 - margin_ - distance));
      }
    }
    return Softplus(positive.value() + negative.value());
  }

  double gamma_;
  double margin_;
  bool remove_diagonal_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeCircle(ObjectConfig& config, KerasVersion) {
  const double gamma = config.Number("gamma", 80.0);
  const double margin = config.Number("margin", 0.4);
  return std::make_unique<Circle>(gamma, margin, config.Bool("remove_diagonal", true));
}

}  // namespace sidecar::evaluate
