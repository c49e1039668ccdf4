#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/effective_kernel.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

Result<Values> LowerDense(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  const std::int64_t rank = RankOf(input.output);
  if (rank < 2) {
    return context.Fail(StatusCode::kFailedPrecondition, "needs an input of at least 2 dimensions");
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t units, config.PositiveInt("units"));
  SIDECAR_ASSIGN_OR_RETURN(const bool use_bias, config.Bool("use_bias", true));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, input, rank - 1));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel,
                           EffectiveKernel(context,
                                           {.name = "kernel",
                                            .shape = {size, units},
                                            .edges = {"kernel", "_kernel"},
                                            .regularizer = "kernel_regularizer"},
                                           "lora_kernel"));
  GraphOutput result = MatrixProduct(ToFloat(input.output), kernel);
  if (use_bias) {
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput bias,
        context.Variable({.name = "bias", .shape = {units}, .regularizer = "bias_regularizer"}));
    result = Plus(result, bias);
  }
  SIDECAR_ASSIGN_OR_RETURN(Value output,
                           Activated(context, "activation", {result, input.dtype, input.mask}));
  return Values{std::move(output)};
}

}  // namespace sidecar::model::keras
