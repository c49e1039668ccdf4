// Activation functions as operations.
#include <cmath>
#include <openvino/op/abs.hpp>
#include <openvino/op/elu.hpp>
#include <openvino/op/gelu.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/log_softmax.hpp>
#include <openvino/op/sigmoid.hpp>
#include <openvino/op/split.hpp>
#include <openvino/op/swish.hpp>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

struct ActivationInput {
  GraphOutput x;
  DType dtype = DType::kFloat32;
};

Result<ActivationInput> ReadActivation(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return ActivationInput{AsFloat(x), FloatTypeOf(x.dtype())};
}

// The elementwise activation of that name, by the rules of Keras 3, whose names are a superset.
template <const char* kName>
Result<Values> Named(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  return Only(MapElements(input.x, FindActivationFunction(kName, KerasVersion::kKeras3)),
              input.dtype);
}

constexpr char kHardSigmoid[] = "hard_sigmoid";
constexpr char kHardSilu[] = "hard_silu";
constexpr char kHardTanh[] = "hard_tanh";
constexpr char kLogSigmoid[] = "log_sigmoid";
constexpr char kRelu[] = "relu";
constexpr char kRelu6[] = "relu6";
constexpr char kSelu[] = "selu";
constexpr char kSilu[] = "silu";
constexpr char kSoftplus[] = "softplus";
constexpr char kSoftsign[] = "softsign";
constexpr char kSparsePlus[] = "sparse_plus";
constexpr char kSparseSigmoid[] = "sparse_sigmoid";
constexpr char kTanhShrink[] = "tanh_shrink";

// Leaves its input as logits: Keras tags the result, or finds the operation.
Result<Values> Sigmoid(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  const auto sigmoid = [](const GraphOutput& x) { return MakeOp<ov::op::v0::Sigmoid>(x); };
  Values values = Only(MapElements(input.x, sigmoid), input.dtype);
  values.front().logits = input.x;
  return values;
}

// As Sigmoid(); in Keras 2 only over the last dimension, where no transposes are around it.
Result<Values> Softmax(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  const std::int64_t rank = RankOf(input.x);
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", rank, -1));
  call.MixRowsOver({axis});
  Values values = Only(SoftmaxOver(input.x, {axis}), input.dtype);
  if (!call.is_keras2() || axis == rank - 1) values.front().logits = input.x;
  return values;
}

Result<Values> LogSoftmax(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(input.x), -1));
  call.MixRowsOver({axis});
  return Only(MakeOp<ov::op::v5::LogSoftmax>(input.x, axis), input.dtype);
}

Result<Values> Sparsemax(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  const std::int64_t rank = RankOf(input.x);
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", rank, -1));
  if (axis != rank - 1 || SizeOf(input.x, axis) < 1) {
    return call.Unsupported("sparsemax needs the last dimension, of known size");
  }
  call.MixRowsOver({axis});
  return Only(FindActivationFunction("sparsemax", KerasVersion::kKeras3)(input.x), input.dtype);
}

Result<Values> Glu(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(input.x), -1));
  call.MixRowsOver({axis});
  const auto halves = std::make_shared<ov::op::v1::Split>(input.x, IntConstant(axis), 2);
  return Only(Times(halves->output(0), MakeOp<ov::op::v0::Sigmoid>(halves->output(1))),
              input.dtype);
}

Result<Values> Gelu(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  // Keras's function defaults to the approximation, TensorFlow's does not.
  SIDECAR_ASSIGN_OR_RETURN(const bool approximate, call.Bool("approximate", !call.is_keras2()));
  const auto mode =
      approximate ? ov::op::GeluApproximationMode::TANH : ov::op::GeluApproximationMode::ERF;
  return Only(
      MapElements(input.x,
                  [mode](const GraphOutput& x) { return MakeOp<ov::op::v7::Gelu>(x, mode); }),
      input.dtype);
}

Result<Values> LeakyReluOp(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const double slope, call.Number("negative_slope", 0.2));
  return Only(LeakyRelu(input.x, slope), input.dtype);
}

// keras.activations.relu with parameters.
Result<Values> FullRelu(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  ReluParameters parameters;
  SIDECAR_ASSIGN_OR_RETURN(parameters.negative_slope, call.Number("negative_slope", 0));
  SIDECAR_ASSIGN_OR_RETURN(parameters.threshold, call.Number("threshold", 0));
  if (call.Has("max_value")) {
    SIDECAR_ASSIGN_OR_RETURN(const double most, call.AnyNumber("max_value"));
    if (!(most >= 0)) return call.Fail("max_value is not a number from 0 or Infinity");
    if (std::isfinite(most)) parameters.max_value = most;
  }
  return Only(ParametricRelu(input.x, parameters), input.dtype);
}

Result<Values> Elu(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const double alpha, call.Number("alpha", 1));
  return Only(MakeOp<ov::op::v0::Elu>(input.x, alpha), input.dtype);
}

// max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)
Result<Values> Celu(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const double alpha, call.Number("alpha", 1));
  if (alpha == 0) return call.Fail("alpha is 0");
  const GraphOutput scaled = MakeOp<ov::op::v0::Elu>(Over(input.x, FloatConstant(alpha)), 1.0);
  const GraphOutput low = Minus(scaled, Relu(scaled));  // below 0 only
  return Only(Plus(Relu(input.x), Times(low, FloatConstant(alpha))), input.dtype);
}

Result<Values> Silu(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const double beta, call.Number("beta", 1));
  const GraphOutput factor = MakeOp<ov::op::v0::Sigmoid>(Times(input.x, FloatConstant(beta)));
  return Only(Times(input.x, factor), input.dtype);
}

Result<Values> Squareplus(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const double b, call.Number("b", 4));
  const GraphOutput root = SquareRoot(Plus(Times(input.x, input.x), FloatConstant(b)));
  return Only(Times(Plus(input.x, root), FloatConstant(0.5)), input.dtype);
}

Result<Values> Threshold(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const double threshold, call.AnyNumber("threshold"));
  SIDECAR_ASSIGN_OR_RETURN(const double value, call.AnyNumber("default_value"));
  return Only(Choose(IsGreater(input.x, FloatConstant(threshold)), input.x, FloatConstant(value)),
              input.dtype);
}

Result<Values> HardShrink(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const double threshold, call.Number("threshold", 0.5));
  const GraphOutput size = MakeOp<ov::op::v0::Abs>(input.x);
  return Only(Choose(IsGreater(size, FloatConstant(threshold)), input.x, FloatConstant(0)),
              input.dtype);
}

Result<Values> SoftShrink(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ActivationInput input, ReadActivation(call));
  SIDECAR_ASSIGN_OR_RETURN(const double threshold, call.Number("threshold", 0.5));
  const GraphOutput bound = FloatConstant(threshold);
  const GraphOutput below = Relu(Minus(FloatConstant(-threshold), input.x));
  return Only(Minus(Relu(Minus(input.x, bound)), below), input.dtype);
}

constexpr OpEntry kActivationOps[] = {
    {"activations", "ReLU", FullRelu, "x"},
    {"nn", "Celu", Celu, "x"},
    {"nn", "Elu", Elu, "x"},
    {"nn", "Gelu", Gelu, "x"},
    {"nn", "Glu", Glu, "x"},
    {"nn", "HardShrink", HardShrink, "x"},
    {"nn", "HardSigmoid", Named<kHardSigmoid>, "x"},
    {"nn", "HardSilu", Named<kHardSilu>, "x"},
    {"nn", "HardTanh", Named<kHardTanh>, "x"},
    {"nn", "LeakyRelu", LeakyReluOp, "x"},
    {"nn", "LogSigmoid", Named<kLogSigmoid>, "x"},
    {"nn", "LogSoftmax", LogSoftmax, "x"},
    {"nn", "Relu", Named<kRelu>, "x"},
    {"nn", "Relu6", Named<kRelu6>, "x"},
    {"nn", "Selu", Named<kSelu>, "x"},
    {"nn", "Sigmoid", Sigmoid, "x"},
    {"nn", "Silu", Named<kSilu>, "x"},
    {"nn", "SoftShrink", SoftShrink, "x"},
    {"nn", "Softmax", Softmax, "x"},
    {"nn", "Softplus", Named<kSoftplus>, "x"},
    {"nn", "Softsign", Named<kSoftsign>, "x"},
    {"nn", "SparsePlus", Named<kSparsePlus>, "x"},
    {"nn", "SparseSigmoid", Named<kSparseSigmoid>, "x"},
    {"nn", "Sparsemax", Sparsemax, "x"},
    {"nn", "Squareplus", Squareplus, "x"},
    {"nn", "TanhShrink", Named<kTanhShrink>, "x"},
    {"nn", "Threshold", Threshold, "x"},
    {"tf", "math.log_sigmoid", Named<kLogSigmoid>, "x"},
    {"tf", "math.sigmoid", Sigmoid, "x"},
    {"tf", "math.softplus", Named<kSoftplus>, "features:x"},
    {"tf", "math.softsign", Named<kSoftsign>, "features:x"},
    {"tf", "nn.elu", Elu, "features:x"},
    {"tf", "nn.gelu", Gelu, "features:x approximate"},
    {"tf", "nn.leaky_relu", LeakyReluOp, "features:x alpha:negative_slope"},
    {"tf", "nn.log_softmax", LogSoftmax, "logits:x axis"},
    {"tf", "nn.relu", Named<kRelu>, "features:x"},
    {"tf", "nn.relu6", Named<kRelu6>, "features:x"},
    {"tf", "nn.selu", Named<kSelu>, "features:x"},
    {"tf", "nn.sigmoid", Sigmoid, "x"},
    {"tf", "nn.silu", Silu, "features:x beta"},
    {"tf", "nn.softmax", Softmax, "logits:x axis"},
    {"tf", "nn.softplus", Named<kSoftplus>, "features:x"},
    {"tf", "nn.softsign", Named<kSoftsign>, "features:x"},
    {"tf", "nn.swish", Silu, "features:x beta"},
};

}  // namespace

std::span<const OpEntry> ActivationOps() { return kActivationOps; }

}  // namespace sidecar::model::keras
