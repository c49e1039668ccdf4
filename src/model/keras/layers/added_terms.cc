// Keras 2's layers for `add_loss` and `add_metric` of a functional model. Nothing takes their
// outputs, which may lack the batch: they have none here.
#include <openvino/op/reduce_mean.hpp>
#include <vector>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

Result<Values> LowerAddLoss(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  // Keras adds up all losses of a model, which must be scalars then.
  if (RankOf(input.output) != 0) {
    return context.Fail(StatusCode::kUnimplemented, "add_loss with a value of the shape " +
                                                        ShapeOf(input.output).ToString() +
                                                        " is not supported; a scalar is");
  }
  SIDECAR_RETURN_IF_ERROR(context.AddLossTerm(ToFloat(input.output), TermKind::kPerBatch));
  return Values();
}

Result<Values> LowerAddMetric(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const std::string aggregation,
                           context.config().String("aggregation", ""));
  if (aggregation != "mean") {
    return context.Fail(StatusCode::kUnimplemented, "config.aggregation is '" + aggregation +
                                                        "', which is not supported; 'mean' is");
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::string name, context.config().String("metric_name"));
  GraphOutput value = ToFloat(input.output);
  if (RankOf(value) == 0 || SizeOf(value, 0) != Shape::kUnknown) {
    SIDECAR_RETURN_IF_ERROR(context.AddMetricTerm(name, value, TermKind::kPerBatch));
    return Values();
  }
  // Rows have as many values each, so that the mean over rows is the one over values.
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 1; axis < RankOf(value); ++axis) axes.push_back(axis);
  if (!axes.empty()) {
    value = std::make_shared<ov::op::v1::ReduceMean>(value, IntConstant(axes), false);
  }
  SIDECAR_RETURN_IF_ERROR(context.AddMetricTerm(name, value, TermKind::kPerSample));
  return Values();
}

}  // namespace sidecar::model::keras
