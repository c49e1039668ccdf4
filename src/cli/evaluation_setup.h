// What `run` and `evaluate` have in common: model, losses and metrics, data and callbacks from the
// options.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "sidecar/callbacks.h"
#include "sidecar/dataset.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::cli {

struct EvaluationSetup {
  Model model;
  DatasetPtr data;
  /// Results on standard output, TensorBoard summaries, progress.
  std::vector<CallbackPtr> callbacks;
};

/// The model with the losses and metrics that the options give. Fails as Model::Load() and
/// evaluate::MergeCompileConfig().
Result<Model> LoadModel(const EvaluationOptions& options);

/// Checks that all named files can be opened (kNotFound) before anything is loaded, then loads.
/// Fails as LoadModel() and LoadDataset().
Result<EvaluationSetup> PrepareEvaluation(const EvaluationOptions& options);

/// kNotFound, naming `option`, unless `path` can be opened for reading (a directory can be, too).
Status CheckReadable(const std::string& option, const std::string& path);

}  // namespace sidecar::cli
