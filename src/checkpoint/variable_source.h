// What a model asks of a checkpoint, whatever format the checkpoint has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint {

/// One step down an object graph: alternative ways to name the same edge, each a sequence of local
/// names, tried in order. Keras 2 calls the first layer with weights `layer_with_weights-0`, Keras
/// 3 `_operations/1`.
struct PathStep {
  std::vector<std::vector<std::string>> alternatives;
};

/// What is known of a trainable variable's place in the optimizer's `_trainable_variables`.
enum class OptimizerPlace : std::uint8_t {
  kInOrder,     ///< the trainable requests stand in the list's order
  kAmongAlike,  ///< those of one type and shape do
  kUnknown,
};

/// A variable's place in the older layout of `.h5` files, which is ordered as
/// `model.layers[i].weights` is.
struct LegacyPosition {
  std::size_t layer = 0;   ///< among the model's layers that have weights
  std::size_t weight = 0;  ///< among the weights of that layer, trainable ones first
};

/// A variable of a model, and where the formats keep it.
struct VariableRequest {
  std::string name;  ///< for people: "dense/kernel", with the names of enclosing models before it
  DType dtype = DType::kFloat32;
  Shape shape;            ///< static
  bool trainable = true;  ///< counts in the order of the optimizer's `_trainable_variables`
  /// Whether inference reads it. Others (a seed, Normalization's count) keep their place in the
  /// order but are not read.
  bool needed = true;

  /// Whether a checkpoint may lack it, as the states of stateful layers: only object graphs hold
  /// those, and not all.
  bool optional = false;

  OptimizerPlace optimizer_place = OptimizerPlace::kInOrder;

  /// TensorFlow object graph: the way from the model's node to the variable's node.
  std::vector<PathStep> graph_path;
  /// For a variable whose way is not known: the only one below the model that TensorFlow calls so
  /// and that has this type and shape.
  std::string full_name;
  /// Keras 3 weights archive (`.weights.h5`): candidate data set paths, the first that exists
  /// counts.
  std::vector<std::string> archive_paths;
  /// Archives do not hold it: its value beside theirs is zero.
  bool zero_in_archives = false;
  /// Advice for the message where the variable is missing.
  std::string missing_hint;
  /// `.h5` files in the older layout: all places of the variable, of which a layer that stands in
  /// several models has several; the first is read. Empty: found by its name.
  std::vector<LegacyPosition> legacy_positions;
};

/// The values of one checkpoint, opened once: every file it needs is open, so that a checkpoint
/// deleted by training stays readable. Not thread-safe.
class VariableSource {
 public:
  VariableSource() = default;
  VariableSource(const VariableSource&) = delete;
  VariableSource& operator=(const VariableSource&) = delete;
  virtual ~VariableSource() = default;

  /// Values for all needed requests, in their order (a default Tensor for those that are not
  /// needed, and for optional ones that are not there), each checked against its checksum, with
  /// exactly the requested shape and dtype. Either all or a failure: kFailedPrecondition with the
  /// lists of what is missing, what has another shape or dtype and what the checkpoint has instead;
  /// kUnavailable or kDataLoss when a file is incomplete or damaged (both worth another try later);
  /// kNotFound when a file is gone.
  virtual Result<std::vector<Tensor>> Read(std::span<const VariableRequest> requests) = 0;

  /// The optimizer's `iterations`, or nothing where the checkpoint has none. Failures as Read().
  virtual Result<std::optional<std::int64_t>> ReadStep() = 0;

  /// Hex digits that change when the content changes.
  [[nodiscard]] virtual std::string digest() const = 0;
};

}  // namespace sidecar::checkpoint
