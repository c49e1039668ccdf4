// A metric: state that batches are added to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "evaluate/labels.h"
#include "sidecar/callbacks.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// Adds as a float32 variable of Keras does: both sides and the sum are rounded to float32.
inline void AddFloat32(double& variable, double value) {
  variable = static_cast<double>(static_cast<float>(variable) + static_cast<float>(value));
}

/// keras.metrics.Metric: state vectors, which batches add to. Not thread-safe.
///
/// The state can be taken out, put back and merged: the state of a whole data set is the merged
/// state of its parts, up to float32 rounding. Values are float32 or float64 values, or integers
/// where Keras counts in integers; doubles hold all exactly.
class MetricAccumulator {
 public:
  /// All metrics start from zeros. A metric whose state depends on shapes starts with no state
  /// (size 0) and resizes it with the first batch.
  explicit MetricAccumulator(std::size_t state_size) : state_(state_size, 0.0) {}
  MetricAccumulator(const MetricAccumulator&) = delete;
  MetricAccumulator& operator=(const MetricAccumulator&) = delete;
  virtual ~MetricAccumulator() = default;

  /// Forgets all batches.
  void Reset() { Clear(); }
  /// Before the first batch: the `dtype` of Keras's metric, float32 unless this is called. Of
  /// float64 the variables are float64, too; of half precision they are float32.
  void SetDtype(DType dtype) { dtype_ = dtype; }
  /// Checks shapes before the first batch; sizes may be unknown. `weights` is null where there are
  /// none. kFailedPrecondition, or kInvalidArgument for what no data could make work.
  [[nodiscard]] virtual Status Check(const Shape& labels, const Shape& prediction,
                                     const Shape* weights) const = 0;
  /// Adds a batch. kFailedPrecondition for labels and weights that cannot be; the state is then
  /// unspecified.
  virtual Status Update(const OutputView& view) = 0;
  /// The result over all batches so far.
  [[nodiscard]] virtual MetricValue Result() const = 0;

  /// The state, in the order of Keras's variables.
  [[nodiscard]] std::span<const double> state() const {
    Settle();
    return state_;
  }
  /// Puts a state back. kInvalidArgument where it has another size.
  Status Load(std::span<const double> state);
  /// Adds the state of another part of the data. kInvalidArgument where it has another size.
  Status Merge(std::span<const double> state);

 protected:
  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] bool in_double() const { return dtype_ == DType::kFloat64; }
  /// Adds to a variable of the state, in its precision.
  void Add(double& variable, double value) const {
    if (in_double()) {
      variable += value;
    } else {
      AddFloat32(variable, value);
    }
  }

  mutable std::vector<double> state_;  // changed by Settle() only where it is const

 private:
  DType dtype_ = DType::kFloat32;

  /// For metrics that keep their state elsewhere: bring `state_` up to date, take it, and forget
  /// all batches.
  virtual void Settle() const {}
  virtual void TakeState() {}
  virtual void Clear() { std::fill(state_.begin(), state_.end(), 0.0); }
  [[nodiscard]] Status CheckSize(std::span<const double> state) const;
};

}  // namespace sidecar::evaluate
