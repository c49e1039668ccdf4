#include "evaluate/metrics/thresholds.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace sidecar::evaluate {
namespace {

constexpr double kEpsilonBeyond = 1e-7;

// Up to so many thresholds comparing with each is faster than a search.
constexpr std::size_t kFew = 8;

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

void Thresholds::CountExceeded(std::span<const float> predictions,
                               std::span<std::uint32_t> exceeded) const {
  if (!even_ && values_.size() <= kFew) {
    std::fill(exceeded.begin(), exceeded.end(), 0U);
    for (const float threshold : values_) {
      for (std::size_t i = 0; i < predictions.size(); ++i) {
        exceeded[i] += predictions[i] > threshold ? 1U : 0U;
      }
    }
    return;
  }
  if (!even_) {
    for (std::size_t i = 0; i < predictions.size(); ++i) {
      const auto end = std::lower_bound(values_.begin(), values_.end(), predictions[i]);
      exceeded[i] = static_cast<std::uint32_t>(end - values_.begin());
    }
    return;
  }
  // ceil(p * (n - 1)), without a branch; nothing for NaN. With ends beyond 0 and 1 everything
  // exceeds the first threshold.
  const auto last = static_cast<float>(values_.size() - 1);
  const std::int32_t least = beyond_ends_ ? 1 : 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const float p = predictions[i];
    const float clipped = p > 0 ? (p < 1 ? p : 1.0F) : 0.0F;
    const float scaled = clipped * last;
    const auto whole = static_cast<std::int32_t>(scaled);
    std::int32_t above = whole + (scaled > static_cast<float>(whole) ? 1 : 0);
    above = above > least ? above : least;
    exceeded[i] = static_cast<std::uint32_t>(p == p ? above : 0);
  }
}

}  // namespace sidecar::evaluate
