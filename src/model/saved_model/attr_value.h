// AttrValue and TensorProto (tensorflow/core/framework/{attr_value,tensor}.proto).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/saved_model/saved_model_proto.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::saved_model {

/// A constant. All elements stand in `content`, or the first ones in the field of their type; the
/// last of these stands for the rest.
struct TensorProto {
  DType dtype = DType::kInvalid;
  Shape shape;
  std::int64_t num_elements = 0;
  Bytes content;
  Bytes message;  ///< the whole message, for the fields of single types
};

/// A function that an attribute names.
struct FunctionName {
  std::string_view name;
};
/// TensorFlow's type.
struct TypeValue {
  DType dtype = DType::kInvalid;
};
struct ShapeValue {
  bool has_rank = false;
  Shape shape;  ///< where the rank is known
};
struct ListValue {
  std::vector<std::string_view> texts;
  std::vector<std::int64_t> integers;
  std::vector<float> floats;
  std::vector<bool> bools;
  std::vector<DType> types;
  std::vector<ShapeValue> shapes;
  std::vector<FunctionName> functions;
  bool has_tensors = false;
};

/// monostate: the attribute is there without a value.
using AttrValue = std::variant<std::monostate, std::string_view, std::int64_t, float, bool,
                               TypeValue, ShapeValue, TensorProto, FunctionName, ListValue>;

/// kDataLoss when it is damaged.
Result<AttrValue> ParseAttrValue(Bytes bytes);

/// The elements, for the types that inference computes with (kUnimplemented for others). At most
/// `max_bytes` are allocated: kDataLoss beyond.
Result<Tensor> UnpackTensor(const TensorProto& proto, std::uint64_t max_bytes);

}  // namespace sidecar::model::saved_model
