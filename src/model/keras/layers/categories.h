// What the categorical preprocessing layers share: their output modes, and how numbers of
// categories become vectors.
#pragma once

#include <cstdint>
#include <optional>

#include "model/host/lookup.h"
#include "model/keras/layer_context.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

enum class OutputMode : std::uint8_t { kInt, kOneHot, kMultiHot, kCount, kTfIdf };

/// config.output_mode; kDataLoss for a name that Keras does not have.
Result<OutputMode> ReadOutputMode(const LayerContext& context, OutputMode otherwise);

/// The most categories that are encoded as vectors.
inline constexpr std::int64_t kMostCategories = std::int64_t{1} << 24;

/// Category numbers as Keras's `encode_categorical_inputs` encodes them, in `depth` f32 numbers;
/// under kInt the numbers themselves. Numbers outside of 0 … depth - 1 count as none. `weights` are
/// added up in the place of ones (kCount and kTfIdf). kUnimplemented for ranks that Keras does not
/// take, or takes as a batch of one sample, kFailedPrecondition for too many categories.
Result<Value> EncodeCategories(const LayerContext& context, const Value& numbers, OutputMode mode,
                               std::int64_t depth,
                               const std::optional<GraphOutput>& weights = std::nullopt);

/// config.num_bins.
Result<std::int64_t> ReadNumBins(const LayerContext& context);

/// config.salt: one number or two; without it the hash has no key.
Result<BucketHash> ReadHash(const LayerContext& context);

/// A failure that says that the input is not known before the graph runs.
Status NotOnHost(const LayerContext& context);

}  // namespace sidecar::model::keras
