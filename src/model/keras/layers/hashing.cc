// Hashing and HashedCrossing.
#include <fmt/format.h>

#include <utility>

#include "base/status_macros.h"
#include "model/host/preprocessing.h"
#include "model/keras/layers/categories.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

Result<HostFunctionPtr> MakeHashing(const LayerContext& context, DType dtype, std::int64_t count) {
  SIDECAR_ASSIGN_OR_RETURN(const BucketHash hash, ReadHash(context));
  const ConfigReader& config = context.config();
  const bool masks = config.Has("mask_value");
  if (dtype == DType::kString) {
    Bins<std::string> bins{count, hash};
    if (masks) {
      SIDECAR_ASSIGN_OR_RETURN(bins.mask, config.String("mask_value"));
    }
    return BinsOfStrings(std::move(bins));
  }
  if (IsFloating(dtype)) {
    Bins<float> bins{count, hash};
    if (masks) {
      SIDECAR_ASSIGN_OR_RETURN(const double mask, config.Number("mask_value"));
      bins.mask = static_cast<float>(mask);
    }
    return BinsOfFloats(bins);
  }
  Bins<std::int64_t> bins{count, hash};
  if (masks) {
    SIDECAR_ASSIGN_OR_RETURN(bins.mask, config.Int("mask_value"));
  }
  return BinsOfIntegers(bins);
}

}  // namespace

Result<Values> LowerHashing(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t count, ReadNumBins(context));
  SIDECAR_ASSIGN_OR_RETURN(const OutputMode mode, ReadOutputMode(context, OutputMode::kInt));
  if (!input.host) return NotOnHost(context);
  if (input.dtype == DType::kBool || (context.is_keras2() && IsFloating(input.dtype))) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("takes strings or integers; is called with {}", DTypeName(input.dtype)));
  }
  SIDECAR_ASSIGN_OR_RETURN(HostFunctionPtr function, MakeHashing(context, input.dtype, count));
  const Value bins =
      context.RunOnHost(std::move(function), {input}, {DType::kInt64, input.host->shape});
  SIDECAR_ASSIGN_OR_RETURN(const Value output, EncodeCategories(context, bins, mode, count));
  return Values{output};
}

Result<Values> LowerHashedCrossing(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t count, ReadNumBins(context));
  SIDECAR_ASSIGN_OR_RETURN(const OutputMode mode, ReadOutputMode(context, OutputMode::kInt));
  if (inputs.size() < 2) {
    return context.Fail(StatusCode::kFailedPrecondition, "is called with less than two inputs");
  }
  Values columns;
  for (const Value& input : inputs) {
    if (!input.host) return NotOnHost(context);
    const Shape& shape = input.host->shape;
    const bool fits = shape.rank() == 0 || (shape.rank() == 1 && shape[0] == 1);
    if (!fits || shape != inputs.front().host->shape ||
        !(input.dtype == DType::kString || IsInteger(input.dtype))) {
      return context.Fail(
          StatusCode::kFailedPrecondition,
          fmt::format("takes strings or integers, all of shape [batch] or [batch, 1]; is called "
                      "with {} of shape {}",
                      DTypeName(input.dtype), shape.WithFirst(Shape::kUnknown).ToString()));
    }
    columns.push_back(input);
  }
  const Value bins =
      context.RunOnHost(CrossedBins(count), columns, {DType::kInt64, inputs.front().host->shape});
  SIDECAR_ASSIGN_OR_RETURN(const Value output, EncodeCategories(context, bins, mode, count));
  return Values{output};
}

}  // namespace sidecar::model::keras
