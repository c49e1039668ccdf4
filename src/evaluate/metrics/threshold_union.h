// Buckets of predictions that serve several lists of thresholds at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/metrics/thresholds.h"

namespace sidecar::evaluate {

/// Numbers predictions so that the number alone tells, for each list of thresholds, how many of
/// them a prediction exceeds: one histogram over these numbers then holds the counts of all lists.
///
/// The bucket is a sum: 0 for NaN, else 1 + the steps below the prediction for each even list + the
/// number of other thresholds that it exceeds. Each term grows with the prediction, so two
/// predictions with the same sum have the same terms.
class ThresholdUnion {
 public:
  /// Takes a list in and returns its number, that of an equal list where there was one.
  std::size_t Include(const Thresholds& thresholds);
  /// How many buckets there can be.
  [[nodiscard]] std::size_t buckets() const;
  [[nodiscard]] const Thresholds& list(std::size_t number) const { return lists_[number]; }
  /// The thresholds of all lists, ascending, where predictions are compared with each of them;
  /// empty where some are even.
  [[nodiscard]] std::span<const float> compared() const {
    return even_.empty() ? std::span<const float>(other_) : std::span<const float>();
  }
  /// For each bucket: how many thresholds of the list its predictions exceed; ascending.
  [[nodiscard]] std::span<const std::uint32_t> Exceeded(std::size_t number) const;
  /// 2 * bucket + (label != 0) of each element; all three have the same size.
  void FindCells(std::span<const float> predictions, std::span<const float> labels,
                 std::span<std::uint32_t> cells) const;

 private:
  [[nodiscard]] std::size_t BucketOf(float prediction) const;
  void Tabulate() const;

  std::vector<Thresholds> lists_;
  std::vector<float> even_;   // size - 1 of each even list
  std::vector<float> other_;  // thresholds that are compared with, ascending
  mutable std::vector<std::vector<std::uint32_t>> exceeded_;  // by list; empty: yet to be found out
};

}  // namespace sidecar::evaluate
