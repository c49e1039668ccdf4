// MaxPooling2D, AveragePooling2D and their global forms.
#include <array>
#include <openvino/op/avg_pool.hpp>
#include <openvino/op/max_pool.hpp>
#include <openvino/op/reduce_max.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

struct Window {
  ov::Shape size;
  ov::Strides strides;
  ov::op::PadType padding = ov::op::PadType::VALID;
};

Result<Window> ReadWindow(const ConfigReader& config) {
  SIDECAR_ASSIGN_OR_RETURN(const auto size, config.Pair("pool_size", {{2, 2}}));
  SIDECAR_ASSIGN_OR_RETURN(const auto strides, config.Pair("strides", size));
  SIDECAR_ASSIGN_OR_RETURN(const std::string padding,
                           config.OneOf("padding", {"valid", "same"}, "valid"));
  Window window;
  for (std::size_t i = 0; i < size.size(); ++i) {
    window.size.push_back(static_cast<std::size_t>(size[i]));
    window.strides.push_back(static_cast<std::size_t>(strides[i]));
  }
  if (padding == "same") window.padding = ov::op::PadType::SAME_UPPER;
  return window;
}

GraphOutput MaxOf(const GraphOutput& image, const Window& window) {
  const ov::Shape none = {0, 0};
  return std::make_shared<ov::op::v1::MaxPool>(image, window.strides, none, none, window.size,
                                               ov::op::RoundingType::FLOOR, window.padding);
}

GraphOutput AverageOf(const GraphOutput& image, const Window& window) {
  const ov::Shape none = {0, 0};
  // Padding does not count: the average is over the real cells of each window.
  return std::make_shared<ov::op::v1::AvgPool>(image, window.strides, none, none, window.size, true,
                                               ov::op::RoundingType::FLOOR, window.padding);
}

template <class Pool>
Result<Values> LowerPooling(const LayerContext& context, const Values& inputs, const Pool& pool) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input,
                           OnlyInput(context, inputs, 4, "[batch, height, width, channels]"));
  SIDECAR_ASSIGN_OR_RETURN(const bool channels_first, IsChannelsFirst(context));
  SIDECAR_ASSIGN_OR_RETURN(const Window window, ReadWindow(context.config()));
  const GraphOutput image = ToFloat(input.output);
  if (channels_first) return Values{{pool(image, window)}};
  return Values{{ChannelsLast(pool(ChannelsFirst(image), window))}};
}

template <class Reduce>
Result<Values> LowerGlobalPooling(const LayerContext& context, const Values& inputs,
                                  const Reduce& reduce) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input,
                           OnlyInput(context, inputs, 4, "[batch, height, width, channels]"));
  SIDECAR_ASSIGN_OR_RETURN(const bool channels_first, IsChannelsFirst(context));
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, context.config().Bool("keepdims", false));
  const GraphOutput image = ToFloat(input.output);
  if (channels_first) return Values{{reduce(image, {2, 3}, keep)}};
  if (const auto before = BeforeChannelsLast(image)) {
    const GraphOutput result = reduce(*before, {2, 3}, keep);
    return Values{{keep ? ChannelsLast(result) : result}};
  }
  return Values{{reduce(image, {1, 2}, keep)}};
}

GraphOutput MaxOver(const GraphOutput& a, const std::vector<std::int64_t>& axes, bool keep) {
  return std::make_shared<ov::op::v1::ReduceMax>(a, IntConstant(axes), keep);
}

}  // namespace

Result<Values> LowerMaxPooling2D(LayerContext& context, const Values& inputs) {
  return LowerPooling(context, inputs, MaxOf);
}

Result<Values> LowerAveragePooling2D(LayerContext& context, const Values& inputs) {
  return LowerPooling(context, inputs, AverageOf);
}

Result<Values> LowerGlobalMaxPooling2D(LayerContext& context, const Values& inputs) {
  return LowerGlobalPooling(context, inputs, MaxOver);
}

Result<Values> LowerGlobalAveragePooling2D(LayerContext& context, const Values& inputs) {
  return LowerGlobalPooling(context, inputs, MeanOver);
}

}  // namespace sidecar::model::keras
