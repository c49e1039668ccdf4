#include "evaluate/metrics/confusion_variables.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

// Up to here float32 holds every whole number.
constexpr double kExact = 1 << 24;

// What is added to variables, [thresholds, columns]: `values`, or all - values with `all`
// [columns]. Where the variables are `fresh`, what they hold stands for 0.
struct Addition {
  const double* values;
  std::span<const double> all;
  bool fresh;
};

SIDECAR_VECTOR_CLONES void AddRow(const double* all, const double* values, bool fresh,
                                  std::span<float> variables) {
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const double value = all == nullptr ? values[i] : all[i] - values[i];
    variables[i] = (fresh ? 0.0F : variables[i]) + static_cast<float>(value);
  }
}

void AddTo(std::vector<float>& variables, const Addition& added) {
  const std::size_t columns = added.all.empty() ? variables.size() : added.all.size();
  const double* const all = added.all.empty() ? nullptr : added.all.data();
  for (std::size_t begin = 0; begin < variables.size(); begin += columns) {
    AddRow(all, added.values + begin, added.fresh, {variables.data() + begin, columns});
  }
}

// The greatest value; more than kExact where some value is no whole number.
SIDECAR_VECTOR_CLONES std::int32_t GreatestWhole(std::span<const float> values) {
  constexpr std::int32_t kTooGreat = 1 << 25;
  std::int32_t greatest = 0;
  for (const float value : values) {
    const bool inside = value >= 0 && value <= 0x1p24F;
    const auto truncated = static_cast<std::int32_t>(inside ? value : 0.0F);
    const bool whole = inside && static_cast<float>(truncated) == value;
    greatest = std::max(greatest, whole ? truncated : kTooGreat);
  }
  return greatest;
}

}  // namespace

ConfusionVariables::ConfusionVariables(const ConfusionPart& part, std::size_t thresholds)
    : part_(part), room_(kExact) {
  if (part.by_label) return;  // known with the first batch
  for (std::vector<float>& cell : cells_) cell.assign(thresholds, 0.0F);
}

void ConfusionVariables::Reset() {
  fresh_ = true;
  has_added_ = false;
  waiting_ = 0;
  room_ = kExact;
}

double ConfusionVariables::Room() {
  if (room_) return *room_;
  Fill();
  double greatest = 0;
  for (const std::vector<float>& cell : cells_) {
    greatest = std::max(greatest, static_cast<double>(GreatestWhole(cell)));
  }
  room_ = kExact - greatest;
  return *room_;
}

void ConfusionVariables::BeforeCounting(ConfusionCounts& counts, double most) {
  if (waiting_ > 0 && waiting_ + most > Room()) Settle(counts);
}

Status ConfusionVariables::AfterCounting(ConfusionCounts& counts, double most) {
  SIDECAR_RETURN_IF_ERROR(CheckSize(counts));
  waiting_ += most;
  if (waiting_ > Room()) Settle(counts);
  return Status();
}

Status ConfusionVariables::AddWeighed(const ConfusionCounts& counts) {
  SIDECAR_RETURN_IF_ERROR(CheckSize(counts));
  counts.Weighed(part_, sums_);
  Add(sums_);
  return Status();
}

// Variables that were loaded may be of another number of columns.
Status ConfusionVariables::CheckSize(const ConfusionCounts& counts) const {
  const std::size_t size = cells_.front().size();
  if (size == 0 || size == counts.size(part_)) return Status();
  return Status(StatusCode::kFailedPrecondition, "the number of labels changed between batches");
}

void ConfusionVariables::Settle(ConfusionCounts& counts) {
  if (waiting_ == 0) return;
  waiting_ = 0;
  counts.Counted(part_, sums_);
  if (has_added_) added_.TakeFrom(sums_);
  Add(has_added_ ? added_ : sums_);
  std::swap(added_, sums_);
  has_added_ = true;
}

void ConfusionVariables::Add(const ConfusionSums& sums) {
  for (std::vector<float>& cell : cells_) cell.resize(sums.true_positives.size(), 0.0F);
  const auto add = [&](Cell cell, const std::vector<double>& values, std::span<const double> all) {
    AddTo(cells_[static_cast<std::size_t>(cell)], {values.data(), all, fresh_});
  };
  add(Cell::kTruePositives, sums.true_positives, {});
  add(Cell::kFalsePositives, sums.false_positives, {});
  add(Cell::kTrueNegatives, sums.false_positives, sums.negatives);
  add(Cell::kFalseNegatives, sums.true_positives, sums.positives);
  fresh_ = false;
  room_ = std::nullopt;
}

void ConfusionVariables::Fill() {
  if (!fresh_) return;
  for (std::vector<float>& cell : cells_) std::fill(cell.begin(), cell.end(), 0.0F);
  fresh_ = false;
}

std::span<const float> ConfusionVariables::values(Cell cell) {
  Fill();
  return cells_[static_cast<std::size_t>(cell)];
}

void ConfusionVariables::Load(Cell cell, std::span<const double> values) {
  Fill();
  for (std::vector<float>& other : cells_) other.resize(values.size(), 0.0F);
  std::transform(values.begin(), values.end(), cells_[static_cast<std::size_t>(cell)].begin(),
                 [](double value) { return static_cast<float>(value); });
  room_ = std::nullopt;
}

}  // namespace sidecar::evaluate
