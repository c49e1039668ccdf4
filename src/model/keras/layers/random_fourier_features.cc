#include <openvino/op/cos.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

// cos(x kernel / scale + bias), all three stored (tf_keras/layers/kernelized.py).
Result<Values> LowerRandomFourierFeatures(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs, 2, "[batch, features]"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, input, 1));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t width, context.config().PositiveInt("output_dim"));
  const auto variable = [&](const char* name, const Shape& shape, bool trainable) {
    return context.Variable(
        {.name = name, .shape = shape, .trainable = trainable, .dtype = DType::kFloat32});
  };
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel,
                           variable("unscaled_kernel", {size, width}, false));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput bias, variable("bias", {width}, false));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput scale, variable("kernel_scale", {1}, true));
  const GraphOutput product = MatrixProduct(ToFloat(input.output), Over(kernel, scale));
  return Values{{std::make_shared<ov::op::v0::Cos>(Plus(product, bias))}};
}

}  // namespace sidecar::model::keras
