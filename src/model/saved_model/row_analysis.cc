#include "model/saved_model/row_analysis.h"

#include <algorithm>
#include <exception>
#include <openvino/op/log_softmax.hpp>
#include <openvino/op/softmax.hpp>
#include <openvino/op/util/arithmetic_reductions_keep_dims.hpp>
#include <openvino/op/util/logical_reduction_keep_dims.hpp>
#include <openvino/pass/constant_folding.hpp>
#include <openvino/pass/manager.hpp>
#include <set>
#include <string>

#include "model/saved_model/row_rules.h"

namespace sidecar::model::saved_model {
namespace {

/// Ops that work on each element by itself, with NumPy's broadcasting.
bool IsElementwise(std::string_view op) {
  static const std::set<std::string_view> kOps = {
      "Abs",        "Acos",        "Acosh",        "Add",
      "Asin",       "Asinh",       "Atan",         "Atanh",
      "Ceiling",    "Clamp",       "Convert",      "Cos",
      "Cosh",       "Divide",      "Elu",          "Equal",
      "Erf",        "Exp",         "Floor",        "FloorMod",
      "Gelu",       "Greater",     "GreaterEqual", "HSigmoid",
      "HSwish",     "HardSigmoid", "IsFinite",     "IsInf",
      "IsNaN",      "Less",        "LessEqual",    "Log",
      "LogicalAnd", "LogicalNot",  "LogicalOr",    "LogicalXor",
      "Maximum",    "Minimum",     "Mish",         "Mod",
      "Multiply",   "Negative",    "NotEqual",     "Power",
      "Relu",       "Round",       "Select",       "Selu",
      "Sigmoid",    "Sign",        "Sin",          "Sinh",
      "SoftPlus",   "SoftSign",    "Sqrt",         "SquaredDifference",
      "Subtract",   "Swish",       "Tan",          "Tanh"};
  return kOps.contains(op);
}

/// Ops whose data, the first input, has the batch first and keeps it there.
bool IsBatchedByDesign(std::string_view op) {
  static const std::set<std::string_view> kOps = {"AvgPool",
                                                  "BatchNormInference",
                                                  "Convolution",
                                                  "ConvolutionBackpropData",
                                                  "DepthToSpace",
                                                  "GroupConvolution",
                                                  "GroupConvolutionBackpropData",
                                                  "MaxPool",
                                                  "SpaceToDepth"};
  return kOps.contains(op);
}

}  // namespace

bool RowRules::Run() {
  for (const std::shared_ptr<ov::Node>& node : graph_.get_ordered_ops())
    states_[node.get()] = Visit(*node);
  const ov::ResultVector& results = graph_.get_results();
  return std::all_of(results.begin(), results.end(), [&](const auto& result) {
    const State state = states_.at(result.get());
    return state.rows() && state.axis == 0 && state.group == 1;
  });
}

State RowRules::Of(const ov::Node& node, std::size_t input) const {
  return states_.at(node.get_input_node_ptr(input));
}

State RowRules::Visit(const ov::Node& node) const {
  const std::string_view op = node.get_type_name();
  if (op == "Parameter") return Rows(0);
  bool all_fixed = true;
  bool all_fixed_or_count = true;
  for (std::size_t i = 0; i < node.get_input_size(); ++i) {
    const State state = Of(node, i);
    all_fixed = all_fixed && state.fixed();
    all_fixed_or_count = all_fixed_or_count && (state.fixed() || state.kind == kCount.kind);
  }
  if (all_fixed) return kFixed;
  if (op == "ShapeOf") return kCount;
  const bool whole_numbers =
      node.get_output_size() == 1 && node.get_output_element_type(0).is_integral_number();
  if (all_fixed_or_count && whole_numbers && op != "Broadcast") return kCount;
  if (node.get_output_size() != 1 && op != "MaxPool" && op != "Split" && op != "VariadicSplit")
    return kMixed;
  return VisitKnown(node, op);
}

State RowRules::VisitKnown(const ov::Node& node, std::string_view op) const {
  // A conversion to the type, not the value, of the second input.
  if (op == "Result" || op == "ConvertLike") return Of(node, 0);
  if (IsElementwise(op)) return Elementwise(node);
  if (IsBatchedByDesign(op)) return BatchedByDesign(node);
  if (const auto* matmul = ov::as_type<const ov::op::v0::MatMul>(&node)) return MatMul(*matmul);
  if (const auto* einsum = ov::as_type<const ov::op::v7::Einsum>(&node)) return Einsum(*einsum);
  if (const auto* reduce = ov::as_type<const ov::op::util::ArithmeticReductionKeepDims>(&node))
    return Reduce(node, reduce->get_keep_dims());
  if (const auto* reduce = ov::as_type<const ov::op::util::LogicalReductionKeepDims>(&node))
    return Reduce(node, reduce->get_keep_dims());
  if (const auto* concat = ov::as_type<const ov::op::v0::Concat>(&node)) return Concat(*concat);
  if (const auto* gather = ov::as_type<const ov::op::util::GatherBase>(&node))
    return Gather(*gather);
  if (const auto* slice = ov::as_type<const ov::op::v1::StridedSlice>(&node))
    return StridedSlice(*slice);
  if (op == "Reshape") return Reshape(node);
  if (op == "Transpose") return Transpose(node);
  if (op == "Squeeze") return Squeeze(node, true);
  if (op == "Unsqueeze") return Squeeze(node, false);
  if (op == "Broadcast") return Broadcast(node);
  if (op == "Pad") return Pad(node);
  if (op == "Split" || op == "VariadicSplit" || op == "CumSum" || op == "MVN")
    return AlongAxis(node, 1);
  return Softmax(node);
}

State RowRules::BatchedByDesign(const ov::Node& node) const {
  for (std::size_t i = 1; i < node.get_input_size(); ++i) {
    if (!Of(node, i).fixed()) return kMixed;
  }
  return Of(node, 0).rows() && Of(node, 0).axis == 0 ? Of(node, 0) : kMixed;
}

State RowRules::Softmax(const ov::Node& node) const {
  const State data = Of(node, 0);
  const std::optional<std::size_t> rank = RankOf(node.get_input_partial_shape(0));
  std::optional<std::int64_t> axis;
  if (const auto* softmax = ov::as_type<const ov::op::v8::Softmax>(&node))
    axis = softmax->get_axis();
  if (const auto* softmax = ov::as_type<const ov::op::v1::Softmax>(&node))
    axis = static_cast<std::int64_t>(softmax->get_axis());
  if (const auto* softmax = ov::as_type<const ov::op::v5::LogSoftmax>(&node))
    axis = softmax->get_axis();
  if (!axis || !rank || !data.rows()) return kMixed;
  if (*axis < 0) *axis += static_cast<std::int64_t>(*rank);
  return *axis == static_cast<std::int64_t>(data.axis) ? kMixed : data;
}

State RowRules::Elementwise(const ov::Node& node) const {
  const std::optional<std::size_t> rank = RankOf(node.get_output_partial_shape(0));
  if (!rank) return kMixed;
  std::optional<std::size_t> axis;
  std::int64_t group = 0;
  for (std::size_t i = 0; i < node.get_input_size(); ++i) {
    const State state = Of(node, i);
    const std::optional<std::size_t> own_rank = RankOf(node.get_input_partial_shape(i));
    if (!own_rank || *own_rank > *rank) return kMixed;
    if (state.fixed()) continue;
    if (!state.rows()) return kMixed;
    const std::size_t aligned = Aligned(state.axis, *own_rank, *rank);
    const bool same_groups = group == state.group || group == 0 || state.group == 0;
    if ((axis && *axis != aligned) || !same_groups) return kMixed;
    axis = aligned;
    group = std::max(group, state.group);
  }
  for (std::size_t i = 0; axis && i < node.get_input_size(); ++i) {
    // What is fixed must be the same for each row.
    const ov::PartialShape& shape = node.get_input_partial_shape(i);
    const std::size_t missing = *rank - *RankOf(shape);
    if (Of(node, i).fixed() && *axis >= missing && SizeAt(shape, *axis - missing) != 1)
      return kMixed;
  }
  return axis ? Rows(*axis, group) : kMixed;
}

State RowRules::MatMul(const ov::op::v0::MatMul& node) const {
  const std::optional<std::size_t> rank = RankOf(node.get_output_partial_shape(0));
  std::optional<std::size_t> axis;
  std::int64_t group = 1;
  for (std::size_t i = 0; i < 2; ++i) {
    const State state = Of(node, i);
    const std::optional<std::size_t> own_rank = RankOf(node.get_input_partial_shape(i));
    if (!rank || !own_rank || *own_rank < 2 || *own_rank > *rank) return kMixed;
    if (state.fixed()) continue;
    if (!state.rows()) return kMixed;
    const bool is_stack = state.axis + 2 < *own_rank;
    // The rows of the left matrix are rows of the product.
    const bool is_row = i == 0 && state.axis + 2 == *own_rank && !node.get_transpose_a();
    if (!is_stack && !is_row) return kMixed;
    const std::size_t aligned = Aligned(state.axis, *own_rank, *rank);
    if (axis && (*axis != aligned || group != state.group)) return kMixed;
    axis = aligned;
    group = state.group;
  }
  for (std::size_t i = 0; axis && *axis + 2 < *rank && i < 2; ++i) {
    const ov::PartialShape& shape = node.get_input_partial_shape(i);
    const std::size_t missing = *rank - *RankOf(shape);
    if (Of(node, i).fixed() && *axis >= missing && SizeAt(shape, *axis - missing) != 1)
      return kMixed;
  }
  return axis ? Rows(*axis, group) : kMixed;
}

State RowRules::Einsum(const ov::op::v7::Einsum& node) const {
  std::vector<std::string> inputs;
  std::string output;
  ov::op::v7::Einsum::parse_equation(node.get_equation(), inputs, output);
  std::optional<char> label;
  std::int64_t group = 1;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const State state = Of(node, i);
    if (inputs[i].find('.') != std::string::npos) return kMixed;
    if (state.fixed()) continue;
    if (!state.rows() || state.axis >= inputs[i].size()) return kMixed;
    const char own = inputs[i][state.axis];
    if ((label && (*label != own || group != state.group)) ||
        std::count(inputs[i].begin(), inputs[i].end(), own) != 1)
      return kMixed;
    label = own;
    group = state.group;
  }
  if (!label) return kMixed;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool has_label = inputs[i].find(*label) != std::string::npos;
    if (Of(node, i).fixed() == has_label) return kMixed;
  }
  const std::size_t axis = output.find(*label);
  return axis == std::string::npos ? kMixed : Rows(axis, group);
}

State RowRules::Reduce(const ov::Node& node, bool keep_dims) const {
  const State data = Of(node, 0);
  const std::optional<std::size_t> rank = RankOf(node.get_input_partial_shape(0));
  if (!data.rows() || !rank) return kMixed;
  const auto axes = Axes(node, 1, *rank);
  if (!axes || Contains(*axes, data.axis)) return kMixed;
  if (keep_dims) return data;
  const auto before =
      std::count_if(axes->begin(), axes->end(), [&](std::size_t axis) { return axis < data.axis; });
  return Rows(data.axis - static_cast<std::size_t>(before), data.group);
}

/// Ops that work along axes other than the batch.
State RowRules::AlongAxis(const ov::Node& node, std::size_t axis_input) const {
  const State data = Of(node, 0);
  const std::optional<std::size_t> rank = RankOf(node.get_input_partial_shape(0));
  const auto axes = rank ? Axes(node, axis_input, *rank) : std::nullopt;
  for (std::size_t i = 1; i < node.get_input_size(); ++i) {
    if (!Of(node, i).fixed()) return kMixed;
  }
  return data.rows() && axes && !Contains(*axes, data.axis) ? data : kMixed;
}

bool AreRowsIndependent(const ov::Model& graph) noexcept {
  try {
    // Sizes and axes that are computed from what is known become constants.
    const std::shared_ptr<ov::Model> folded = graph.clone();
    ov::pass::Manager manager;
    manager.register_pass<ov::pass::ConstantFolding>();
    manager.run_passes(folded);
    return RowRules(*folded).Run();
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace sidecar::model::saved_model
