#include "evaluate/metrics/confusion_metric.h"

#include <utility>

#include "base/status_macros.h"

namespace sidecar::evaluate {
namespace {

std::size_t InitialSize(const ConfusionOptions& options, std::size_t cells) {
  return options.by_label ? 0 : options.thresholds.size() * cells;
}

}  // namespace

ConfusionMetric::ConfusionMetric(ConfusionOptions options, std::vector<Cell> cells,
                                 KerasVersion version)
    : MetricAccumulator(InitialSize(options, cells.size())),
      counts_(std::move(options), version),
      cells_(std::move(cells)) {}

Status ConfusionMetric::Check(const Shape& labels, const Shape& prediction,
                              const Shape* weights) const {
  return counts_.Check(labels, prediction, weights);
}

Status ConfusionMetric::Update(const OutputView& view) {
  SIDECAR_RETURN_IF_ERROR(counts_.Count(view));
  const std::size_t columns = counts_.columns();
  const std::size_t size = options().thresholds.size() * columns;
  if (state_.empty()) state_.resize(size * cells_.size(), 0.0);
  if (state_.size() != size * cells_.size()) {
    return Status(StatusCode::kFailedPrecondition, "the number of labels changed between batches");
  }
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    const Cell cell = cells_[c];
    const bool of_true = cell == Cell::kTruePositives || cell == Cell::kFalseNegatives;
    const std::span<const double> exceeding =
        of_true ? counts_.true_positives() : counts_.false_positives();
    const std::span<const double> all = of_true ? counts_.positives() : counts_.negatives();
    const bool positive = cell == Cell::kTruePositives || cell == Cell::kFalsePositives;
    double* const sums = state_.data() + c * size;
    std::size_t column = 0;
    for (std::size_t i = 0; i < size; ++i) {
      AddFloat32(sums[i], positive ? exceeding[i] : all[column] - exceeding[i]);
      if (++column == columns) column = 0;
    }
  }
  return Status();
}

std::span<const double> ConfusionMetric::Sums(Cell cell) const {
  const std::size_t size = state_.size() / cells_.size();
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    if (cells_[c] == cell) return state().subspan(c * size, size);
  }
  return {};
}

}  // namespace sidecar::evaluate
