// What several metrics want to know of the same batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <span>
#include <vector>

#include "sidecar/model.h"

namespace sidecar::evaluate {

/// Which predictions count as positive.
struct PositiveFrom {
  float threshold = 0.5F;
  bool or_equal = false;  ///< whether those that equal the threshold do

  bool operator==(const PositiveFrom&) const = default;
};

/// Counts for each column of labels that are 0 or 1 and predictions.
struct PositiveCounts {
  std::vector<std::uint32_t> found;  ///< predictions that count as positive
  std::vector<std::uint32_t> both;   ///< those of them whose label is 1
};

/// Findings about the labels and predictions of one output of one batch, made when they are first
/// asked for. All calls for one object must be about the same batch. Not thread-safe.
class BatchFindings {
 public:
  /// Labels and predictions have as many elements, a multiple of `columns`; there are fewer than
  /// 2^32 rows. Labels that are not 0 are 1.
  const PositiveCounts& Positives(const PositiveFrom& from, std::span<const float> labels,
                                  std::span<const float> predictions, std::size_t columns);
  /// The number of labels that are 1 in each column. As Positives().
  std::span<const std::uint32_t> Truths(std::span<const float> labels, std::size_t columns);

  /// No class has this rank.
  static constexpr std::uint32_t kNoRank = std::numeric_limits<std::uint32_t>::max();
  /// For each row: how many scores are greater than that of its class, which is where its label is
  /// greatest; kNoRank where a score is not finite or there is none for that class. `binary` says
  /// that all labels are 0 or 1.
  std::span<const std::uint32_t> ClassRanks(std::span<const float> labels,
                                            std::span<const float> scores, std::size_t rows,
                                            bool binary, KerasVersion version);

 private:
  struct Counted {
    PositiveFrom from;
    std::size_t columns = 0;
    PositiveCounts counts;
  };
  std::list<Counted> counted_;  // references to them stay valid
  std::vector<std::uint32_t> truths_;
  std::vector<std::uint32_t> class_ranks_;
};

/// How many of `scores` are greater than that of `label`; kNoRank where a score is not finite or
/// there is no score of that number.
[[nodiscard]] std::uint32_t RankOf(std::int64_t label, std::span<const float> scores);

}  // namespace sidecar::evaluate
