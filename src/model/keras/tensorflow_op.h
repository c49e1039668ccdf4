// TensorFlowOpLayer: one op of a TensorFlow graph as a layer, which Keras up to TensorFlow 2.3 made
// where a functional model called a function of TensorFlow.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/keras/node_reader.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Its config in the words of the tables of operations: {"op": the op's name, "function": what it
/// is there, or "" where there is none, "inputs": names of its inputs, "arguments": its attributes,
/// "constants": inputs that are constants, by their number}. Fails with kDataLoss, and with
/// kUnimplemented for a NodeDef that is no JSON object.
/// Sources: tf_keras/src/engine/base_layer.py `TensorFlowOpLayer`; JSON of protocol buffers.
Result<nlohmann::json> ReadTensorFlowOp(const nlohmann::json& config, const std::string& path);

/// Reads one item of its `inbound_nodes` and adds what `op`, which ReadTensorFlowOp() made, says;
/// the call refers to `op`. Fails with kDataLoss.
Result<NamedCall> ReadTensorFlowOpCall(const nlohmann::json& node, const nlohmann::json& op,
                                       const std::string& path);

/// The ops that are supported, sorted.
[[nodiscard]] std::vector<std::string_view> TensorFlowOps();

}  // namespace sidecar::model::keras
