#include "evaluate/metrics/confusion_metric.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/status_macros.h"

namespace sidecar::evaluate {
namespace {

// Up to here float32 holds every whole number.
constexpr double kExact = 1 << 24;

std::size_t InitialSize(const ConfusionOptions& options, std::size_t cells) {
  return options.by_label ? 0 : options.thresholds.size() * cells;
}

}  // namespace

// Metrics that count the same, and what was counted since their states were brought up to date. The
// first of them counts for all.
class ConfusionGroup {
 public:
  void Join(ConfusionMetric& metric) { members_.push_back(&metric); }
  void Leave(const ConfusionMetric& metric) {
    Settle();
    std::erase(members_, &metric);
  }

  Status Update(const ConfusionMetric& metric, const OutputView& view) {
    if (members_.front() != &metric) return Follow(metric, view);
    ConfusionCounts& counts = members_.front()->counts_;
    const bool weighs = counts.Weighs(view);
    const auto elements = static_cast<double>(view.prediction.size());
    if (weighs || waiting_ + elements > room_) Settle();
    if (waiting_ == 0 && !weighs) room_ = Room();
    SIDECAR_RETURN_IF_ERROR(counts.Add(view));
    SIDECAR_RETURN_IF_ERROR(CheckStates());
    waiting_ += elements;
    if (weighs || waiting_ > room_) Settle();
    return Status();
  }

  void Settle() {
    if (waiting_ == 0) return;
    waiting_ = 0;
    ConfusionCounts& counts = members_.front()->counts_;
    counts.TakeSums();
    for (ConfusionMetric* member : members_) member->AddSums(counts);
  }

 private:
  // The batch is counted already; what it is allowed to look like may differ.
  [[nodiscard]] Status Follow(const ConfusionMetric& metric, const OutputView& view) const {
    if (metric.options() == members_.front()->options()) return Status();
    return metric.Check(view.labels->shape(), view.prediction_shape,
                        view.weights == nullptr ? nullptr : &view.weights->shape);
  }

  // How much can be added to all states without rounding.
  [[nodiscard]] double Room() const {
    double greatest = 0;
    for (const ConfusionMetric* member : members_) {
      for (const double value : member->state_) {
        if (std::trunc(value) != value) return 0;
        greatest = std::max(greatest, value);
      }
    }
    return kExact - greatest;
  }

  // A state that was loaded may be of another number of columns.
  [[nodiscard]] Status CheckStates() const {
    const ConfusionCounts& counts = members_.front()->counts_;
    const std::size_t size = counts.options().thresholds.size() * counts.columns();
    for (const ConfusionMetric* member : members_) {
      if (member->state_.empty() || member->state_.size() == size * member->cells_.size()) continue;
      return Status(StatusCode::kFailedPrecondition,
                    "the number of labels changed between batches");
    }
    return Status();
  }

  std::vector<ConfusionMetric*> members_;
  double waiting_ = 0;  // elements in the histogram
  double room_ = 0;
};

ConfusionMetric::ConfusionMetric(ConfusionOptions options, std::vector<Cell> cells,
                                 KerasVersion version)
    : MetricAccumulator(InitialSize(options, cells.size())),
      counts_(std::move(options), version),
      cells_(std::move(cells)),
      group_(std::make_shared<ConfusionGroup>()) {
  group_->Join(*this);
}

ConfusionMetric::~ConfusionMetric() { group_->Leave(*this); }

Status ConfusionMetric::Check(const Shape& labels, const Shape& prediction,
                              const Shape* weights) const {
  return counts_.Check(labels, prediction, weights);
}

Status ConfusionMetric::Update(const OutputView& view) { return group_->Update(*this, view); }

void ConfusionMetric::Settle() const { group_->Settle(); }

void ConfusionMetric::AddSums(const ConfusionCounts& counts) {
  const std::size_t columns = counts.columns();
  const std::size_t size = counts.true_positives().size();
  if (state_.empty()) state_.resize(size * cells_.size(), 0.0);
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    const Cell cell = cells_[c];
    const bool of_true = cell == Cell::kTruePositives || cell == Cell::kFalseNegatives;
    const std::span<const double> exceeding =
        of_true ? counts.true_positives() : counts.false_positives();
    const std::span<const double> all = of_true ? counts.positives() : counts.negatives();
    const bool positive = cell == Cell::kTruePositives || cell == Cell::kFalsePositives;
    double* const sums = state_.data() + c * size;
    std::size_t column = 0;
    for (std::size_t i = 0; i < size; ++i) {
      AddFloat32(sums[i], positive ? exceeding[i] : all[column] - exceeding[i]);
      if (++column == columns) column = 0;
    }
  }
}

std::span<const double> ConfusionMetric::Sums(Cell cell) const {
  const std::span<const double> all = state();
  const std::size_t size = all.size() / cells_.size();
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    if (cells_[c] == cell) return all.subspan(c * size, size);
  }
  return {};
}

void ShareCounts(std::span<MetricAccumulator* const> metrics) {
  std::vector<ConfusionMetric*> firsts;
  for (MetricAccumulator* const metric : metrics) {
    auto* const own = dynamic_cast<ConfusionMetric*>(metric);
    if (own == nullptr) continue;
    const auto first = std::find_if(firsts.begin(), firsts.end(), [own](const auto* other) {
      return other->counts_.version() == own->counts_.version() &&
             other->options().CountsAs(own->options());
    });
    if (first == firsts.end()) {
      firsts.push_back(own);
      continue;
    }
    own->group_->Leave(*own);
    own->group_ = (*first)->group_;
    own->group_->Join(*own);
  }
}

}  // namespace sidecar::evaluate
