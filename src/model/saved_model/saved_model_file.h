// A SavedModel directory as a model source.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::saved_model {

/// Whether a path is a directory, which a model can only be as a SavedModel.
[[nodiscard]] bool IsDirectory(base::FileSystem& file_system, const std::string& path);

/// Reads the SavedModel in a directory: the graph of one signature, imported once, with a
/// placeholder for each variable. No value of a variable is read. Fails with kNotFound where there
/// is no directory; kDataLoss for damage; kFailedPrecondition where the signature or what it needs
/// is missing; kUnimplemented for SavedModels of TensorFlow 1, for input types that are not
/// supported, and naming every op that is not; kInvalidArgument for a signature or output names
/// that do not fit.
Result<std::shared_ptr<LoadedModel>> LoadSavedModel(base::FileSystem& file_system,
                                                    const std::string& path,
                                                    const LoadOptions& options);

}  // namespace sidecar::model::saved_model
