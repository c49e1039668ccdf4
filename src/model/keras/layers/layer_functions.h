// The lowerings of Keras's layers, and the table of them.
#pragma once

#include "model/keras/layer_context.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

/// All layers: LAYER(class name, function, in which Kerases, effect on the values). A new layer is
/// a line here and a function in a source of this folder.
#define SIDECAR_KERAS_LAYERS(LAYER)                                                   \
  LAYER(Activation, LowerActivation, kBothKerases, kComputes)                         \
  LAYER(Add, LowerAdd, kBothKerases, kComputes)                                       \
  LAYER(AveragePooling2D, LowerAveragePooling2D, kBothKerases, kComputes)             \
  LAYER(BatchNormalization, LowerBatchNormalization, kBothKerases, kComputes)         \
  LAYER(Concatenate, LowerConcatenate, kBothKerases, kComputes)                       \
  LAYER(Conv2D, LowerConv2D, kBothKerases, kComputes)                                 \
  LAYER(Dense, LowerDense, kBothKerases, kComputes)                                   \
  LAYER(DepthwiseConv2D, LowerDepthwiseConv2D, kBothKerases, kComputes)               \
  LAYER(Dropout, LowerDropout, kBothKerases, kIdentity)                               \
  LAYER(Embedding, LowerEmbedding, kBothKerases, kComputes)                           \
  LAYER(Flatten, LowerFlatten, kBothKerases, kComputes)                               \
  LAYER(GlobalAveragePooling2D, LowerGlobalAveragePooling2D, kBothKerases, kComputes) \
  LAYER(GlobalMaxPooling2D, LowerGlobalMaxPooling2D, kBothKerases, kComputes)         \
  LAYER(LayerNormalization, LowerLayerNormalization, kBothKerases, kComputes)         \
  LAYER(LeakyReLU, LowerLeakyReLU, kBothKerases, kComputes)                           \
  LAYER(MaxPooling2D, LowerMaxPooling2D, kBothKerases, kComputes)                     \
  LAYER(Multiply, LowerMultiply, kBothKerases, kComputes)                             \
  LAYER(Normalization, LowerNormalization, kBothKerases, kComputes)                   \
  LAYER(ReLU, LowerReLU, kBothKerases, kComputes)                                     \
  LAYER(Rescaling, LowerRescaling, kBothKerases, kComputes)                           \
  LAYER(Reshape, LowerReshape, kBothKerases, kComputes)                               \
  LAYER(Softmax, LowerSoftmax, kBothKerases, kComputes)                               \
  LAYER(ZeroPadding2D, LowerZeroPadding2D, kBothKerases, kComputes)

namespace sidecar::model::keras {

/// Adds the operations of one call of a layer to the graph and returns its outputs. Inputs come
/// with the type the layer's policy computes in; the caller sets that of the outputs. Fails with
/// kDataLoss for a config that is not Keras's, kFailedPrecondition for inputs that do not fit,
/// kUnimplemented for what is not supported; may throw ov::Exception, which the caller turns into
/// kFailedPrecondition.
using LayerFunction = Result<Values> (*)(LayerContext& context, const Values& inputs);

#define SIDECAR_DECLARE_LAYER(class_name, function, kerases, effect) \
  Result<Values> function(LayerContext& context, const Values& inputs);
SIDECAR_KERAS_LAYERS(SIDECAR_DECLARE_LAYER)
#undef SIDECAR_DECLARE_LAYER

/// The input of a layer that takes one; kFailedPrecondition naming the layer for another number.
Result<Value> OnlyInput(const LayerContext& context, const Values& inputs);
/// As above, with `rank` dimensions, `layout` saying which ("[batch, height, width, channels]").
Result<Value> OnlyInput(const LayerContext& context, const Values& inputs, std::int64_t rank,
                        std::string_view layout);

/// `axis` counted from the front; kFailedPrecondition unless it is one of `rank`.
Result<std::int64_t> NormalizeAxis(const LayerContext& context, std::int64_t axis,
                                   std::int64_t rank);
Result<std::vector<std::int64_t>> NormalizeAxes(const LayerContext& context,
                                                const std::vector<std::int64_t>& axes,
                                                std::int64_t rank);

/// The size of a dimension that variables depend on; kFailedPrecondition where it is unknown.
Result<std::int64_t> KnownSize(const LayerContext& context, const Value& value, std::int64_t axis);

/// Whether config.data_format is "channels_first".
Result<bool> IsChannelsFirst(const LayerContext& context);

}  // namespace sidecar::model::keras
