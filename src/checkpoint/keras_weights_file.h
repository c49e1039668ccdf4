// Weights files of Keras as a source of variables: Keras 3's `.weights.h5`, alone or inside a
// `.keras` archive, and the older layout of `.h5` files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "checkpoint/variable_source.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// Opens the weights in the file at `path`. What it is decides the content, not the name:
///
/// - An HDF5 file in the layout of Keras 3 (`.weights.h5`), or a ZIP archive with such a file as
///   its member `model.weights.h5` (`.keras`): a variable is the dataset at the first of
///   VariableRequest::archive_paths that exists, for instance `layers/dense/vars/0`.
/// - An HDF5 file in the older layout (`layer_names` at the root or below `model_weights`): a
///   variable is the one at the first of VariableRequest::legacy_positions, as Keras loads it, if
///   the file has as many layers and weights as the model. For a request without a position it is
///   the only one of the layer that VariableRequest::name begins with whose weight name ends in the
///   last two parts of that name, as in `dense/kernel:0`.
///
/// The step is the optimizer's first variable where it is an integer: an inner optimizer's before
/// that of the loss scaling around it.
///
/// Fails with kNotFound where no file is, kUnavailable or kDataLoss where it is incomplete or
/// damaged, kUnimplemented for weights of Keras 1 and archives without that member. Read() and
/// ReadStep() fail as variable_source.h says, and with kUnavailable where the file has changed
/// since it was opened. A member's CRC-32 is checked here. digest() is the SHA-256 of the whole
/// file, computed here in one pass.
Result<std::unique_ptr<VariableSource>> OpenKerasWeights(base::FileSystem& file_system,
                                                         const std::string& path);

/// Whether OpenKerasWeights() is for the file at `path`: by its name, or by its first bytes.
[[nodiscard]] bool IsKerasWeightsFile(base::FileSystem& file_system, const std::string& path);

}  // namespace sidecar::checkpoint
