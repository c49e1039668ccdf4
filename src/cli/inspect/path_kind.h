// What kind of thing a path names.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::cli {

enum class PathKind : std::uint8_t {
  kCheckpoint,    ///< a TensorFlow checkpoint; InspectedPath::path is its prefix
  kDirectory,     ///< a directory of checkpoints
  kWeightsFile,   ///< HDF5 weights, or what may be such a file that is damaged
  kModelArchive,  ///< a `.keras` file
  kModelHdf5,     ///< a whole model in HDF5
  kModelJson,     ///< the JSON of model.to_json()
  kSavedModel,    ///< a SavedModel directory
  kEventFile,     ///< TensorBoard summaries
  kNpz,
  kNpy,
};

struct InspectedPath {
  PathKind kind = PathKind::kCheckpoint;
  std::string path;
};

/// Tells by the name, and by a file's first bytes where the name says nothing. kNotFound where
/// there is neither a file nor a checkpoint of that name; kUnimplemented for kinds that are not
/// supported; kDataLoss for files of unknown kinds.
Result<InspectedPath> FindPathKind(base::FileSystem& fs, const std::string& path);

}  // namespace sidecar::cli
