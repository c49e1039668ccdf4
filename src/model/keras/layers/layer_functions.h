// The lowerings of Keras's layers, and what they share. layers.inc has the table of them.
#pragma once

#include "model/keras/layer_context.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Adds the operations of one call of a layer to the graph and returns its outputs. Inputs come
/// with the type the layer's policy computes in; the caller sets that of the outputs, and their
/// masks where the table says so. Further arguments of the call: LayerContext::arguments(). Fails
/// with kDataLoss for a config that is not Keras's, kFailedPrecondition for inputs that do not fit,
/// kUnimplemented for what is not supported; may throw ov::Exception, which the caller turns into
/// kFailedPrecondition.
using LayerFunction = Result<Values> (*)(LayerContext& context, const Values& inputs);

#define SIDECAR_LAYER(class_name, function, ...) \
  Result<Values> function(LayerContext& context, const Values& inputs);
#include "model/keras/layers/layers.inc"  // one line for each layer
#undef SIDECAR_LAYER

/// The input of a layer that takes one; kFailedPrecondition naming the layer for another number.
Result<Value> OnlyInput(const LayerContext& context, const Values& inputs);
/// As above, with `rank` dimensions, `layout` saying which ("[batch, height, width, channels]").
Result<Value> OnlyInput(const LayerContext& context, const Values& inputs, std::int64_t rank,
                        std::string_view layout);

/// `axis` of config[key] counted from the front; kFailedPrecondition unless it is one of `rank`.
Result<std::int64_t> NormalizeAxis(const LayerContext& context, std::int64_t axis,
                                   std::int64_t rank, std::string_view key = "axis");
Result<std::vector<std::int64_t>> NormalizeAxes(const LayerContext& context,
                                                const std::vector<std::int64_t>& axes,
                                                std::int64_t rank);

/// The size of a dimension that variables depend on; kFailedPrecondition where it is unknown.
Result<std::int64_t> KnownSize(const LayerContext& context, const Value& value, std::int64_t axis);

/// Whether config.data_format is "channels_first".
Result<bool> IsChannelsFirst(const LayerContext& context);

}  // namespace sidecar::model::keras
