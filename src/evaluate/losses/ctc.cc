#include "evaluate/losses/ctc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/losses/softmax_rows.h"

namespace sidecar::evaluate {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

double LogAdd(double a, double b) {
  if (a < b) std::swap(a, b);
  return b == kImpossible ? a : a + std::log1p(std::exp(b - a));
}

class Ctc final : public PerSampleFunction {
 public:
  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    const bool rows =
        labels.rank() >= 1 && prediction.rank() >= 1 && CanBroadcast(labels[0], prediction[0]);
    if (labels.rank() == 2 && prediction.rank() == 3 && rows) return Shape{prediction[0]};
    return ShapesDiffer(labels, prediction,
                        "ctc needs labels [batch, length] and logits [batch, time, classes]");
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const std::int64_t> labels, input.labels->Integers());
    const std::size_t rows = values.data.size();
    const auto length = static_cast<std::size_t>(input.label_shape[1]);
    const auto steps = static_cast<std::size_t>(input.prediction_shape[1]);
    classes_ = static_cast<std::size_t>(input.prediction_shape[2]);
    if (classes_ == 0) {
      return ShapesDiffer(input.label_shape, input.prediction_shape, "ctc needs classes");
    }
    softmax_.Compute(input.prediction, classes_);
    logits_ = input.prediction;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::span<const std::int64_t> own = labels.subspan(row * length, length);
      const auto used =
          static_cast<std::size_t>(std::count_if(own.begin(), own.end(), [](auto y) { return y; }));
      SIDECAR_RETURN_IF_ERROR(CheckLabels(own.first(used), row));
      values.data[row] = static_cast<float>(RowLoss(own.first(used), row * steps, steps));
    }
    return Status();
  }

 private:
  [[nodiscard]] Status CheckLabels(std::span<const std::int64_t> labels, std::size_t row) const {
    for (const std::int64_t label : labels) {
      if (static_cast<std::uint64_t>(label) < classes_) continue;
      return Status(StatusCode::kFailedPrecondition,
                    fmt::format("label {} in row {} of the batch is not a class: labels go from 1 "
                                "to {}, 0 pads them",
                                label, row, static_cast<std::int64_t>(classes_) - 1));
    }
    return Status();
  }

  [[nodiscard]] double LogProbability(std::size_t at, std::int64_t label) const {
    const float x = logits_[at * classes_ + static_cast<std::size_t>(label)];
    return static_cast<double>(x - softmax_.greatest(at)) -
           static_cast<double>(softmax_.log_sum(at));
  }

  // The forward algorithm over blank, l1, blank, l2, …, blank (Graves et al. 2006, section 4.1).
  double RowLoss(std::span<const std::int64_t> labels, std::size_t first, std::size_t steps) {
    const std::size_t states = 2 * labels.size() + 1;
    const auto label_of = [labels](std::size_t state) {
      return state % 2 == 0 ? std::int64_t{0} : labels[state / 2];
    };
    forward_.assign(states, kImpossible);
    next_.resize(states);
    for (std::size_t step = 0; step < steps; ++step) {
      for (std::size_t state = 0; state < states; ++state) {
        double reached = step == 0 ? (state < 2 ? 0.0 : kImpossible) : forward_[state];
        if (step > 0 && state > 0) reached = LogAdd(reached, forward_[state - 1]);
        const bool skips = state % 2 == 1 && state > 1 && label_of(state) != label_of(state - 2);
        if (step > 0 && skips) reached = LogAdd(reached, forward_[state - 2]);
        next_[state] = reached + LogProbability(first + step, label_of(state));
      }
      forward_.swap(next_);
    }
    const double last = forward_[states - 1];
    return -(states > 1 ? LogAdd(last, forward_[states - 2]) : last);
  }

  std::size_t classes_ = 0;
  std::span<const float> logits_;
  SoftmaxRows softmax_;
  std::vector<double> forward_;
  std::vector<double> next_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeCtc(ObjectConfig&, KerasVersion) {
  return std::make_unique<Ctc>();
}

}  // namespace sidecar::evaluate
