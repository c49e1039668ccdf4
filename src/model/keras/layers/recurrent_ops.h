// Graph operations that recurrent layers and wrappers share. All of them throw ov::Exception where
// shapes do not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/keras/value.h"

namespace sidecar::model::keras {

using GraphOutputs = std::vector<GraphOutput>;

/// Parts of equal size along `axis`.
GraphOutputs SplitEvenly(const GraphOutput& a, std::int64_t axis, std::size_t count);
/// Parts of the given sizes along `axis`.
GraphOutputs SplitInto(const GraphOutput& a, std::int64_t axis,
                       const std::vector<std::int64_t>& sizes);
/// The value without its dimension `axis`, whose size is 1.
GraphOutput Squeezed(const GraphOutput& a, std::int64_t axis);
/// In the opposite order along `axis`.
GraphOutput Reversed(const GraphOutput& a, std::int64_t axis);
/// The size of dimension `axis` when the graph runs: i64, shape [1].
GraphOutput RuntimeSize(const GraphOutput& a, std::int64_t axis);
/// f32 zeros of shape [rows, sizes...], where `rows` is an i64 value of shape [1].
GraphOutput Zeros(const GraphOutput& rows, const std::vector<std::int64_t>& sizes);

/// [batch, time, ...] as [batch * time, ...], and back with the batch and time of `like`.
GraphOutput MergeTime(const GraphOutput& a);
GraphOutput SplitTime(const GraphOutput& a, const GraphOutput& like);

}  // namespace sidecar::model::keras
