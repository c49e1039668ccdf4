// Constants of a model file as values of the graph.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/keras/call_arguments.h"
#include "model/keras/config_reader.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// The type of the graph's values for a Keras type: f32, i64, boolean, or i32 for every other one.
[[nodiscard]] ov::element::Type GraphValueType(DType dtype);

/// `numbers` as a constant of this type.
GraphOutput NumberConstant(const NumberArray& numbers, DType dtype);

/// A number, nested lists of numbers, or Keras's `__numpy__` and `__tensor__` objects: bool, int32
/// (int64 where int32 is too narrow), float32, or the type that the object names. `where` names it
/// in messages. Fails with kDataLoss.
Result<Value> ConstantValue(const nlohmann::json& constant, const std::string& where);

/// The tensor of a call argument, or its constant. Fails with kDataLoss for a list of tensors.
Result<Value> ToValue(const Argument& argument, const std::string& where);

}  // namespace sidecar::model::keras
