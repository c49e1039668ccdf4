// Which operations are supported.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/keras/model_description.h"
#include "model/keras/ops/op_call.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Adds one call of an operation to the graph and returns its results with their Keras types.
/// Fails as LayerFunction does; may throw ov::Exception.
using OpFunction = Result<Values> (*)(OpCall& call);

struct OpEntry {
  /// Of keras.ops: "numpy", "nn", …; of TensorFlow: "tf".
  std::string_view family;
  /// The class of keras.ops, or TensorFlow's canonical name without "compat.v1.".
  std::string_view name;
  OpFunction function = nullptr;
  std::string_view parameters;  ///< as OpCall has them
};

/// Whether the class, module and registered name are those of an operation: Keras 3 has modules of
/// them, Keras 2 a layer class.
bool IsOperation(const LayerObject& layer);

/// The entry for an operation, or null.
const OpEntry* FindOp(const LayerObject& operation);

/// An operation of Keras 3 that is not supported.
struct RefusedOp {
  std::string_view family;
  std::string_view name;
  std::string_view reason;  ///< a clause: "there are no complex numbers"
};
[[nodiscard]] std::span<const RefusedOp> RefusedOps();
/// Why an operation is refused; empty where it is unknown.
[[nodiscard]] std::string_view RefusalOfOp(const LayerObject& operation);

/// What messages call an operation: "tf.math.cosh", "keras.ops.numpy.Kron".
[[nodiscard]] std::string OpName(const LayerObject& operation);

/// All entries, family by family.
[[nodiscard]] std::vector<OpEntry> AllOps();

/// The table of each source of this folder; an operation is a line in one of them.
std::span<const OpEntry> ElementwiseOps();
std::span<const OpEntry> BinaryOps();
std::span<const OpEntry> ReductionOps();
std::span<const OpEntry> ScanOps();
std::span<const OpEntry> ShapeOps();
std::span<const OpEntry> JoinOps();
std::span<const OpEntry> CreationOps();
std::span<const OpEntry> IndexingOps();
std::span<const OpEntry> ProductOps();
std::span<const OpEntry> ActivationOps();
std::span<const OpEntry> NnOps();
std::span<const OpEntry> ImageOps();
std::span<const OpEntry> ConvolutionOps();
std::span<const OpEntry> PoolingOps();
std::span<const OpEntry> ColourOps();
std::span<const OpEntry> NumericOps();
std::span<const OpEntry> MatrixOps();
std::span<const OpEntry> UpdateOps();
std::span<const OpEntry> QuantileOps();
std::span<const OpEntry> FourierOps();
std::span<const OpEntry> EntropyOps();
std::span<const OpEntry> LinearAlgebraOps();
std::span<const OpEntry> FurtherOps();
std::span<const OpEntry> WindowOps();

}  // namespace sidecar::model::keras
