// What becomes of masks between the layers of a graph.
//
// Keras keeps a mask as an attribute of a tensor: boolean, [batch, time] for a tensor
// [batch, time, ...], false where a step is padding. tf_keras/src/engine/base_layer.py
// `_set_mask_metadata` and keras/src/layers/layer.py `__call__` pass it on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/keras/layer_context.h"
#include "model/keras/layer_table.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Puts the masks that a layer is called with, its argument `mask`, in the place of the inputs'
/// own: a tensor is the first input's, a list has one for each of the first inputs; null changes
/// nothing. `layer` names the layer in messages. kUnimplemented for masks that are constants or of
/// a floating type.
Status TakeMaskArgument(const std::string& layer, const Argument* argument, Values& inputs);

/// Sets the masks of a layer's outputs as `rule` says; none but kSetsMask leaves them as they are.
void ApplyMaskRule(const LayerContext& context, MaskRule rule, const Values& inputs,
                   Values& outputs);

/// The mask of a concatenation along `axis`, counted from the front: true where the masks of all
/// (Keras 2) or any (Keras 3) of what is concatenated there are. `inputs` in the layout that the
/// layer sees.
std::optional<GraphOutput> ConcatenatedMask(const LayerContext& context, const Values& inputs,
                                            std::int64_t axis);

/// The mask with dimensions of size 1 added at its end, so that it can be broadcast with a value of
/// `rank` dimensions.
GraphOutput MaskForRank(const GraphOutput& mask, std::int64_t rank);

/// As boolean: whether each element of `value` is not zero.
GraphOutput AsBoolean(const GraphOutput& value);

GraphOutput Both(const GraphOutput& a, const GraphOutput& b);    ///< logical and
GraphOutput Either(const GraphOutput& a, const GraphOutput& b);  ///< logical or

}  // namespace sidecar::model::keras
