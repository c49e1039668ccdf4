// Model files: `.keras` archives, whole-model HDF5 files and JSON.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Reads the model in a file, whose kind is told by its content. Fails with kNotFound where there
/// is no file, kDataLoss for an HDF5 file without a
/// model's config and anything else that is no model file, and as ReadModel().
Result<std::shared_ptr<LoadedModel>> LoadModelFile(base::FileSystem& file_system,
                                                   const std::string& path,
                                                   const LoadOptions& options);

}  // namespace sidecar::model::keras
