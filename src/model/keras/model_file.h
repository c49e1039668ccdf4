// Model files: `.keras` archives and JSON.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Reads the model in a file, whose kind is told by its content. Fails with kNotFound where there
/// is no file, kUnimplemented for a SavedModel directory and an HDF5 file, kDataLoss for anything
/// else that is not a `.keras` archive or JSON, and as ReadModel().
Result<std::shared_ptr<LoadedModel>> LoadModelFile(base::FileSystem& file_system,
                                                   const std::string& path,
                                                   const LoadOptions& options);

}  // namespace sidecar::model::keras
