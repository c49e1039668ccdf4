// What flows between layers while a graph is built.
#pragma once

#include <cstddef>
#include <openvino/core/node_output.hpp>
#include <optional>
#include <vector>

#include "sidecar/tensor.h"

namespace sidecar::model::keras {

using GraphOutput = ov::Output<ov::Node>;

/// A tensor that is known before the graph runs: an input, or computed from inputs alone.
struct HostValue {
  std::size_t slot = 0;  ///< in the model's HostPlan
  Shape shape;           ///< of one sample; may hold Shape::kUnknown
};

/// A tensor of the model. Graph values are f32, i32, i64 or boolean.
struct Value {
  GraphOutput output;  ///< strings have none
  /// The type Keras would compute it in; the graph has f32 for every floating one.
  DType dtype = DType::kFloat32;
  /// The tensor's mask, boolean, without the tensor's last dimensions; absent: all is valid.
  std::optional<GraphOutput> mask = std::nullopt;
  /// The input of the softmax or sigmoid whose result this very tensor is: Keras's `_keras_logits`.
  std::optional<GraphOutput> logits = std::nullopt;
  std::optional<HostValue> host = std::nullopt;
};

using Values = std::vector<Value>;

}  // namespace sidecar::model::keras
