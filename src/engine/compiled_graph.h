// A graph compiled for one set of input shapes, and the requests that run it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/runtime/compiled_model.hpp>
#include <openvino/runtime/infer_request.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/weight_policy.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::engine {

/// The values of one checkpoint's variables, in the types that the graph reads.
struct Weights {
  std::vector<Tensor> values;
  std::uint64_t number = 0;  ///< differs from that of every other set in this engine
};

/// What a graph is compiled for.
struct CompileOptions {
  std::span<const DType> input_types;  ///< of the data
  std::vector<Shape> input_shapes;     ///< with the batch dimension, static
  WeightMode mode = WeightMode::kConstants;
  int threads = 1;
  int streams = 1;  ///< batches that run at a time, which share the threads
};

/// Not thread-safe. OpenVINO's exceptions come out of Start() and Finish(), not out of Compile().
class CompiledGraph {
 public:
  /// With constants, `weights` must outlive the graph. kInternal when the compiler fails or the
  /// device would not compute in float32; kUnimplemented when a variable cannot be an input.
  static Result<std::shared_ptr<CompiledGraph>> Compile(const ov::Model& graph,
                                                        CompileOptions options,
                                                        const Weights& weights);

  /// Rows that a slot takes at most.
  [[nodiscard]] std::int64_t max_rows() const {
    return input_shapes_.empty() ? 0 : input_shapes_.front()[0];
  }
  /// The device's precision, read back.
  [[nodiscard]] const std::string& precision() const { return precision_; }

  /// The slots take turns. There is one more than batches run at a time, so that the next batch is
  /// queued while the last one's results are used.
  [[nodiscard]] std::size_t NextSlot();
  /// Starts rows of a batch whose inputs have at most the compiled rows; fewer are padded.
  /// `weights` are set where they are inputs, and must then live until the batch is done.
  Status Start(std::size_t slot, InputBatch batch, const Weights& weights);
  /// Waits for them and returns their results, valid until the slot is started again.
  Result<OutputBatch> Finish(std::size_t slot);
  /// Waits for rows whose results nobody wants.
  void Abandon(std::size_t slot);
  [[nodiscard]] std::int64_t rows(std::size_t slot) const { return slots_[slot].rows; }

 private:
  // One infer request and what it works on.
  struct Slot {
    ov::InferRequest request;
    InputBatch batch;            // keeps the rows alive that the request reads
    std::vector<Tensor> padded;  // buffers of full batches for short ones, reused
    std::int64_t rows = 0;
    std::uint64_t weights = 0;  // the number of the set of weights that are its inputs
  };

  Status CheckPrecision();
  void SetWeights(Slot& slot, const Weights& weights) const;

  std::vector<Shape> input_shapes_;
  std::vector<std::size_t> weight_inputs_;  // which variable is each input after the data's
  ov::CompiledModel compiled_;
  std::string precision_;
  std::vector<Slot> slots_;
  std::size_t next_slot_ = 0;
};

}  // namespace sidecar::engine
