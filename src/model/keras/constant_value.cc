#include "model/keras/constant_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <openvino/op/constant.hpp>

#include "base/status_macros.h"

namespace sidecar::model::keras {
namespace {

DType TypeOf(const NumberArray& numbers) {
  if (const DType named = DTypeFromName(numbers.dtype); named != DType::kInvalid) return named;
  if (numbers.kind == NumberArray::Kind::kBool && !numbers.values.empty()) return DType::kBool;
  if (numbers.kind == NumberArray::Kind::kFloat || numbers.values.empty()) return DType::kFloat32;
  const bool wide = std::any_of(numbers.values.begin(), numbers.values.end(),
                                [](double value) { return std::abs(value) > 2147483647.0; });
  return wide ? DType::kInt64 : DType::kInt32;
}

}  // namespace

ov::element::Type GraphValueType(DType dtype) {
  if (IsFloating(dtype)) return ov::element::f32;
  if (dtype == DType::kBool) return ov::element::boolean;
  const bool wide = dtype == DType::kInt64 || dtype == DType::kUint64 || dtype == DType::kUint32;
  return wide ? ov::element::i64 : ov::element::i32;
}

GraphOutput NumberConstant(const NumberArray& numbers, DType dtype) {
  const ov::element::Type type = GraphValueType(dtype);
  if (type == ov::element::f32) {
    std::vector<float> values;
    for (const double value : numbers.values) values.push_back(static_cast<float>(value));
    return std::make_shared<ov::op::v0::Constant>(type, ov::Shape(numbers.shape), values);
  }
  std::vector<std::int64_t> values;
  constexpr double kMost = 9e18;
  for (const double value : numbers.values) {
    const double whole = type == ov::element::boolean ? (value != 0 ? 1 : 0) : value;
    values.push_back(static_cast<std::int64_t>(std::clamp(whole, -kMost, kMost)));
  }
  return std::make_shared<ov::op::v0::Constant>(type, ov::Shape(numbers.shape), values);
}

Result<Value> ConstantValue(const nlohmann::json& constant, const std::string& where) {
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers, ReadNumbers(constant, where, true));
  const DType dtype = TypeOf(numbers);
  const bool finite = std::all_of(numbers.values.begin(), numbers.values.end(),
                                  [](double value) { return std::isfinite(value); });
  if (!finite && !IsFloating(dtype)) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{} has NaN or infinities in an array of {}; finite numbers are "
                              "allowed",
                              where, DTypeName(dtype)));
  }
  return Value{NumberConstant(numbers, dtype), dtype};
}

Result<Value> ToValue(const Argument& argument, const std::string& where) {
  if (const Value* tensor = argument.tensor()) return *tensor;
  if (const nlohmann::json* constant = argument.constant()) return ConstantValue(*constant, where);
  return Status(StatusCode::kDataLoss,
                fmt::format("{} is a list of tensors; one tensor is allowed", where));
}

}  // namespace sidecar::model::keras
