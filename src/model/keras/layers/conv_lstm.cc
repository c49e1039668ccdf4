// ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: tf_keras/src/layers/rnn/base_conv_lstm.py,
// keras/src/layers/rnn/conv_lstm.py.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/convolution.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/dense_cell.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/layers/recurrent_layer.h"

namespace sidecar::model::keras {
namespace {

struct ConvSettings {
  std::int64_t rank = 0;  // of the images
  bool channels_first = false;
  std::int64_t filters = 0;
  std::vector<std::int64_t> kernel_size;
  std::vector<std::int64_t> strides;
  std::vector<std::int64_t> dilations;
  ov::op::PadType padding = ov::op::PadType::VALID;
};

// A positive integer for each dimension of the images, or one for all.
Result<std::vector<std::int64_t>> PerDimension(const ConfigReader& config, std::string_view key,
                                               std::int64_t rank,
                                               std::optional<std::int64_t> otherwise) {
  std::optional<std::vector<std::int64_t>> default_values;
  if (otherwise) default_values = {*otherwise};
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::int64_t> values, config.Ints(key, default_values));
  const auto wanted = static_cast<std::size_t>(rank);
  if (values.size() == 1) values.resize(wanted, values.front());
  constexpr std::int64_t kMost = 2147483647;
  const bool positive = std::all_of(values.begin(), values.end(), [](std::int64_t value) {
    return value >= 1 && value <= kMost;
  });
  if (values.size() == wanted && positive) return values;
  return config.Wrong(key, fmt::format("a positive integer or a list of {}", rank));
}

Result<ConvSettings> ReadSettings(const LayerContext& context, std::int64_t rank) {
  const ConfigReader& config = context.config();
  ConvSettings settings;
  settings.rank = rank;
  SIDECAR_ASSIGN_OR_RETURN(settings.channels_first, IsChannelsFirst(context));
  SIDECAR_ASSIGN_OR_RETURN(settings.filters, config.PositiveInt("filters"));
  SIDECAR_ASSIGN_OR_RETURN(settings.kernel_size,
                           PerDimension(config, "kernel_size", rank, std::nullopt));
  SIDECAR_ASSIGN_OR_RETURN(settings.strides, PerDimension(config, "strides", rank, 1));
  SIDECAR_ASSIGN_OR_RETURN(settings.dilations, PerDimension(config, "dilation_rate", rank, 1));
  SIDECAR_ASSIGN_OR_RETURN(const std::string padding,
                           config.OneOf("padding", {"valid", "same"}, "valid"));
  if (padding == "same") settings.padding = ov::op::PadType::SAME_UPPER;
  return settings;
}

// Works on images with the channels first; gates i, f, c, o.
class ConvLstmCell final : public RecurrentCell {
 public:
  ConvLstmCell(LayerContext& context, ConvSettings settings, GraphOutput kernel,
               GraphOutput recurrent_kernel, std::optional<GraphOutput> bias)
      : context_(context),
        settings_(std::move(settings)),
        kernel_(std::move(kernel)),
        recurrent_kernel_(std::move(recurrent_kernel)),
        bias_(std::move(bias)) {}

  Result<GraphOutputs> Project(const GraphOutput& x) override {
    GraphOutput images = MergeTime(x);
    if (!settings_.channels_first) images = Moved(images, 1, true);
    GraphOutput z =
        Convolved(images, kernel_, settings_.strides, settings_.dilations, settings_.padding);
    if (bias_) {
      std::vector<std::int64_t> shape(static_cast<std::size_t>(settings_.rank) + 2, 1);
      shape[1] = -1;
      z = Plus(z, Reshaped(*bias_, shape));
    }
    return GraphOutputs{SplitTime(z, x)};
  }

  Result<CellStep> Step(const GraphOutputs& projected, const GraphOutputs& states) override {
    const std::vector<std::int64_t> ones(static_cast<std::size_t>(settings_.rank), 1);
    const GraphOutput h =
        Convolved(states[0], recurrent_kernel_, ones, ones, ov::op::PadType::SAME_UPPER);
    const GraphOutputs z = SplitEvenly(Plus(projected[0], h), 1, 4);
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput in, Gate(z[0]));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput forget, Gate(z[1]));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput candidate,
                             CellActivation(context_, "activation", z[2]));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput out, Gate(z[3]));
    const GraphOutput carry = Plus(Times(forget, states[1]), Times(in, candidate));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput activated,
                             CellActivation(context_, "activation", carry));
    const GraphOutput output = Times(out, activated);
    return CellStep{output, {output, carry}};
  }

  GraphOutputs ZeroStates(const GraphOutputs& projected) override {
    const GraphOutput zeros = ZeroOutput(projected);
    return {zeros, zeros};
  }

  GraphOutput ZeroOutput(const GraphOutputs& projected) override {
    const GraphOutput& sequence = projected.front();  // [batch, time, 4 * filters, ...]
    GraphOutputs sizes = {RuntimeSize(sequence, 0),
                          IntConstant(std::vector<std::int64_t>{settings_.filters})};
    for (std::int64_t axis = 3; axis < RankOf(sequence); ++axis) {
      const std::int64_t size = SizeOf(sequence, axis);
      sizes.push_back(size == Shape::kUnknown ? RuntimeSize(sequence, axis)
                                              : IntConstant(std::vector<std::int64_t>{size}));
    }
    return std::make_shared<ov::op::v3::Broadcast>(FloatConstant(0), Joined(sizes, 0));
  }

  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override {
    return {settings_.filters, settings_.filters};
  }
  [[nodiscard]] std::int64_t output_size() const override { return settings_.filters; }

  GraphOutput ToCellLayout(const GraphOutput& state) override {
    return settings_.channels_first ? state : Moved(state, 1, true);
  }
  GraphOutput FromCellLayout(const GraphOutput& value, std::int64_t first) override {
    return settings_.channels_first ? value : Moved(value, first, false);
  }

 private:
  // Moves the channels from the end to dimension `first`, or back.
  static GraphOutput Moved(const GraphOutput& value, std::int64_t first, bool to_front) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(RankOf(value)));
    std::iota(order.begin(), order.end(), 0);
    const auto begin = order.begin() + first;
    std::rotate(begin, to_front ? order.end() - 1 : begin + 1, order.end());
    return Transposed(value, order);
  }

  // `kernel` as Keras has it: [sizes..., inputs, outputs].
  [[nodiscard]] GraphOutput Convolved(const GraphOutput& images, const GraphOutput& kernel,
                                      const std::vector<std::int64_t>& strides,
                                      const std::vector<std::int64_t>& dilations,
                                      ov::op::PadType padding) const {
    const std::int64_t rank = settings_.rank;
    std::vector<std::int64_t> order = {rank + 1, rank};
    for (std::int64_t axis = 0; axis < rank; ++axis) order.push_back(axis);
    const ov::CoordinateDiff none(static_cast<std::size_t>(rank), 0);
    return std::make_shared<ov::op::v1::Convolution>(
        images, Transposed(kernel, order), ov::Strides(strides.begin(), strides.end()), none, none,
        ov::Strides(dilations.begin(), dilations.end()), padding);
  }

  Result<GraphOutput> Gate(const GraphOutput& z) {
    return CellActivation(context_, "recurrent_activation", z);
  }

  LayerContext& context_;
  ConvSettings settings_;
  GraphOutput kernel_;
  GraphOutput recurrent_kernel_;
  std::optional<GraphOutput> bias_;
};

}  // namespace

Result<std::unique_ptr<RecurrentCell>> MakeConvLstmCell(LayerContext& context, const Value& x) {
  const std::string& class_name = context.layer().class_name;
  const std::int64_t rank = class_name == "ConvLSTM1D" ? 1 : class_name == "ConvLSTM2D" ? 2 : 3;
  if (RankOf(x.output) != rank + 3) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("takes an input of {} dimensions; is called with {}", rank + 3,
                                    ShapeOf(x.output).ToString()));
  }
  SIDECAR_ASSIGN_OR_RETURN(const ConvSettings settings, ReadSettings(context, rank));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t channels,
                           KnownSize(context, x, settings.channels_first ? 2 : rank + 2));
  const auto kernel_shape = [&settings](std::int64_t inputs) {
    std::vector<std::int64_t> sizes = settings.kernel_size;
    sizes.push_back(inputs);
    sizes.push_back(4 * settings.filters);
    return Shape(std::move(sizes));
  };
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel,
                           context.Variable({.name = "kernel",
                                             .shape = kernel_shape(channels),
                                             .regularizer = "kernel_regularizer"}));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput recurrent_kernel,
                           context.Variable({.name = "recurrent_kernel",
                                             .shape = kernel_shape(settings.filters),
                                             .regularizer = "recurrent_regularizer"}));
  SIDECAR_ASSIGN_OR_RETURN(const bool use_bias, context.config().Bool("use_bias", true));
  std::optional<GraphOutput> bias;
  if (use_bias) {
    SIDECAR_ASSIGN_OR_RETURN(bias, context.Variable({.name = "bias",
                                                     .shape = {4 * settings.filters},
                                                     .regularizer = "bias_regularizer"}));
  }
  return std::unique_ptr<RecurrentCell>(
      std::make_unique<ConvLstmCell>(context, settings, kernel, recurrent_kernel, bias));
}

}  // namespace sidecar::model::keras
