// What the attention layers share.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "model/keras/layer_context.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// A boolean call argument; false where it is absent. kDataLoss for anything but true and false.
Result<bool> FlagArgument(const LayerContext& context,
                          std::initializer_list<std::string_view> names);

/// A tensor call argument, given as a tensor or as a constant array; nothing where it is absent.
Result<std::optional<Value>> TensorArgument(const LayerContext& context,
                                            std::initializer_list<std::string_view> names);

/// Where both masks are true; an absent one is true everywhere.
std::optional<GraphOutput> BothMasks(const std::optional<GraphOutput>& a,
                                     const std::optional<GraphOutput>& b);

/// [rows, columns], boolean: column <= row. Sizes are i64 scalars.
GraphOutput CausalMask(const GraphOutput& rows, const GraphOutput& columns);
/// [rows, columns], boolean: |column - row| < window.
GraphOutput WindowMask(const GraphOutput& rows, const GraphOutput& columns, std::int64_t window);

/// How masked scores are kept from contributing. The ways differ for rows that are masked as a
/// whole.
enum class MaskedScores : std::uint8_t {
  kShifted,   ///< -1e9 is added (Keras 2)
  kReplaced,  ///< -1e9 takes their place (Keras 2, `softmax_robust_masking`)
  kZeroed,    ///< -1e9 takes their place, and 0 that of their results (Keras 3's Softmax layer)
  kLowest,    ///< the lowest float takes their place (keras.ops.dot_product_attention)
};

/// What attention works on.
struct AttentionInput {
  GraphOutput query;  ///< [batch, …, rows, size]
  GraphOutput key;    ///< [batch, …, columns, size]
  GraphOutput value;  ///< [batch, …, columns, value size]
  double scale = 1;   ///< of the scores
  /// Broadcast to the scores, after their last dimensions are split as `rows` and `columns` say.
  /// Boolean, or with kShifted of any type: 1 keeps a score, 0 masks it.
  std::optional<GraphOutput> mask = std::nullopt;
  MaskedScores masked = MaskedScores::kShifted;
  /// The dimensions, as one i64 vector each, that the rows and the columns stand for; absent where
  /// it is one.
  std::optional<GraphOutput> rows = std::nullopt;
  std::optional<GraphOutput> columns = std::nullopt;
  std::int64_t dimensions = 1;  ///< how many those are
};

struct AttentionOutput {
  GraphOutput output;  ///< [batch, …, rows, value size]
  GraphOutput scores;  ///< [batch, …, rows…, columns…], after the softmax
};

/// softmax(query · keyᵀ · scale) · value, step by step.
AttentionOutput Attend(const AttentionInput& input);

/// The same as one operation, for inputs of rank 4 and any way of masking but kZeroed.
GraphOutput AttendFused(const AttentionInput& input);

}  // namespace sidecar::model::keras
