// A model's losses and metrics over one pass of the data: what `compile()` asked for, resolved
// against the model's outputs and the data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sidecar/callbacks.h"
#include "sidecar/dataset.h"
#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// An output as losses and metrics see it.
struct OutputSpec {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;  ///< of one sample; may hold Shape::kUnknown
  /// What Keras computes the output in. Keras 3's losses and Keras 2's metrics cast it to their own
  /// dtype and so lose sight of its logits where that is another.
  DType keras_dtype = DType::kFloat32;
};

/// One output of one batch; the first dimension is the batch.
struct OutputValue {
  Tensor prediction;
  std::optional<Tensor> logits;  ///< the input of the softmax or sigmoid that made the prediction
  /// What Keras masks: 0 (or false) over the leading dimensions of the prediction. None where no
  /// layer before the output made a mask.
  std::optional<Tensor> mask = std::nullopt;
};

/// Who wrote a compile config: a user, or Keras into the model's file.
enum class CompileOrigin : std::uint8_t { kUser, kModelFile };

/// What a model adds by itself: whether anything to the loss, and the names of its own metrics
/// (Keras 2's `add_metric`).
struct AddedNames {
  bool loss = false;
  std::vector<std::string> metrics = {};
};

/// The same for one batch.
struct AddedValues {
  float loss = 0;                    ///< regularization and `add_loss`
  std::vector<Tensor> metrics = {};  ///< float32, in the order of AddedNames::metrics
};

/// Losses and metrics with their state. Results follow Keras: names, order, float32 accumulation.
/// Not thread-safe.
class CompiledMetrics {
 public:
  /// `compile_config` is JSON text ({"loss", "loss_weights", "metrics", "weighted_metrics"}, other
  /// keys ignored) or empty. `data` says which targets and weights there will be, with which ranks
  /// and types. Fails with kUnimplemented naming all losses and metrics that are not supported,
  /// kInvalidArgument where the config asks for what cannot be (all strings of a user that Keras
  /// does not know), kFailedPrecondition where data and outputs do not fit.
  static Result<std::unique_ptr<CompiledMetrics>> Create(
      const std::string& compile_config, KerasVersion keras_version,
      std::vector<OutputSpec> outputs, const DatasetSpec& data, const AddedNames& added = {},
      CompileOrigin origin = CompileOrigin::kUser);
  virtual ~CompiledMetrics() = default;
  CompiledMetrics(const CompiledMetrics&) = delete;
  CompiledMetrics& operator=(const CompiledMetrics&) = delete;

  /// Forgets all batches. Called before each evaluation.
  virtual void Reset() = 0;
  /// Takes one batch: `outputs` in the model's order, targets and weights of `batch` in the
  /// dataset's order, and what the model adds. `rows` is the batch's number of samples.
  /// kFailedPrecondition for values that cannot be, such as a label outside the classes (naming
  /// batch row, value and range).
  virtual Status Update(std::span<const OutputValue> outputs, const Batch& batch, std::int64_t rows,
                        const AddedValues& added) = 0;
  /// Results over the batches since Reset(), under Keras's names and in its order.
  [[nodiscard]] virtual Logs Results() const = 0;

 protected:
  CompiledMetrics() = default;
};

}  // namespace sidecar::evaluate
