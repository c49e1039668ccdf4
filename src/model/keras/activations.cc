#include "model/keras/activations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <openvino/op/abs.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/cum_sum.hpp>
#include <openvino/op/elu.hpp>
#include <openvino/op/exp.hpp>
#include <openvino/op/gelu.hpp>
#include <openvino/op/hard_sigmoid.hpp>
#include <openvino/op/hswish.hpp>
#include <openvino/op/less_eq.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/log_softmax.hpp>
#include <openvino/op/mish.hpp>
#include <openvino/op/prelu.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <openvino/op/selu.hpp>
#include <openvino/op/sigmoid.hpp>
#include <openvino/op/softmax.hpp>
#include <openvino/op/softplus.hpp>
#include <openvino/op/softsign.hpp>
#include <openvino/op/split.hpp>
#include <openvino/op/swish.hpp>
#include <openvino/op/tanh.hpp>
#include <openvino/op/topk.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/json_text.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

template <class Op, class... Args>
GraphOutput Make(const Args&... args) {
  return std::make_shared<Op>(args...);
}

GraphOutput Clamped(const GraphOutput& x, double low, double high) {
  return Make<ov::op::v0::Clamp>(x, low, high);
}
GraphOutput Squared(const GraphOutput& x) { return Times(x, x); }
GraphOutput Zero() { return FloatConstant(0); }

GraphOutput Linear(const GraphOutput& x) { return x; }
GraphOutput Relu6(const GraphOutput& x) { return Clamped(x, 0, 6); }
GraphOutput Tanh(const GraphOutput& x) { return Make<ov::op::v0::Tanh>(x); }
GraphOutput Sigmoid(const GraphOutput& x) { return Make<ov::op::v0::Sigmoid>(x); }
GraphOutput Exponential(const GraphOutput& x) { return Make<ov::op::v0::Exp>(x); }
GraphOutput Softplus(const GraphOutput& x) { return Make<ov::op::v4::SoftPlus>(x); }
GraphOutput Softsign(const GraphOutput& x) { return Make<ov::op::v9::SoftSign>(x); }
GraphOutput Silu(const GraphOutput& x) { return Make<ov::op::v4::Swish>(x); }
GraphOutput Mish(const GraphOutput& x) { return Make<ov::op::v4::Mish>(x); }
GraphOutput LeakyReluOfName(const GraphOutput& x) { return LeakyRelu(x, 0.2); }
GraphOutput Elu(const GraphOutput& x) { return Make<ov::op::v0::Elu>(x, 1.0); }
GraphOutput Gelu(const GraphOutput& x) {
  return Make<ov::op::v7::Gelu>(x, ov::op::GeluApproximationMode::ERF);
}
GraphOutput Selu(const GraphOutput& x) {
  return Make<ov::op::v0::Selu>(x, FloatConstant(1.6732632423543772),
                                FloatConstant(1.0507009873554805));
}
// The two Kerases differ in the slope.
GraphOutput HardSigmoidKeras2(const GraphOutput& x) {
  return Make<ov::op::v0::HardSigmoid>(x, FloatConstant(0.2), FloatConstant(0.5));
}
GraphOutput HardSigmoidKeras3(const GraphOutput& x) {
  return Make<ov::op::v0::HardSigmoid>(x, FloatConstant(1.0 / 6.0), FloatConstant(0.5));
}
GraphOutput HardSilu(const GraphOutput& x) { return Make<ov::op::v4::HSwish>(x); }
GraphOutput HardTanh(const GraphOutput& x) { return Clamped(x, -1, 1); }
GraphOutput HardShrink(const GraphOutput& x) {
  return Choose(IsGreater(Make<ov::op::v0::Abs>(x), FloatConstant(0.5)), x, Zero());
}
// x - 0.5 above 0.5, x + 0.5 below -0.5, 0 between.
GraphOutput SoftShrink(const GraphOutput& x) { return Minus(x, Clamped(x, -0.5, 0.5)); }
GraphOutput TanhShrink(const GraphOutput& x) { return Minus(x, Tanh(x)); }
GraphOutput LogSigmoid(const GraphOutput& x) { return Negated(Softplus(Negated(x))); }
GraphOutput SparseSigmoid(const GraphOutput& x) {
  return Clamped(Times(FloatConstant(0.5), Plus(x, FloatConstant(1))), 0, 1);
}
GraphOutput SparsePlus(const GraphOutput& x) {
  const GraphOutput middle = Times(FloatConstant(0.25), Squared(Plus(x, FloatConstant(1))));
  const GraphOutput upper = Choose(IsGreater(FloatConstant(1), x), middle, x);
  return Choose(Make<ov::op::v1::LessEqual>(x, FloatConstant(-1)), Zero(), upper);
}
GraphOutput Squareplus(const GraphOutput& x) {
  return Times(FloatConstant(0.5), Plus(x, SquareRoot(Plus(Squared(x), FloatConstant(4)))));
}

// The functions below work along the last axis.
GraphOutput Softmax(const GraphOutput& x) { return Make<ov::op::v8::Softmax>(x, std::int64_t{-1}); }
GraphOutput LogSoftmax(const GraphOutput& x) {
  return Make<ov::op::v5::LogSoftmax>(x, std::int64_t{-1});
}
GraphOutput Glu(const GraphOutput& x) {
  const auto halves = std::make_shared<ov::op::v1::Split>(x, IntConstant(-1), 2);
  return Times(halves->output(0), Sigmoid(halves->output(1)));
}
// Martins and Astudillo, "From Softmax to Sparsemax", as keras.ops.sparsemax computes it.
GraphOutput Sparsemax(const GraphOutput& x) {
  const std::int64_t size = SizeOf(x, RankOf(x) - 1);
  const auto sorted = std::make_shared<ov::op::v11::TopK>(
      x, IntConstant(size), -1, ov::op::TopKMode::MAX, ov::op::TopKSortType::SORT_VALUES);
  const GraphOutput sums = Make<ov::op::v0::CumSum>(sorted->output(0), IntConstant(-1));
  std::vector<double> ranks(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = static_cast<double>(i + 1);
  const GraphOutput one = FloatConstant(1);
  const GraphOutput bound = Over(Minus(sums, one), FloatConstant({ranks.size()}, ranks));
  const GraphOutput support = IsGreater(Minus(sorted->output(0), bound), Zero());
  const GraphOutput last = IntConstant(std::vector<std::int64_t>{-1});
  const GraphOutput count = Make<ov::op::v1::ReduceSum>(Choose(support, one, Zero()), last, true);
  // As Keras does it: the sum of the cumulative sums within the support.
  const GraphOutput total = Make<ov::op::v1::ReduceSum>(Choose(support, sums, Zero()), last, true);
  return Relu(Minus(x, Over(Minus(total, one), count)));
}

struct NamedActivation {
  std::string_view name;
  bool keras2;
  bool keras3;
  bool elementwise;
  bool leaves_logits;
  GraphOutput (*function)(const GraphOutput&);
};

constexpr std::array<NamedActivation, 33> kActivations = {{
    {"celu", false, true, true, false, Elu},  // alpha is 1: the same function
    {"elu", true, true, true, false, Elu},
    {"exponential", true, true, true, false, Exponential},
    {"gelu", true, true, true, false, Gelu},
    {"glu", false, true, false, false, Glu},
    {"hard_shrink", false, true, true, false, HardShrink},
    {"hard_sigmoid", true, false, true, false, HardSigmoidKeras2},
    {"hard_sigmoid", false, true, true, false, HardSigmoidKeras3},
    {"hard_silu", false, true, true, false, HardSilu},
    {"hard_swish", false, true, true, false, HardSilu},
    {"hard_tanh", false, true, true, false, HardTanh},
    {"leaky_relu", true, true, true, false, LeakyReluOfName},
    {"linear", true, true, true, false, Linear},
    {"log_sigmoid", false, true, true, false, LogSigmoid},
    {"log_softmax", true, true, false, false, LogSoftmax},
    {"mish", true, true, true, false, Mish},
    {"relu", true, true, true, false, Relu},
    {"relu6", true, true, true, false, Relu6},
    {"selu", true, true, true, false, Selu},
    {"sigmoid", true, true, true, true, Sigmoid},
    {"silu", true, true, true, false, Silu},
    {"soft_shrink", false, true, true, false, SoftShrink},
    {"softmax", true, true, false, true, Softmax},
    {"softmax_v2", true, false, false, true, Softmax},
    {"softplus", true, true, true, false, Softplus},
    {"softsign", true, true, true, false, Softsign},
    {"sparse_plus", false, true, true, false, SparsePlus},
    {"sparse_sigmoid", false, true, true, false, SparseSigmoid},
    {"sparsemax", false, true, false, false, Sparsemax},
    {"squareplus", false, true, true, false, Squareplus},
    {"swish", true, true, true, false, Silu},
    {"tanh", true, true, true, false, Tanh},
    {"tanh_shrink", false, true, true, false, TanhShrink},
}};

const NamedActivation* FindActivation(std::string_view name, KerasVersion rules) {
  const bool keras2 = rules == KerasVersion::kKeras2;
  const auto* const found = std::find_if(
      kActivations.begin(), kActivations.end(), [&](const NamedActivation& activation) {
        return activation.name == name && (keras2 ? activation.keras2 : activation.keras3);
      });
  return found == kActivations.end() ? nullptr : found;
}

// The name in `"relu"` or `{"class_name": "function", "config": "relu"}`; empty for anything else.
std::string NameOf(const json& activation) {
  if (activation.is_string()) return activation.get<std::string>();
  if (!activation.is_object() || TextMember(activation, "class_name") != "function") return "";
  return TextMember(activation, "config");
}

}  // namespace

Result<Value> Activated(LayerContext& context, std::string_view key, const Value& input) {
  const json* activation = context.config().Find(key);
  if (activation == nullptr || NameOf(*activation) == "linear") return input;
  for (const LayerPart& part : context.layer().parts) {
    if (part.key != key) continue;
    SIDECAR_ASSIGN_OR_RETURN(
        const Values results,
        context.RunPart({.name = std::string(key), .layer = part.layer.get()}, {input}));
    return results.front();
  }
  const NamedActivation* named = FindActivation(NameOf(*activation), context.rules());
  if (named == nullptr) {
    return context.Fail(StatusCode::kUnimplemented,
                        fmt::format("the activation {} is not supported", Excerpt(*activation)));
  }
  const GraphOutput x = ToFloat(input.output);
  if (!named->elementwise && RankOf(x) < 2) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("the activation {} needs an input of at least 2 dimensions; "
                                    "has {}",
                                    named->name, ShapeOf(x).ToString()));
  }
  if (named->name == "sparsemax" || named->name == "glu") {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, input, RankOf(x) - 1));
    if (size < 1 || (named->name == "glu" && size % 2 != 0)) {
      return context.Fail(
          StatusCode::kFailedPrecondition,
          fmt::format("the activation {} cannot work on {}", named->name, ShapeOf(x).ToString()));
    }
  }
  Value result{named->elementwise ? MapElements(x, named->function) : named->function(x),
               input.dtype, input.mask};
  if (named->leaves_logits) result.logits = x;
  return result;
}

std::string NameOfActivation(const LayerContext& context, std::string_view key) {
  const json* activation = context.config().Find(key);
  return activation == nullptr ? "linear" : NameOf(*activation);
}

std::optional<std::string> UnsupportedActivation(const json& activation, KerasVersion rules) {
  if (FindActivation(NameOf(activation), rules) != nullptr) return std::nullopt;
  const std::string name = NameOf(activation);
  return fmt::format("the activation {}", name.empty() ? Excerpt(activation) : name);
}

ActivationFunction FindActivationFunction(std::string_view name, KerasVersion rules) {
  const NamedActivation* named = FindActivation(name, rules);
  return named == nullptr ? nullptr : named->function;
}

GraphOutput SoftmaxOver(const GraphOutput& input, const std::vector<std::int64_t>& axes) {
  const GraphOutput x = ToFloat(input);
  if (axes.size() == 1) return Make<ov::op::v8::Softmax>(x, axes.front());
  const GraphOutput over = IntConstant(axes);
  // As Keras computes it: where all values are about -1e9, this rounds to 1 for each of them.
  const GraphOutput most = Make<ov::op::v1::ReduceMax>(x, over, true);
  const GraphOutput sum = Make<ov::op::v1::ReduceSum>(Exponential(Minus(x, most)), over, true);
  return Exponential(Minus(x, Plus(Make<ov::op::v0::Log>(sum), most)));
}

GraphOutput LeakyRelu(const GraphOutput& input, double slope) {
  return MapElements(ToFloat(input), [slope](const GraphOutput& x) {
    return Make<ov::op::v0::PRelu>(x, FloatConstant({1}, {slope}));
  });
}

GraphOutput ParametricRelu(const GraphOutput& input, const ReluParameters& parameters) {
  if (parameters.negative_slope != 0 && !parameters.max_value && parameters.threshold == 0) {
    return LeakyRelu(input, parameters.negative_slope);
  }
  return MapElements(ToFloat(input), [&parameters](const GraphOutput& x) {
    const GraphOutput threshold = FloatConstant(parameters.threshold);
    // A value equal to the threshold counts as below it.
    GraphOutput result =
        parameters.threshold == 0 ? Relu(x) : Choose(IsGreater(x, threshold), x, Zero());
    if (parameters.max_value) result = Clamped(result, 0, *parameters.max_value);
    if (parameters.negative_slope == 0) return result;
    const GraphOutput below = Relu(Minus(threshold, x));
    return Minus(result, Times(FloatConstant(parameters.negative_slope), below));
  });
}

std::vector<ActivationName> ActivationNames() {
  std::vector<ActivationName> names;
  names.reserve(std::size(kActivations));
  for (const NamedActivation& activation : kActivations) {
    names.push_back({activation.name, activation.keras2, activation.keras3});
  }
  return names;
}

}  // namespace sidecar::model::keras
