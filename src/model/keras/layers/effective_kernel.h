// Kernels that LoRA adapts.
#pragma once

#include <string_view>

#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

/// The variable as the layer uses it: with config.lora_rank, kernel + lora_alpha / lora_rank * a *
/// b, where a is like the kernel with `lora_rank` as its last size, and b is [lora_rank, last
/// size]. Archives hold the sum as the kernel, and neither a nor b. Source:
/// keras/src/layers/core/dense.py, `kernel` and `enable_lora`.
Result<GraphOutput> EffectiveKernel(LayerContext& context, VariableSpec spec,
                                    std::string_view attribute);

}  // namespace sidecar::model::keras
