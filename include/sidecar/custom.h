// Losses and metrics of your own, for model files that name them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sidecar/callbacks.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar {

/// One output of one batch, row-major; the first dimension of each shape is the batch. Everything
/// is borrowed for the call. Labels and predictions of ranks that differ by a last dimension of 1
/// have been brought to the same rank, as Keras does.
struct CustomBatch {
  Shape label_shape;
  std::span<const float> labels;
  Shape prediction_shape;
  std::span<const float> prediction;
  /// The input of the softmax or sigmoid that made the prediction, of the same shape; empty where
  /// there is none.
  std::span<const float> logits;
  /// Sample weights, for metrics among `weighted_metrics`; empty: every sample counts once. In
  /// Keras 2 a mask is part of them.
  Shape weight_shape;
  std::span<const float> weights;
};

/// The keyword arguments of a loss or metric: the `config` of its class in the model file, as its
/// get_config() returned it. A value of a wrong type is reported when the factory returns; the
/// default stands in until then.
class CustomArguments {
 public:
  CustomArguments() = default;
  CustomArguments(const CustomArguments&) = delete;
  CustomArguments& operator=(const CustomArguments&) = delete;
  virtual ~CustomArguments() = default;

  /// The argument, or `otherwise` where it is absent or null.
  virtual bool Bool(const std::string& key, bool otherwise) = 0;
  virtual double Number(const std::string& key, double otherwise) = 0;
  virtual std::int64_t Integer(const std::string& key, std::int64_t otherwise) = 0;
  virtual std::string Text(const std::string& key, const std::string& otherwise) = 0;
  /// A list of numbers; one number is a list of one, nothing an empty one.
  virtual std::vector<double> Numbers(const std::string& key) = 0;
};

/// A loss. Weights, masks and the reduction over the batch are applied as for Keras's own losses.
/// Used from one thread at a time.
class CustomLoss {
 public:
  CustomLoss() = default;
  CustomLoss(const CustomLoss&) = delete;
  CustomLoss& operator=(const CustomLoss&) = delete;
  virtual ~CustomLoss() = default;

  /// The shape of the values for labels and predictions of these shapes, whose sizes may be
  /// Shape::kUnknown. By default that of the predictions without the last dimension. Fails
  /// (kFailedPrecondition) where the shapes do not go together.
  [[nodiscard]] virtual Result<Shape> ValueShape(const Shape& labels,
                                                 const Shape& prediction) const;
  /// Computes the values of a batch, for example one for each sample. `values` has the size of
  /// ValueShape().
  virtual Status Compute(const CustomBatch& batch, std::span<float> values) = 0;
};

/// A metric: numbers that batches are added to. They start as zeros and are set to zeros for each
/// checkpoint; adding those of two parts of the data must give those of the whole. Used from one
/// thread at a time.
class CustomMetric {
 public:
  CustomMetric() = default;
  CustomMetric(const CustomMetric&) = delete;
  CustomMetric& operator=(const CustomMetric&) = delete;
  virtual ~CustomMetric() = default;

  /// How many numbers there are.
  [[nodiscard]] virtual std::size_t StateSize() const = 0;
  /// Checks shapes before the first batch; sizes may be Shape::kUnknown.
  [[nodiscard]] virtual Status Check(const Shape& labels, const Shape& prediction) const;
  /// Adds a batch.
  virtual Status Update(const CustomBatch& batch, std::span<double> state) = 0;
  /// The result over all batches so far.
  [[nodiscard]] virtual MetricValue Result(std::span<const double> state) const = 0;
};

using CustomLossFactory =
    std::function<sidecar::Result<std::unique_ptr<CustomLoss>>(CustomArguments&)>;
using CustomMetricFactory =
    std::function<sidecar::Result<std::unique_ptr<CustomMetric>>(CustomArguments&)>;

/// Makes a loss known under the name that model files call it by: "Package>Name" of
/// `keras.saving.register_keras_serializable`, or the name of the class or function. A loss can
/// also be asked for by that name, `Loss("Name")`. A loss among metrics is averaged, as in Keras.
/// Fails with kInvalidArgument for a name of Keras's own and for one that is registered already.
/// Thread-safe; models are looked up when an evaluator is made.
Status RegisterLoss(const std::string& name, CustomLossFactory factory);
/// The same for a metric.
Status RegisterMetric(const std::string& name, CustomMetricFactory factory);

}  // namespace sidecar
