// One function for each kind of thing that `inspect` knows. All take everything they find for
// untrusted, verify what can be verified, and put what is wrong into the report. A failed Result
// means that nothing could be said: the file is not there, of an unsupported kind, or cannot be
// read.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"
#include "cli/inspect/report.h"
#include "sidecar/status.h"

namespace sidecar::model {
struct LoadedModel;
}

namespace sidecar::cli {

/// A TensorFlow checkpoint: variables with keys, shapes and dtypes, step, number, files; whether
/// all sizes and checksums hold.
Result<InspectReport> InspectCheckpoint(base::FileSystem& fs, const std::string& prefix);
/// A directory: what it holds, what the state file says, and its newest checkpoint in full.
Result<InspectReport> InspectDirectory(base::FileSystem& fs, const std::string& path);
/// HDF5 weights: their data sets.
Result<InspectReport> InspectWeightsFile(base::FileSystem& fs, const std::string& path);
/// The weights inside a `.keras` file; nothing where it has none.
Result<std::optional<InspectReport>> InspectArchiveWeights(base::FileSystem& fs,
                                                           const std::string& path);
/// A model file: inputs, outputs, layers, variables, compile config, Keras version, the
/// weights inside it.
Result<InspectReport> InspectModel(base::FileSystem& fs, const std::string& path);
/// What a model is, whatever it was read from.
void AddModel(InspectReport& report, const model::LoadedModel& model);
/// A SavedModel: its signatures and ops, each with whether it is supported, and what InspectModel()
/// says of the signature that is evaluated by default.
Result<InspectReport> InspectSavedModel(base::FileSystem& fs, const std::string& path);
/// An event file: its tags with their steps and last values.
Result<InspectReport> InspectEvents(base::FileSystem& fs, const std::string& path);
/// An .npz archive as a data set, or one .npy file.
Result<InspectReport> InspectNpz(const std::string& path);
Result<InspectReport> InspectNpy(const std::string& path);

}  // namespace sidecar::cli
