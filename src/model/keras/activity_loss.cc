#include "model/keras/activity_loss.h"

#include <nlohmann/json.hpp>
#include <openvino/op/abs.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <optional>
#include <vector>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/regularizer.h"

namespace sidecar::model::keras {
namespace {

// The sum over all dimensions but the first.
GraphOutput SumOfSamples(const GraphOutput& value) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 1; axis < RankOf(value); ++axis) axes.push_back(axis);
  if (axes.empty()) return value;
  return std::make_shared<ov::op::v1::ReduceSum>(value, IntConstant(axes), false);
}

Status AddTerms(LayerContext& context, const Regularizer& regularizer, const GraphOutput& output) {
  const GraphOutput value = ToFloat(output);
  if (regularizer.l1 != 0) {
    const GraphOutput sizes = std::make_shared<ov::op::v0::Abs>(value);
    SIDECAR_RETURN_IF_ERROR(context.AddLossTerm(
        Times(SumOfSamples(sizes), FloatConstant(static_cast<double>(regularizer.l1))),
        TermKind::kPerSample));
  }
  if (regularizer.l2 != 0) {
    SIDECAR_RETURN_IF_ERROR(
        context.AddLossTerm(Times(SumOfSamples(Times(value, value)),
                                  FloatConstant(static_cast<double>(regularizer.l2))),
                            TermKind::kPerSample));
  }
  return Status();
}

Result<std::optional<Regularizer>> ReadActivity(const LayerContext& context,
                                                const LayerObject& layer) {
  const ConfigReader& config = context.config();
  if (layer.class_name == "ActivityRegularization") {
    Regularizer regularizer;
    SIDECAR_ASSIGN_OR_RETURN(const double l1, config.Number("l1", 0));
    SIDECAR_ASSIGN_OR_RETURN(const double l2, config.Number("l2", 0));
    regularizer.l1 = static_cast<float>(l1);
    regularizer.l2 = static_cast<float>(l2);
    return std::optional<Regularizer>(regularizer);
  }
  if (!config.Has("activity_regularizer")) return std::optional<Regularizer>();
  const auto regularizer = ReadRegularizer(*config.Find("activity_regularizer"));
  if (!regularizer || regularizer->orthogonal != 0) {
    return context.Fail(StatusCode::kUnimplemented,
                        "its activity_regularizer is not L1, L2 or L1L2");
  }
  return regularizer;
}

}  // namespace

Status AddActivityLoss(LayerContext& context, const LayerObject& layer, const Values& outputs) {
  SIDECAR_ASSIGN_OR_RETURN(const std::optional<Regularizer> regularizer,
                           ReadActivity(context, layer));
  if (!regularizer || regularizer->empty()) return Status();
  // keras/src/layers/rnn/time_distributed.py calls its layer's `call`, which adds nothing.
  const LayerObject* whole = context.whole();
  if (!context.is_keras2() && whole != nullptr && whole->class_name == "TimeDistributed") {
    return Status();
  }
  for (const Value& output : outputs) {
    if (output.dtype == DType::kString) continue;
    SIDECAR_RETURN_IF_ERROR(AddTerms(context, *regularizer, output.output));
  }
  return Status();
}

}  // namespace sidecar::model::keras
