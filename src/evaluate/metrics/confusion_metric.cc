#include "evaluate/metrics/confusion_metric.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace sidecar::evaluate {

// Metrics that count the same values. The first of them counts for all; those of the same
// thresholds also share variables.
class ConfusionGroup {
 public:
  void Join(ConfusionMetric& metric) {
    const ConfusionOptions& options = metric.options();
    const ConfusionPart part = counts_.Include(options.thresholds, options.by_label);
    metric.variables_ = nullptr;
    for (const ConfusionMetric* member : members_) {
      if (member->variables_->part() == part) metric.variables_ = member->variables_;
    }
    if (metric.variables_ == nullptr) {
      metric.variables_ = std::make_shared<ConfusionVariables>(part, options.thresholds.size());
    }
    members_.push_back(&metric);
    ListVariables();
  }

  void Leave(const ConfusionMetric& metric) {
    std::erase(members_, &metric);
    ListVariables();
  }

  // Gives a metric variables of its own.
  void Separate(ConfusionMetric& metric) {
    metric.variables_ = std::make_shared<ConfusionVariables>(*metric.variables_);
    ListVariables();
  }

  Status Update(const ConfusionMetric& metric, const OutputView& view) {
    ConfusionMetric& first = *members_.front();
    if (&first != &metric) return Follow(metric, view);
    SIDECAR_RETURN_IF_ERROR(first.input_.Load(view));
    return first.input_.Weighs(view) ? Weigh(first.input_) : Count(first.input_);
  }

  void Reset() {
    counts_.Clear();
    for (ConfusionVariables* variables : variables_) variables->Reset();
  }

  void Settle(ConfusionVariables& variables) { variables.Settle(counts_); }

  // Whether one more metric needs at most `max_buckets`, or none of its own.
  [[nodiscard]] bool HasRoomFor(const ConfusionMetric& metric, std::size_t max_buckets) const {
    ConfusionCounts counts = counts_;
    counts.Include(metric.options().thresholds, metric.options().by_label);
    return counts.buckets() <= std::max(max_buckets, counts_.buckets());
  }

 private:
  void ListVariables() {
    variables_.clear();
    for (const ConfusionMetric* member : members_) {
      ConfusionVariables* const own = member->variables_.get();
      if (std::find(variables_.begin(), variables_.end(), own) == variables_.end()) {
        variables_.push_back(own);
      }
    }
  }

  // The batch is counted already; what it is allowed to look like may differ.
  [[nodiscard]] Status Follow(const ConfusionMetric& metric, const OutputView& view) const {
    if (metric.options().ChecksSame(members_.front()->options())) return Status();
    return metric.Check(view.labels->shape(), view.prediction_shape,
                        view.weights == nullptr ? nullptr : &view.weights->shape);
  }

  // How much a batch can add to a variable.
  static double Most(const ConfusionVariables& variables, const ConfusionInput& batch) {
    const std::size_t size = batch.predictions().size();
    return static_cast<double>(variables.part().by_label && size != 0 ? size / batch.row_size()
                                                                      : size);
  }

  Status Count(const ConfusionInput& batch) {
    for (ConfusionVariables* variables : variables_) {
      variables->BeforeCounting(counts_, Most(*variables, batch));
    }
    SIDECAR_RETURN_IF_ERROR(counts_.Add(batch));
    for (ConfusionVariables* variables : variables_) {
      SIDECAR_RETURN_IF_ERROR(variables->AfterCounting(counts_, Most(*variables, batch)));
    }
    return Status();
  }

  Status Weigh(const ConfusionInput& batch) {
    for (ConfusionVariables* variables : variables_) variables->Settle(counts_);
    SIDECAR_RETURN_IF_ERROR(counts_.Weigh(batch));
    for (ConfusionVariables* variables : variables_) {
      SIDECAR_RETURN_IF_ERROR(variables->AddWeighed(counts_));
    }
    return Status();
  }

  std::vector<ConfusionMetric*> members_;
  std::vector<ConfusionVariables*> variables_;  // of the members, each once
  ConfusionCounts counts_;
};

ConfusionMetric::ConfusionMetric(ConfusionOptions options, std::vector<Cell> cells,
                                 KerasVersion version)
    : MetricAccumulator(0),
      input_(std::move(options), version),
      cells_(std::move(cells)),
      group_(std::make_shared<ConfusionGroup>()) {
  group_->Join(*this);
}

ConfusionMetric::~ConfusionMetric() { group_->Leave(*this); }

Status ConfusionMetric::Check(const Shape& labels, const Shape& prediction,
                              const Shape* weights) const {
  return input_.Check(labels, prediction, weights);
}

Status ConfusionMetric::Update(const OutputView& view) { return group_->Update(*this, view); }

void ConfusionMetric::Settle() const {
  state_.clear();
  for (const Cell cell : cells_) {
    const std::span<const float> sums = Sums(cell);
    state_.insert(state_.end(), sums.begin(), sums.end());
  }
}

void ConfusionMetric::TakeState() {
  group_->Separate(*this);
  const std::size_t size = state_.size() / cells_.size();
  for (std::size_t c = 0; c < cells_.size(); ++c) {
    variables_->Load(cells_[c], std::span<const double>(state_).subspan(c * size, size));
  }
}

void ConfusionMetric::Clear() { group_->Reset(); }

std::span<const float> ConfusionMetric::Sums(Cell cell) const {
  group_->Settle(*variables_);
  return variables_->values(cell);
}

void ShareCounts(std::span<MetricAccumulator* const> metrics, std::size_t max_buckets) {
  std::vector<ConfusionMetric*> firsts;
  for (MetricAccumulator* const metric : metrics) {
    auto* const own = dynamic_cast<ConfusionMetric*>(metric);
    if (own == nullptr) continue;
    const auto first = std::find_if(firsts.begin(), firsts.end(), [&](const auto* other) {
      return other->input_.version() == own->input_.version() &&
             other->options().CountsSameValues(own->options()) &&
             other->group_->HasRoomFor(*own, max_buckets);
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
