#include "model/keras/ops/op_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/reshape.hpp>

#include "base/status_macros.h"
#include "model/keras/constant_value.h"
#include "model/keras/dtype_policy.h"
#include "model/keras/graph_ops.h"
#include "model/keras/json_text.h"
#include "model/keras/ops/op_functions.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

struct Parameter {
  std::string_view theirs;
  std::string_view ours;
};

std::vector<Parameter> ParseParameters(std::string_view text) {
  std::vector<Parameter> parameters;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t colon = word.find(':');
    parameters.push_back(colon == std::string_view::npos
                             ? Parameter{word, word}
                             : Parameter{word.substr(0, colon), word.substr(colon + 1)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parameters;
}

// Our name of an argument that has this one, or a position.
std::string OurName(const std::string& name, const std::vector<Parameter>& parameters) {
  std::size_t position = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), position);
  if (error == std::errc() && end == name.data() + name.size()) {
    return position < parameters.size() ? std::string(parameters[position].ours) : name;
  }
  for (const Parameter& parameter : parameters) {
    if (parameter.theirs == name) return std::string(parameter.ours);
  }
  return name;
}

}  // namespace

OpCall::OpCall(LayerContext& context, const CallArguments& arguments, std::string_view parameters)
    : context_(context), constants_(std::make_unique<json>(json::object())) {
  const std::vector<Parameter> parsed = ParseParameters(parameters);
  for (const auto& argument : arguments.list) {
    arguments_.push_back({OurName(argument.name, parsed), argument.tree});
  }
  if (!context.is_keras2()) {
    for (const auto& item : context.config().object().items()) {
      if (item.value().is_null() || item.key() == "name") continue;
      arguments_.push_back({OurName(item.key(), parsed), {&item.value()}});
    }
  }
  for (const auto& argument : arguments_) {
    const json* constant = argument.tree.constant();
    if (constant != nullptr) (*constants_)[argument.name] = *constant;
  }
}

OpCall::~OpCall() = default;

const Argument* OpCall::Find(std::string_view name) {
  Ignore(name);
  for (const auto& argument : arguments_) {
    if (argument.name != name) continue;
    const json* constant = argument.tree.constant();
    return constant != nullptr && constant->is_null() ? nullptr : &argument.tree;
  }
  return nullptr;
}

Status OpCall::CheckAllUsed() const {
  for (const auto& argument : arguments_) {
    if (used_.find(argument.name) != used_.end()) continue;
    const json* constant = argument.tree.constant();
    if (constant != nullptr && constant->is_null()) continue;
    return Unsupported(fmt::format("the argument {} = {} is not supported", argument.name,
                                   constant == nullptr ? "a tensor" : Excerpt(*constant)));
  }
  return Status();
}

std::string OpCall::PathOf(std::string_view name) const {
  return fmt::format("{}: {}", context_.description(), name);
}

ConfigReader OpCall::Reader(std::string_view name) {
  Ignore(name);
  return {*constants_, context_.description() + ": the arguments"};
}

Result<Operand> OpCall::ToOperand(const Argument& argument, std::string_view name) const {
  if (const Argument::Items* items = argument.items(); items != nullptr && !items->empty()) {
    return Stacked(*items, name);
  }
  SIDECAR_ASSIGN_OR_RETURN(Value value, ToValue(argument, PathOf(name)));
  const json* constant = argument.constant();
  // In Keras 2 arrays lose their type too when they are saved.
  const bool weak = constant != nullptr && (is_keras2() || constant->is_number());
  return Operand{std::move(value), weak};
}

// TensorFlow makes one tensor of a list of tensors and numbers. The depth is that of the JSON.
Result<Operand> OpCall::Stacked(const Argument::Items& items, std::string_view name) const {
  Operands operands;
  for (const Argument& item : items) {
    SIDECAR_ASSIGN_OR_RETURN(Operand operand, ToOperand(item, name));
    operands.push_back(std::move(operand));
  }
  const DType dtype = ResultType(operands, is_keras2());
  ov::OutputVector parts;
  for (const Operand& operand : operands) {
    parts.push_back(Expanded(ConvertedTo(operand.output(), dtype), {0}));
  }
  return Operand{{std::make_shared<ov::op::v0::Concat>(parts, 0)->output(0), dtype}, false};
}

Result<Operand> OpCall::Tensor(std::string_view name) {
  SIDECAR_ASSIGN_OR_RETURN(std::optional<Operand> operand, OptionalTensor(name));
  if (operand) return *std::move(operand);
  return Fail(fmt::format("is called without the argument {}", name));
}

Result<std::optional<Operand>> OpCall::OptionalTensor(std::string_view name) {
  const Argument* argument = Find(name);
  if (argument == nullptr) return std::optional<Operand>();
  SIDECAR_ASSIGN_OR_RETURN(Operand operand, ToOperand(*argument, name));
  return std::optional<Operand>(std::move(operand));
}

Result<Operands> OpCall::Tensors(std::string_view name) {
  const Argument* argument = Find(name);
  if (argument == nullptr) return Fail(fmt::format("is called without the argument {}", name));
  Operands operands;
  if (const Argument::Items* items = argument->items()) {
    for (const Argument& item : *items) {
      SIDECAR_ASSIGN_OR_RETURN(Operand operand, ToOperand(item, name));
      operands.push_back(std::move(operand));
    }
  } else {
    SIDECAR_ASSIGN_OR_RETURN(Operand operand, ToOperand(*argument, name));
    operands.push_back(std::move(operand));
  }
  if (operands.empty()) return Fail(fmt::format("its {} is empty", name));
  return operands;
}

Result<Operands> OpCall::AllTensors() {
  Operands operands;
  for (std::size_t i = 0;; ++i) {
    SIDECAR_ASSIGN_OR_RETURN(auto operand, OptionalTensor(std::to_string(i)));
    if (!operand) return operands;
    operands.push_back(*std::move(operand));
  }
}

Result<std::int64_t> OpCall::Int(std::string_view name, std::optional<std::int64_t> otherwise) {
  return Reader(name).Int(name, otherwise);
}
Result<bool> OpCall::Bool(std::string_view name, std::optional<bool> otherwise) {
  return Reader(name).Bool(name, otherwise);
}
Result<double> OpCall::Number(std::string_view name, std::optional<double> otherwise) {
  return Reader(name).Number(name, otherwise);
}
Result<double> OpCall::AnyNumber(std::string_view name, std::optional<double> otherwise) {
  return Reader(name).AnyNumber(name, otherwise);
}
Result<std::string> OpCall::Text(std::string_view name, std::optional<std::string> otherwise) {
  return Reader(name).String(name, std::move(otherwise));
}

Result<std::optional<std::vector<std::int64_t>>> OpCall::Ints(std::string_view name) {
  using Optional = std::optional<std::vector<std::int64_t>>;
  const Argument* argument = Find(name);
  if (argument == nullptr) return Optional();
  if (argument->constant() == nullptr) {
    return Unsupported(
        fmt::format("the argument {} is a tensor; only constants are supported", name));
  }
  SIDECAR_ASSIGN_OR_RETURN(auto ints, Reader(name).Ints(name));
  return Optional(std::move(ints));
}

Result<const json*> OpCall::Constant(std::string_view name) {
  const Argument* argument = Find(name);
  const json* constant = argument == nullptr ? nullptr : argument->constant();
  if (constant != nullptr) return constant;
  return Unsupported(fmt::format("the argument {} is not a constant", name));
}

Result<DType> OpCall::Type(std::string_view name, std::optional<DType> otherwise) {
  const Argument* argument = Find(name);
  if (argument == nullptr && otherwise) return *otherwise;
  SIDECAR_ASSIGN_OR_RETURN(const json* const constant, Constant(name));
  const auto policy = ReadDTypePolicy(constant);
  if (policy && constant->is_string()) return policy->compute;
  return Reader(name).Wrong(name, "a numeric type");
}

Result<GraphOutput> OpCall::IntVector(std::string_view name) {
  SIDECAR_ASSIGN_OR_RETURN(const Operands operands, Tensors(name));
  ov::OutputVector parts;
  for (const Operand& operand : operands) {
    if (operand.value.output.get_element_type() == ov::element::f32 ||
        RankOf(operand.output()) > 1) {
      return Fail(fmt::format("its {} is not a list of integers", name));
    }
    GraphOutput part = std::make_shared<ov::op::v0::Convert>(operand.output(), ov::element::i64);
    if (RankOf(part) == 0) part = Expanded(part, {0});
    parts.push_back(part);
  }
  if (parts.size() == 1) return parts.front();
  return std::make_shared<ov::op::v0::Concat>(parts, 0)->output(0);
}

Result<std::vector<std::int64_t>> OpCall::Axes(std::string_view name, std::int64_t rank) {
  SIDECAR_ASSIGN_OR_RETURN(auto ints, Ints(name));
  std::vector<std::int64_t> axes;
  if (!ints) {
    for (std::int64_t axis = 0; axis < rank; ++axis) axes.push_back(axis);
    return axes;
  }
  for (const std::int64_t axis : *ints) {
    const std::int64_t normal = axis < 0 ? axis + rank : axis;
    if (normal < 0 || normal >= rank || std::count(axes.begin(), axes.end(), normal) > 0) {
      return Fail(fmt::format("its {} names the dimension {}, of {}, or names one twice", name,
                              axis, rank));
    }
    axes.push_back(normal);
  }
  return axes;
}

Result<std::int64_t> OpCall::Axis(std::string_view name, std::int64_t rank,
                                  std::optional<std::int64_t> otherwise) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, Int(name, otherwise));
  const std::int64_t normal = axis < 0 ? axis + rank : axis;
  if (normal >= 0 && normal < rank) return normal;
  return Fail(fmt::format("its {} is {}; there are {} dimensions", name, axis, rank));
}

void OpCall::MixRowsOver(const std::vector<std::int64_t>& axes) {
  if (std::find(axes.begin(), axes.end(), 0) != axes.end()) MixRows();
}

}  // namespace sidecar::model::keras
