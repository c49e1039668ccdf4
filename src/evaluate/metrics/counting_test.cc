// The parts that counting is made of, against what they mean.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "evaluate/metrics/accuracy.h"
#include "evaluate/metrics/batch_findings.h"
#include "evaluate/metrics/keep_top_k.h"
#include "evaluate/metrics/threshold_union.h"

namespace sidecar::evaluate {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Thresholds Listed(std::vector<double> values) {
  const nlohmann::json arguments = {{"thresholds", std::move(values)}};
  ObjectConfig config(arguments, "a test");
  return Thresholds::FromConfig(config, 0.5);
}

// Around every threshold, and beyond all of them.
std::vector<float> Predictions(std::span<const Thresholds> lists) {
  std::vector<float> predictions = {kNan, -kInfinity, kInfinity, -1, -0.0F, 0, 1, 2, 1e-40F};
  for (const Thresholds& list : lists) {
    for (const float threshold : list.values()) {
      predictions.push_back(threshold);
      predictions.push_back(std::nextafter(threshold, -kInfinity));
      predictions.push_back(std::nextafter(threshold, kInfinity));
    }
  }
  std::mt19937 random(5);
  std::uniform_real_distribution<float> uniform(-0.1F, 1.1F);
  while (predictions.size() < 5000) predictions.push_back(uniform(random));
  return predictions;
}

void ExpectBucketsTell(std::span<const Thresholds> lists) {
  ThresholdUnion joint;
  for (std::size_t i = 0; i < lists.size(); ++i) ASSERT_EQ(joint.Include(lists[i]), i);
  const std::vector<float> predictions = Predictions(lists);
  std::vector<float> labels(predictions.size());
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<float>(i % 3);
  std::vector<std::uint32_t> cells(predictions.size());
  joint.FindCells(predictions, labels, cells);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    ASSERT_LT(cells[i], 2 * joint.buckets());
    ASSERT_EQ(cells[i] % 2, labels[i] != 0 ? 1U : 0U);
    for (std::size_t list = 0; list < lists.size(); ++list) {
      ASSERT_EQ(joint.Exceeded(list)[cells[i] / 2], lists[list].CountExceeded(predictions[i]))
          << predictions[i] << " in list " << list;
    }
  }
}

TEST(ThresholdUnionTest, TellsForEachListWhatIsExceeded) {
  const Thresholds one[] = {Thresholds::EvenBeyondEnds(200)};
  ExpectBucketsTell(one);
  const Thresholds few[] = {Listed({0.5}), Listed({0.9, 0.1, 0.5})};
  ExpectBucketsTell(few);
  const Thresholds many[] = {Thresholds::EvenBeyondEnds(200),
                             Thresholds::Even(200),
                             Thresholds::Even(100),
                             Listed({0.5}),
                             Thresholds::BetweenEnds({0.3, 0.2, 0.9, 0.55, 0.1, 0.45, 0.05, 0.7}),
                             Thresholds::EvenBeyondEnds(2)};
  ExpectBucketsTell(many);
}

TEST(ThresholdUnionTest, KnowsAListAgain) {
  ThresholdUnion joint;
  EXPECT_EQ(joint.Include(Thresholds::Even(200)), 0U);
  EXPECT_EQ(joint.Include(Listed({0.5})), 1U);
  const std::size_t buckets = joint.buckets();
  EXPECT_EQ(joint.Include(Thresholds::Even(200)), 0U);
  EXPECT_EQ(joint.buckets(), buckets);
  EXPECT_EQ(joint.Include(Thresholds::EvenBeyondEnds(200)), 2U);
  EXPECT_EQ(joint.buckets(), buckets);
}

// What is kept of a row, by the definition.
std::vector<float> Kept(std::vector<float> row, std::size_t k) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!std::isnan(row[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&row](std::size_t a, std::size_t b) { return row[a] > row[b]; });
  std::vector<float> kept(row.size(), -1e10F);
  for (std::size_t i = 0; i < std::min(k, order.size()); ++i) kept[order[i]] = row[order[i]];
  return kept;
}

TEST(KeepTopKTest, KeepsTheGreatestOfEachRow) {
  std::mt19937 random(7);
  for (const int levels : {3, 1000}) {  // mostly ties, and few
    for (const std::size_t row_size : {2U, 5U, 17U, 100U}) {
      for (const std::size_t k : {1U, 2U, 5U, 16U, 17U, 60U}) {
        if (k >= row_size) continue;
        std::vector<float> values(37 * row_size);
        for (float& value : values) {
          const auto level = static_cast<int>(random() % static_cast<unsigned>(levels));
          value = level == 1 ? kNan : static_cast<float>(level) / static_cast<float>(levels);
        }
        std::vector<float> expected;
        for (std::size_t begin = 0; begin < values.size(); begin += row_size) {
          const auto row = values.begin() + static_cast<std::ptrdiff_t>(begin);
          const std::vector<float> kept =
              Kept({row, row + static_cast<std::ptrdiff_t>(row_size)}, k);
          expected.insert(expected.end(), kept.begin(), kept.end());
        }
        KeepTopK(values, row_size, k);
        ASSERT_EQ(values, expected) << k << " of " << row_size << ", " << levels << " levels";
      }
    }
  }
}

TEST(BatchFindingsTest, CountByColumn) {
  std::mt19937 random(11);
  for (const std::size_t columns : {0U, 1U, 3U, 16U, 100U, 300U}) {
    std::vector<float> labels(41 * columns);
    std::vector<float> predictions(labels.size());
    for (float& label : labels) label = static_cast<float>(random() % 2);
    for (float& value : predictions) value = static_cast<float>(random() % 5) / 4;
    for (const bool or_equal : {false, true}) {
      std::vector<std::uint32_t> found(columns);
      std::vector<std::uint32_t> both(columns);
      std::vector<std::uint32_t> truths(columns);
      for (std::size_t i = 0; i < labels.size(); ++i) {
        const bool positive = predictions[i] > 0.5F || (or_equal && predictions[i] == 0.5F);
        found[i % columns] += positive ? 1U : 0U;
        both[i % columns] += positive && labels[i] != 0 ? 1U : 0U;
        truths[i % columns] += labels[i] != 0 ? 1U : 0U;
      }
      BatchFindings findings;
      const PositiveCounts& counts =
          findings.Positives({0.5F, or_equal}, labels, predictions, columns);
      (void)findings.Positives({0.25F, or_equal}, labels, predictions, columns);
      EXPECT_EQ(counts.found, found);
      EXPECT_EQ(counts.both, both);
      const std::span<const std::uint32_t> ones = findings.Truths(labels, columns);
      EXPECT_EQ(std::vector<std::uint32_t>(ones.begin(), ones.end()), truths);
    }
  }
}

std::vector<std::uint32_t> ClassRanks(const std::vector<float>& labels,
                                      const std::vector<float>& scores, bool binary) {
  BatchFindings findings;
  const auto ranks = findings.ClassRanks(labels, scores, 3, binary, KerasVersion::kKeras3);
  return {ranks.begin(), ranks.end()};
}

TEST(BatchFindingsTest, RankTheClassOfTheGreatestLabel) {
  constexpr std::uint32_t kNone = BatchFindings::kNoRank;
  const std::vector<float> labels = {0, 1, 1, -0.0F, 0, 0, 1, 0, 0};  // classes 1, 1, 0
  const std::vector<float> scores = {.5F, .2F, .2F, .3F, .1F, .2F, .9F, .5F, .5F};
  EXPECT_EQ(ClassRanks(labels, scores, true), (std::vector<std::uint32_t>{1, 2, 0}));
  EXPECT_EQ(ClassRanks(labels, scores, false), (std::vector<std::uint32_t>{1, 2, 0}));
  std::vector<float> odd = scores;
  odd[3] = kInfinity;
  EXPECT_EQ(ClassRanks(labels, odd, true), (std::vector<std::uint32_t>{1, kNone, 0}));
  const std::vector<float> two = {.5F, .2F, .3F, .1F, .9F, .5F};  // no score for the class 2
  EXPECT_EQ(ClassRanks({0, 0, 1, 0, 1, 0, 1, 0, 0}, two, true),
            (std::vector<std::uint32_t>{kNone, 1, 0}));
}

}  // namespace
}  // namespace sidecar::evaluate
