// A model's layers as operations of one graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <openvino/op/parameter.hpp>
#include <string>
#include <vector>

#include "model/host/host_plan.h"
#include "model/keras/call_arguments.h"
#include "model/keras/layer_context.h"
#include "model/keras/layer_scopes.h"
#include "model/keras/model_description.h"
#include "model/keras/value.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::keras {

/// "the layer 'conv' (Conv2D)".
[[nodiscard]] std::string Describe(const LayerObject& layer);

/// The element type of a graph value that holds this type: f32, i32 or i64.
[[nodiscard]] ov::element::Type GraphElementType(DType graph_type);

/// By slot of the HostPlan.
using HostParameters = std::vector<std::shared_ptr<ov::op::v0::Parameter>>;

/// The tensor of a slot: a parameter of the graph, which is added to `parameters`, unless it holds
/// strings.
Value ValueOfSlot(std::size_t slot, const HostPlan& plan, const std::string& name,
                  HostParameters& parameters);

/// Lowers models into one graph, nested ones in place. Not thread-safe.
class GraphLowering final : public LayerRunner {
 public:
  /// `plan` gets what is computed before the graph, `parameters` a parameter of the graph for each
  /// of its slots, null for strings; both must outlive this object.
  GraphLowering(LayerScopes& scopes, HostPlan& plan, HostParameters& parameters);

  /// The values of the model's outputs for these inputs, which are in the order of `model.inputs`.
  Result<Values> Run(const ModelDescription& model, const Values& inputs);
  Result<Values> RunLayer(const LayerObject& layer, LayerContext& context, Values inputs,
                          CallArguments arguments) override;
  Result<Values> RunModel(const LayerObject& model, const Values& inputs) override;
  Value RunOnHost(const LayerContext& context, std::shared_ptr<const HostFunction> function,
                  const Values& inputs, HostPlan::Slot result) override;

 private:
  enum class State : std::uint8_t { kNew, kOpen, kDone };
  struct Call {
    State state = State::kNew;
    Values values;
  };
  // One model call in progress.
  struct Frame {
    const ModelDescription& model;
    std::vector<std::vector<Call>> calls;  // as in the description
  };

  Result<Values> RunLayers(const ModelDescription& model, const Values& inputs);
  Status Compute(Frame& frame, const TensorReference& wanted);
  Result<Values> GatherInputs(const Frame& frame, const LayerNode& node, const LayerCall& call);
  Result<Values> RunCall(const Frame& frame, const LayerNode& node, const LayerCall& call);
  static Result<Value> ValueOf(const Frame& frame, const TensorReference& reference);
  static Result<CallArguments> GatherArguments(const Frame& frame, const LayerCall& call);
  // One call of an operation.
  Result<Values> RunOperation(const LayerObject& operation, const CallArguments& arguments);
  Result<Values> RunNested(const LayerObject& layer, const LayerCall& call, const Values& inputs);
  // Adds to the work done so far; fails where it is too much.
  Status CountWork(std::size_t work);

  LayerScopes& scopes_;
  HostPlan& plan_;
  HostParameters& parameters_;
  /// Calls are lowered in Keras's order: a stateful layer's depend on those before.
  bool in_keras_order_ = false;
  std::size_t work_ = 0;  // calls so far
};

}  // namespace sidecar::model::keras
