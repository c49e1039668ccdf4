// Weights by path: which reader a path calls for.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "checkpoint/variable_source.h"
#include "sidecar/status.h"

namespace sidecar::api {

/// Weights found at a path given by a user.
struct NamedWeights {
  std::string path;  ///< the prefix or file that was opened
  std::unique_ptr<checkpoint::VariableSource> source;
};

/// Opens a TensorFlow checkpoint by its prefix (or one of its files), the newest checkpoint of a
/// directory (or of the directory of a state file), or a Keras weights file (`.weights.h5`, `.h5`,
/// `.hdf5`, `.keras`). kNotFound where nothing is there, kDataLoss for what is damaged or
/// incomplete.
Result<NamedWeights> OpenWeights(base::FileSystem& fs, const std::string& path,
                                 const std::optional<std::string>& checkpoint_root);

}  // namespace sidecar::api
