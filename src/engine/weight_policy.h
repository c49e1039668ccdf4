// Chooses how the weights of a checkpoint enter the graph.
#pragma once

#include <optional>

namespace sidecar::engine {

enum class WeightMode {
  kConstants,  ///< constants of a graph that is compiled anew for each checkpoint
  kInputs,     ///< inputs of a graph that is compiled once
};

/// What one checkpoint took, in seconds of wall time.
struct CheckpointCost {
  double compiling = 0;
  double rest = 0;  ///< setting weights and running the batches
};

/// The first checkpoint's weights are constants: whoever evaluates only one has the fastest graph.
/// Where compiling was most of its time, the second one's become inputs, and whichever way takes
/// less stays. Constants let the compiler pack kernels and fold normalizations into them, so
/// that batches run faster; inputs need no compile, which is most of what a short evaluation takes.
class WeightPolicy {
 public:
  /// With `fixed` there is no choice.
  explicit WeightPolicy(std::optional<WeightMode> fixed = std::nullopt);

  /// How the next checkpoint's weights are to enter.
  [[nodiscard]] WeightMode mode() const { return mode_; }
  /// Whether results are worth keeping to compare the other mode's with.
  [[nodiscard]] bool may_change() const { return trials_left_ > 0; }

  /// To be told after each checkpoint that was evaluated in `mode()`.
  void Evaluated(const CheckpointCost& cost);
  /// Inputs cannot be used with this graph: constants from now on.
  void RefuseInputs();

 private:
  WeightMode mode_;
  int trials_left_;                  // checkpoints with inputs until the choice is final
  std::optional<double> constants_;  // seconds of a checkpoint with constants
};

}  // namespace sidecar::engine
