#include "evaluate/metrics/thresholds.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace sidecar::evaluate {
namespace {

constexpr double kEpsilonBeyond = 1e-7;

// is_evenly_distributed_thresholds: numpy.allclose to i / (n - 1).
bool AreEven(const std::vector<double>& values) {
  if (values.size() < 3) return false;
  const auto last = static_cast<float>(values.size() - 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto even = static_cast<double>(static_cast<float>(i) / last);
    if (!(std::fabs(values[i] - even) <= kEpsilonBeyond + 1e-5 * even)) return false;
  }
  return true;
}

std::vector<double> Spread(std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(static_cast<double>(i) / static_cast<double>(count - 1));
  }
  return values;
}

}  // namespace

Thresholds::Thresholds(std::vector<double> values, bool even, bool beyond_ends)
    : ranks_(values.size()), even_(even), beyond_ends_(beyond_ends) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&values](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    ranks_[order[rank]] = rank;
    values_.push_back(static_cast<float>(values[order[rank]]));
  }
}

Thresholds Thresholds::FromConfig(ObjectConfig& config, double otherwise) {
  std::vector<double> values =
      config.Numbers("thresholds").value_or(std::vector<double>{otherwise});
  const bool inside = std::all_of(values.begin(), values.end(), [otherwise](double value) {
    return (value >= 0 && value <= 1) || value == otherwise;
  });
  if (values.empty() || !inside) {
    config.Mistake("thresholds", "a number from 0 to 1, or a list of such");
    values = {0.5};
  }
  const bool even = AreEven(values);
  return {std::move(values), even, false};
}

Thresholds Thresholds::Even(std::size_t count) {
  if (count <= 1) return {{0.5}, false, false};
  return {Spread(count), true, false};
}

Thresholds Thresholds::EvenBeyondEnds(std::size_t count) {
  std::vector<double> values = Spread(count);
  values.front() = -kEpsilonBeyond;
  values.back() = 1 + kEpsilonBeyond;
  return {std::move(values), true, true};
}

Thresholds Thresholds::BetweenEnds(std::vector<double> inner) {
  std::sort(inner.begin(), inner.end());
  std::vector<double> values = {0.0};
  for (const double value : inner) values.push_back(value);
  values.push_back(1.0);
  const bool even = AreEven(values);
  values.front() = -kEpsilonBeyond;
  values.back() = 1 + kEpsilonBeyond;
  return {std::move(values), even, true};
}

std::size_t Thresholds::CountExceeded(float prediction) const {
  if (!even_) {
    const auto end = std::lower_bound(values_.begin(), values_.end(), prediction);
    return static_cast<std::size_t>(end - values_.begin());
  }
  if (std::isnan(prediction)) return 0;
  const std::uint32_t steps = StepsBelow(prediction, static_cast<float>(values_.size() - 1));
  return std::max(steps, beyond_ends_ ? 1U : 0U);
}

}  // namespace sidecar::evaluate
