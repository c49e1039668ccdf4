#include "engine/compiled_graph.h"

#include <cstring>
#include <exception>
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/properties.hpp>
#include <utility>

#include "base/status_macros.h"
#include "engine/graph_preparation.h"
#include "engine/openvino_defects.h"
#include "engine/openvino_error.h"

namespace sidecar::engine {
namespace {

ov::Core& SharedCore() {
  static ov::Core core;
  return core;
}

// The CPU plugin's fusion of elementwise ops into code of its own dies where a gate, a sigmoid that
// is multiplied with the output of attention, has other consumers (2026.4.1). Without it a
// transformer and MobileNetV2 take the same time.
const ov::AnyMap::value_type kNoSnippets{"SNIPPETS_MODE", "DISABLE"};

}  // namespace

Result<std::shared_ptr<CompiledGraph>> CompiledGraph::Compile(const ov::Model& graph,
                                                              CompileOptions options,
                                                              const Weights& weights) {
  try {
    auto result = std::make_shared<CompiledGraph>();
    const std::shared_ptr<ov::Model> prepared =
        WithInputs(graph, options.input_types, options.input_shapes);
    AvoidDefects(*prepared);
    if (options.mode == WeightMode::kInputs) {
      SIDECAR_ASSIGN_OR_RETURN(result->weight_inputs_,
                               VariablesToInputs(*prepared, weights.values));
    } else {
      SIDECAR_RETURN_IF_ERROR(VariablesToConstants(*prepared, weights.values));
    }
    result->input_shapes_ = std::move(options.input_shapes);
    result->compiled_ = SharedCore().compile_model(
        prepared, "CPU", ov::hint::inference_precision(ov::element::f32),
        ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY),
        ov::num_streams(options.streams), ov::inference_num_threads(options.threads),
        ov::hint::enable_cpu_pinning(false), kNoSnippets);
    SIDECAR_RETURN_IF_ERROR(result->CheckPrecision());
    result->slots_.resize(static_cast<std::size_t>(options.streams) + 1);
    for (Slot& slot : result->slots_) slot.request = result->compiled_.create_infer_request();
    return result;
  } catch (const std::exception& error) {
    return FromException(error, StatusCode::kInternal, "compiling the model failed");
  }
}

Status CompiledGraph::CheckPrecision() {
  const auto precision = compiled_.get_property(ov::hint::inference_precision);
  const auto mode = compiled_.get_property(ov::hint::execution_mode);
  precision_ = precision.to_string();
  if (precision != ov::element::f32 || mode != ov::hint::ExecutionMode::ACCURACY) {
    return {StatusCode::kInternal, "the CPU device computes in " + precision_ +
                                       ", not in f32: its numbers would not be Keras's"};
  }
  return {};
}

std::size_t CompiledGraph::NextSlot() {
  const std::size_t slot = next_slot_;
  next_slot_ = (slot + 1) % slots_.size();
  return slot;
}

void CompiledGraph::SetWeights(Slot& slot, const Weights& weights) const {
  if (slot.weights == weights.number) return;
  for (std::size_t i = 0; i < weight_inputs_.size(); ++i) {
    slot.request.set_input_tensor(input_shapes_.size() + i,
                                  ReadOnlyTensor(weights.values[weight_inputs_[i]]));
  }
  slot.weights = weights.number;
}

Status CompiledGraph::Start(std::size_t index, InputBatch batch, const Weights& weights) {
  Slot& slot = slots_[index];
  SetWeights(slot, weights);
  slot.rows = batch.empty() ? 0 : batch.front().shape()[0];
  slot.batch = std::move(batch);
  slot.padded.resize(slot.batch.size());
  for (std::size_t i = 0; i < slot.batch.size(); ++i) {
    const Tensor* input = &slot.batch[i];
    const Shape& shape = input_shapes_[i];
    if (input->shape() != shape) {
      Tensor& padded = slot.padded[i];
      if (padded.shape() != shape || padded.dtype() != input->dtype()) {
        SIDECAR_ASSIGN_OR_RETURN(padded, Tensor::Zeros(input->dtype(), shape));
      }
      // Rows beyond the batch's own hold zeros or an earlier short batch's rows: valid values,
      // results dropped.
      std::memcpy(padded.mutable_bytes().data(), input->bytes().data(), input->size_bytes());
      input = &padded;
    }
    slot.request.set_input_tensor(i, ReadOnlyTensor(*input));
  }
  slot.request.start_async();
  return {};
}

Result<OutputBatch> CompiledGraph::Finish(std::size_t index) {
  Slot& slot = slots_[index];
  slot.request.wait();
  OutputBatch outputs;
  const std::size_t count = compiled_.outputs().size();
  for (std::size_t i = 0; i < count; ++i) {
    const ov::Tensor result = slot.request.get_output_tensor(i);
    // Asked once: each call makes a dynamic one anew.
    const ov::Shape& shape = result.get_shape();
    std::vector<std::int64_t> sizes(shape.begin(), shape.end());
    const std::span bytes(static_cast<const std::byte*>(result.data()), result.get_byte_size());
    SIDECAR_ASSIGN_OR_RETURN(Tensor output,
                             Tensor::Borrow(FromElementType(result.get_element_type()),
                                            Shape(std::move(sizes)), bytes, nullptr));
    // Of padded rows nothing is wanted; what has another first dimension is of all of them.
    if (output.shape().rank() > 0 && slot.rows < max_rows() && output.shape()[0] == max_rows()) {
      SIDECAR_ASSIGN_OR_RETURN(output, output.Slice(0, slot.rows));
    }
    outputs.push_back(std::move(output));
  }
  return outputs;
}

void CompiledGraph::Abandon(std::size_t slot) {
  try {
    slots_[slot].request.wait();
  } catch (const std::exception&) {  // the error that ended the run is the one reported
  }
}

}  // namespace sidecar::engine
