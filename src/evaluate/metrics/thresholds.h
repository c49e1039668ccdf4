// Thresholds that predictions are compared with, and which of them a prediction exceeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/object_config.h"

namespace sidecar::evaluate {

/// ceil(p * last) of a prediction that is brought between 0 and 1 first: how many of 0, 1 / last,
/// 2 / last, … it exceeds. 0 for NaN. No branches.
inline std::uint32_t StepsBelow(float p, float last) {
  const float clipped = p > 0 ? (p < 1 ? p : 1.0F) : 0.0F;
  const float scaled = clipped * last;
  const auto whole = static_cast<std::int32_t>(scaled);
  return static_cast<std::uint32_t>(whole + (scaled > static_cast<float>(whole) ? 1 : 0));
}

/// A list of thresholds. Keras compares with each where they are irregular; evenly spaced ones
/// from 0 to 1 make it compute, in float32, between which of them a prediction lies, which can
/// decide otherwise for predictions very close to one, and for 0.
class Thresholds {
 public:
  /// The thresholds of an argument "thresholds", `otherwise` where there is none. A mistake in
  /// `config` where they are not between 0 and 1.
  static Thresholds FromConfig(ObjectConfig& config, double otherwise);
  /// 0, 1 / (count - 1), …, 1; 0.5 for a count of 1.
  static Thresholds Even(std::size_t count);
  /// The same with ends that lie beyond 0 and 1 by epsilon; `count` is at least 2.
  static Thresholds EvenBeyondEnds(std::size_t count);
  /// These between such ends.
  static Thresholds BetweenEnds(std::vector<double> inner);

  bool operator==(const Thresholds&) const = default;

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  /// How many thresholds a prediction exceeds; none where it is NaN.
  [[nodiscard]] std::size_t CountExceeded(float prediction) const;
  /// Ascending.
  [[nodiscard]] std::span<const float> values() const { return values_; }
  /// Whether Keras computes what is exceeded instead of comparing: StepsBelow(p, size() - 1), but
  /// at least 1 where the first one is below 0.
  [[nodiscard]] bool even() const { return even_; }
  /// The rank of each threshold in ascending order: rank r is exceeded by predictions that exceed
  /// more than r thresholds.
  [[nodiscard]] std::span<const std::size_t> ranks() const { return ranks_; }

 private:
  Thresholds(std::vector<double> values, bool even, bool beyond_ends);

  std::vector<float> values_;  // ascending
  std::vector<std::size_t> ranks_;
  bool even_;
  bool beyond_ends_;
};

/// More thresholds than this are refused.
inline constexpr std::int64_t kMaxThresholds = 1 << 20;

}  // namespace sidecar::evaluate
