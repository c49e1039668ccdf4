#include <array>
#include <nlohmann/json.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/pad.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

constexpr std::string_view kAllowed =
    "an integer from 0 to 2147483647, a list of two, or two lists of two";

// Before and after, for height and width.
using Padding = std::array<std::array<std::int64_t, 2>, 2>;

bool IsSize(const nlohmann::json& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= 2147483647;
}

Result<Padding> ReadPadding(const ConfigReader& config) {
  const nlohmann::json* padding = config.Find("padding");
  if (padding == nullptr) return Padding{{{1, 1}, {1, 1}}};
  Padding result = {};
  if (IsSize(*padding)) {
    const auto all = padding->get<std::int64_t>();
    return Padding{{{all, all}, {all, all}}};
  }
  const nlohmann::json* sides = ListItems(*padding);
  if (sides == nullptr || sides->size() != 2) return config.Wrong("padding", kAllowed);
  for (std::size_t i = 0; i < 2; ++i) {
    const nlohmann::json& side = (*sides)[i];
    if (IsSize(side)) {
      result[i] = {side.get<std::int64_t>(), side.get<std::int64_t>()};
      continue;
    }
    const nlohmann::json* pair = ListItems(side);
    if (pair == nullptr || pair->size() != 2 || !IsSize((*pair)[0]) || !IsSize((*pair)[1])) {
      return config.Wrong("padding", kAllowed);
    }
    result[i] = {(*pair)[0].get<std::int64_t>(), (*pair)[1].get<std::int64_t>()};
  }
  return result;
}

GraphOutput Padded(const GraphOutput& image, const Padding& padding, std::size_t height_axis) {
  std::vector<std::int64_t> begin(4, 0);
  std::vector<std::int64_t> end(4, 0);
  for (std::size_t i = 0; i < 2; ++i) {
    begin[height_axis + i] = padding[i][0];
    end[height_axis + i] = padding[i][1];
  }
  const auto zero = ov::op::v0::Constant::create(image.get_element_type(), ov::Shape{}, {0});
  return std::make_shared<ov::op::v1::Pad>(image, IntConstant(begin), IntConstant(end), zero,
                                           ov::op::PadMode::CONSTANT);
}

}  // namespace

Result<Values> LowerZeroPadding2D(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input,
                           OnlyInput(context, inputs, 4, "[batch, height, width, channels]"));
  SIDECAR_ASSIGN_OR_RETURN(const bool channels_first, IsChannelsFirst(context));
  SIDECAR_ASSIGN_OR_RETURN(const Padding padding, ReadPadding(context.config()));
  if (channels_first) return Values{{Padded(input.output, padding, 2)}};
  if (const auto before = BeforeChannelsLast(input.output)) {
    return Values{{ChannelsLast(Padded(*before, padding, 2))}};
  }
  return Values{{Padded(input.output, padding, 1)}};
}

}  // namespace sidecar::model::keras
