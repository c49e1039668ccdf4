#include "model/keras/layers/effective_kernel.h"

#include <fmt/format.h>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {

Result<GraphOutput> EffectiveKernel(LayerContext& context, VariableSpec spec,
                                    std::string_view attribute) {
  const ConfigReader& config = context.config();
  if (!config.Has("lora_rank")) return context.Variable(std::move(spec));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t rank, config.PositiveInt("lora_rank"));
  SIDECAR_ASSIGN_OR_RETURN(const double alpha,
                           config.Number("lora_alpha", static_cast<double>(rank)));
  std::vector<std::int64_t> a_shape = spec.shape.sizes();
  const std::int64_t last = a_shape.back();
  a_shape.back() = rank;
  const VariableSpec a_spec{.name = fmt::format("{}_a", attribute),
                            .shape = Shape(a_shape),
                            .regularizer = spec.regularizer,
                            .dtype = DType::kFloat32,
                            .archived = false};
  VariableSpec b_spec = a_spec;
  b_spec.name = fmt::format("{}_b", attribute);
  b_spec.shape = {rank, last};
  spec.frozen = true;
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel, context.Variable(std::move(spec)));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput a, context.Variable(a_spec));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput b, context.Variable(b_spec));
  const GraphOutput scale = FloatConstant(alpha / static_cast<double>(rank));
  return Plus(kernel, Times(scale, MatrixProduct(a, b)));
}

}  // namespace sidecar::model::keras
