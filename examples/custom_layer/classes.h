// Three classes of Keras layers, as custom_layer.cc describes them, in OpenVINO's operations.
#pragma once

#include <sidecar/openvino/layer.h>

#include <memory>
#include <openvino/op/abs.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/divide.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/sigmoid.hpp>
#include <openvino/op/split.hpp>
#include <vector>

namespace example {

using sidecar::Result;
using sidecar::Shape;
using sidecar::Status;
using sidecar::StatusCode;
using sidecar::openvino::GraphValue;
using sidecar::openvino::LayerBuilder;

/// The size of the last dimension, which weights depend on.
inline Result<std::int64_t> Channels(const LayerBuilder& builder,
                                     const std::vector<GraphValue>& inputs) {
  if (inputs.size() != 1) {
    return builder.Fail(StatusCode::kFailedPrecondition, "takes one input");
  }
  const ov::PartialShape& shape = inputs[0].get_partial_shape();
  if (shape.size() == 0 || (shape.end() - 1)->is_dynamic()) {
    return builder.Fail(StatusCode::kFailedPrecondition, "needs to know its channels");
  }
  return (shape.end() - 1)->get_length();
}

class ChannelScale final : public sidecar::openvino::Layer {
 public:
  Result<std::vector<GraphValue>> Call(LayerBuilder& builder,
                                       const std::vector<GraphValue>& inputs) const override {
    const Result<std::int64_t> channels = Channels(builder, inputs);
    if (!channels.ok()) return channels.status();
    const Result<double> power = builder.config().Number("power");
    if (!power.ok()) return power.status();
    const Result<bool> shifts = builder.config().Bool("shifts", true);
    if (!shifts.ok()) return shifts.status();
    const Shape shape{*channels};
    // In the order of build().
    const auto seen = builder.AddWeight({.name = "seen", .shape = shape, .trainable = false});
    if (!seen.ok()) return seen.status();
    const auto slope =
        builder.AddWeight({.name = "slope", .shape = shape, .attributes = {"alpha", "slope"}});
    if (!slope.ok()) return slope.status();
    const auto exponent = ov::op::v0::Constant::create(ov::element::f32, {}, {*power});
    const auto size = std::make_shared<ov::op::v0::Abs>(inputs[0]);
    const auto raised = std::make_shared<ov::op::v1::Power>(size, exponent);
    const auto scaled = std::make_shared<ov::op::v1::Multiply>(raised, *slope);
    GraphValue result = std::make_shared<ov::op::v1::Divide>(scaled, *seen);
    if (!*shifts) return std::vector<GraphValue>{result};
    const auto offset =
        builder.AddWeight({.name = "offset", .shape = shape, .regularizer = "offset_regularizer"});
    if (!offset.ok()) return offset.status();
    result = std::make_shared<ov::op::v1::Add>(result, *offset);
    return std::vector<GraphValue>{result};
  }
};

/// `dense(x) * gate(x)`, with two Dense layers of Keras in attributes of the class.
class Gated final : public sidecar::openvino::Layer {
 public:
  Result<std::vector<GraphValue>> Call(LayerBuilder& builder,
                                       const std::vector<GraphValue>& inputs) const override {
    const Result<std::int64_t> channels = Channels(builder, inputs);
    if (!channels.ok()) return channels.status();
    const Result<std::int64_t> units = builder.config().Int("units");
    if (!units.ok()) return units.status();
    // Keras 3's Dense keeps its kernel in `_kernel`.
    const sidecar::openvino::Weight kernel{
        .name = "kernel", .shape = {*channels, *units}, .attributes = {"kernel", "_kernel"}};
    LayerBuilder& dense = builder.Sublayer("dense");
    const auto dense_kernel = dense.AddWeight(kernel);
    if (!dense_kernel.ok()) return dense_kernel.status();
    const auto dense_bias = dense.AddWeight({.name = "bias", .shape = {*units}});
    if (!dense_bias.ok()) return dense_bias.status();
    const auto gate_kernel = builder.Sublayer("gate").AddWeight(kernel);
    if (!gate_kernel.ok()) return gate_kernel.status();
    const auto product = std::make_shared<ov::op::v0::MatMul>(inputs[0], *dense_kernel);
    const auto value = std::make_shared<ov::op::v1::Add>(product, *dense_bias);
    const auto gate = std::make_shared<ov::op::v0::Sigmoid>(
        std::make_shared<ov::op::v0::MatMul>(inputs[0], *gate_kernel));
    return std::vector<GraphValue>{std::make_shared<ov::op::v1::Multiply>(value, gate)};
  }
};

/// The two halves of the channels, the second one first.
class SwapHalves final : public sidecar::openvino::Layer {
 public:
  Result<std::vector<GraphValue>> Call(LayerBuilder& builder,
                                       const std::vector<GraphValue>& inputs) const override {
    const Result<std::int64_t> channels = Channels(builder, inputs);
    if (!channels.ok()) return channels.status();
    const auto axis = ov::op::v0::Constant::create(ov::element::i64, {}, {-1});
    const auto halves = std::make_shared<ov::op::v1::Split>(inputs[0], axis, 2);
    return std::vector<GraphValue>{halves->output(1), halves->output(0)};
  }
};

inline void RegisterClasses() {
  using sidecar::ThrowIfError;
  using sidecar::openvino::RegisterLayer;
  ThrowIfError(RegisterLayer("golden>ChannelScale", std::make_shared<ChannelScale>()));
  ThrowIfError(RegisterLayer("golden>Gated", std::make_shared<Gated>()));
  ThrowIfError(RegisterLayer("SwapHalves", std::make_shared<SwapHalves>()));
}

}  // namespace example
