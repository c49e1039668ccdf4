// Runs a model's graph: takes weights, then batches. Hides whether new weights mean a new compile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/weight_policy.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace ov {
class Model;
}

namespace sidecar::engine {

/// A value that passes from batch to batch.
struct GraphState {
  Shape shape;             ///< static; the first dimension is the number of rows of every batch
  std::size_t result = 0;  ///< the graph's result, float32, that holds what a batch leaves
};

struct EngineOptions {
  int threads = 0;               ///< compute threads; 0: UsableThreads()
  std::int64_t batch_size = 32;  ///< rows of a full batch
  /// A shorter batch may be padded and the results cut, and rows be computed some at a time.
  bool rows_independent = true;
  std::vector<DType>
      input_dtypes;  ///< of the data, by input; converted inside the graph where the model's differ
  std::vector<Shape> input_shapes;  ///< of one sample, static, by input
  /// The graph's last parameters take these, float32. Batches then run one after another, each of
  /// exactly `batch_size` rows, which are not independent.
  std::vector<GraphState> states = {};
  /// How weights enter the graph; left open, the engine finds out which way takes less time.
  /// Results of the two differ in rounding only.
  std::optional<WeightMode> weight_mode = std::nullopt;
  /// How many batches a run has, where that is known: with fewer than threads, batches whose rows
  /// are independent are split among these.
  std::optional<std::int64_t> batches = std::nullopt;
  /// How many rows are computed at a time where they are independent; left open, the engine
  /// chooses by what keeps all threads busy and moves least memory (rows_per_run.h).
  std::optional<std::int64_t> rows_per_run = std::nullopt;
  const base::Clock* clock = &base::SystemClock();  ///< what it measures that with; not owned
};

/// CPUs this process may use: its affinity mask or its cgroup's quota (rounded up), whichever is
/// less.
[[nodiscard]] int UsableThreads();

/// The rows of one batch, an entry per graph input but the states. The tensors are kept until the
/// batch has been consumed.
using InputBatch = std::vector<Tensor>;
/// Graph results of one batch, an entry per result in the graph's order; valid until the consumer
/// returns.
using OutputBatch = std::vector<Tensor>;

/// A compiled graph. Not thread-safe; it runs on threads of its own. OpenVINO's exceptions become
/// Statuses here.
class Engine {
 public:
  /// `graph` holds a model::VariablePlaceholder for each variable, numbered by the position of its
  /// value in SetWeights(). Fails with kInvalidArgument or kFailedPrecondition when graph and
  /// options do not fit.
  static Result<std::unique_ptr<Engine>> Create(std::shared_ptr<const ov::Model> graph,
                                                EngineOptions options);
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Takes new values for all variables that the graph reads; others may be default tensors. After
  /// a failure the engine has no weights. Copies what it keeps. kInternal when the engine would not
  /// compute in float32.
  virtual Status SetWeights(std::span<const Tensor> values) = 0;

  /// What the next batch starts from, in place of what the last one left; copied. kInternal where
  /// the value is not float32 of the state's shape.
  virtual Status SetState(std::size_t index, const Tensor& value) = 0;

  /// Supplies batches until it returns nothing; called from Run()'s thread, ahead of the consumer.
  using Producer = std::function<Result<std::optional<InputBatch>>()>;
  /// Receives the results of batch `index` (from 0) in the order in which batches were supplied;
  /// called from Run()'s thread. `rows` is the batch's own number of rows.
  using Consumer =
      std::function<Status(std::int64_t index, std::int64_t rows, const OutputBatch& outputs)>;
  /// Runs all batches, several at a time. Ends early with the first error of producer, engine or
  /// consumer, after the batches in flight are done. States are zero at the first batch of the
  /// first run; then they are what the last batch left that the consumer took.
  virtual Status Run(const Producer& next, const Consumer& consume) = 0;

  /// What the device says it computes with, read back ("f32").
  [[nodiscard]] virtual std::string precision() const = 0;
  [[nodiscard]] virtual int threads() const = 0;
  /// How the current weights entered the graph.
  [[nodiscard]] virtual WeightMode weight_mode() const = 0;

 protected:
  Engine() = default;
};

}  // namespace sidecar::engine
