#include "base/status_macros.h"
#include "evaluate/metrics/accuracy.h"
#include "evaluate/metrics/batch_findings.h"
#include "evaluate/metrics/class_scores.h"

namespace sidecar::evaluate {
namespace {

// tf.math.in_top_k (core/kernels/in_topk_op.h): fewer than k scores are greater than the label's.
// Nothing can be said where a score is not finite.
bool InTopK(std::uint32_t rank, std::int64_t k) {
  return rank != BatchFindings::kNoRank && std::int64_t{rank} < k;
}

class TopKCategoricalAccuracy final : public PerSampleFunction {
 public:
  TopKCategoricalAccuracy(std::int64_t k, KerasVersion version) : k_(k), version_(version) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    return DenseClassShape(labels, prediction, "top-k categorical accuracy");
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, input.labels->Floats());
    SIDECAR_ASSIGN_OR_RETURN(const bool binary, input.labels->AreBinary());
    const std::size_t rows = values.data.size();
    const std::span<const std::uint32_t> ranks =
        input.labels->findings().ClassRanks(labels, input.prediction, rows, binary, version_);
    for (std::size_t row = 0; row < rows; ++row) {
      values.data[row] = InTopK(ranks[row], k_) ? 1.0F : 0.0F;
    }
    return Status();
  }

 private:
  std::int64_t k_;
  KerasVersion version_;
};

class SparseTopKCategoricalAccuracy final : public PerSampleFunction {
 public:
  SparseTopKCategoricalAccuracy(std::int64_t k, bool from_sorted_ids)
      : k_(k), from_sorted_ids_(from_sorted_ids) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    return SparseClassShape(labels, prediction, "sparse top-k categorical accuracy");
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, input.labels->Floats());
    const std::size_t rows = values.data.size();
    const std::size_t classes = rows == 0 ? 0 : input.prediction.size() / rows;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::span<const float> scores = input.prediction.subspan(row * classes, classes);
      const bool match = from_sorted_ids_ ? AmongFirst(scores, labels[row])
                                          : InTopK(RankOf(ClassNumber(labels[row]), scores), k_);
      values.data[row] = match ? 1.0F : 0.0F;
    }
    return Status();
  }

 private:
  // -1, no class, for what is no int32.
  static std::int64_t ClassNumber(float label) {
    return label > -1.0F && label < 0x1p31F ? static_cast<std::int64_t>(label) : -1;
  }

  // Keras 3: predictions are class numbers, best first.
  [[nodiscard]] bool AmongFirst(std::span<const float> ids, float label) const {
    for (std::size_t i = 0; i < ids.size() && static_cast<std::int64_t>(i) < k_; ++i) {
      if (ids[i] == label) return true;
    }
    return false;
  }

  std::int64_t k_;
  bool from_sorted_ids_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeTopKCategoricalAccuracy(ObjectConfig& config,
                                                               KerasVersion version) {
  return std::make_unique<TopKCategoricalAccuracy>(config.Integer("k", 5), version);
}

std::unique_ptr<PerSampleFunction> MakeSparseTopKCategoricalAccuracy(ObjectConfig& config,
                                                                     KerasVersion version) {
  const std::int64_t k = config.Integer("k", 5);
  const bool sorted = version == KerasVersion::kKeras3 && config.Bool("from_sorted_ids", false);
  return std::make_unique<SparseTopKCategoricalAccuracy>(k, sorted);
}

}  // namespace sidecar::evaluate
