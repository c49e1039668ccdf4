// What flows between layers while a graph is built.
#pragma once

#include <openvino/core/node_output.hpp>
#include <optional>
#include <vector>

#include "sidecar/tensor.h"

namespace sidecar::model::keras {

using GraphOutput = ov::Output<ov::Node>;

/// A tensor of the model. Graph values are f32, i32, i64 or boolean.
struct Value {
  GraphOutput output;
  /// The type Keras would compute it in; the graph has f32 for every floating one.
  DType dtype = DType::kFloat32;
  /// The tensor's mask, boolean, without the tensor's last dimensions; absent: all is valid.
  std::optional<GraphOutput> mask = std::nullopt;
  /// The input of the softmax or sigmoid whose result this very tensor is: Keras's `_keras_logits`.
  std::optional<GraphOutput> logits = std::nullopt;
};

using Values = std::vector<Value>;

}  // namespace sidecar::model::keras
