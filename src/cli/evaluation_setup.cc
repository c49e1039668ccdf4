#include "cli/evaluation_setup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <system_error>
#include <utility>

#include "base/file_system.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "data/array_files.h"
#include "evaluate/compile_config.h"
#include "model/loaded_model.h"
#include "report/console.h"
#include "report/json_lines.h"
#include "report/tensorboard.h"

namespace sidecar::cli {
namespace {

Status CheckInputs(const EvaluationOptions& options) {
  SIDECAR_RETURN_IF_ERROR(CheckReadable("--model", options.model));
  if (options.compile) SIDECAR_RETURN_IF_ERROR(CheckReadable("--compile", *options.compile));
  if (options.data) SIDECAR_RETURN_IF_ERROR(CheckReadable("--data", *options.data));
  for (const data::ArrayFile& file : options.arrays.x) {
    SIDECAR_RETURN_IF_ERROR(CheckReadable("--x", file.path));
  }
  for (const data::ArrayFile& file : options.arrays.y) {
    SIDECAR_RETURN_IF_ERROR(CheckReadable("--y", file.path));
  }
  for (const data::ArrayFile& file : options.arrays.sample_weight) {
    SIDECAR_RETURN_IF_ERROR(CheckReadable("--sample-weight", file.path));
  }
  return {};
}

Result<Model> LoadModel(const EvaluationOptions& options) {
  LoadOptions load_options;
  load_options.keras_version = options.keras_version;
  load_options.signature = options.signature;
  load_options.output_names = options.output_names;
  SIDECAR_ASSIGN_OR_RETURN(Model model, Model::Load(options.model, load_options));
  base::Log(LogLevel::kDebug, "Keras {}'s rules hold: {}", static_cast<int>(model.keras_version()),
            model.loaded()->keras_version_reason);
  if (!options.compile && !options.loss && options.metrics.empty()) return model;

  evaluate::CompileOverrides overrides;
  if (options.compile) {
    overrides.file_name = *options.compile;
    SIDECAR_ASSIGN_OR_RETURN(overrides.file_text,
                             base::ReadWholeFile(base::PosixFileSystem(), *options.compile,
                                                 evaluate::kMaxCompileConfigBytes));
  }
  overrides.loss = options.loss;
  if (!options.metrics.empty()) overrides.metrics = options.metrics;
  SIDECAR_ASSIGN_OR_RETURN(const std::string config,
                           evaluate::MergeCompileConfig(model.loaded()->compile_config, overrides));
  SIDECAR_RETURN_IF_ERROR(model.CompileFromJson(config));
  return model;
}

Result<DatasetPtr> LoadData(const EvaluationOptions& options) {
  if (options.data) return LoadDataset(*options.data, options.batch_size);
  SIDECAR_ASSIGN_OR_RETURN(Arrays arrays, data::LoadArrays(options.arrays));
  return DatasetFromArrays(std::move(arrays), options.batch_size);
}

std::vector<CallbackPtr> MakeCallbacks(const EvaluationOptions& options) {
  std::vector<CallbackPtr> callbacks;
  callbacks.push_back(options.json ? report::JsonLines(std::cout)
                                   : report::ConsoleTable(std::cout));
  if (options.log_dir) callbacks.push_back(TensorBoard(*options.log_dir));
  if (options.verbosity != Verbosity::kQuiet) callbacks.push_back(ProgressLogger());
  return callbacks;
}

}  // namespace

Status CheckReadable(const std::string& option, const std::string& path) {
  if (::access(path.c_str(), R_OK) == 0) return {};
  return {StatusCode::kNotFound, fmt::format("{}: cannot be opened ({}): {}", path, option,
                                             std::generic_category().message(errno))};
}

Result<EvaluationSetup> PrepareEvaluation(const EvaluationOptions& options) {
  SIDECAR_RETURN_IF_ERROR(CheckInputs(options));
  if (options.log_dir) SIDECAR_RETURN_IF_ERROR(report::CheckLogDir(*options.log_dir));
  SIDECAR_ASSIGN_OR_RETURN(Model model, LoadModel(options));
  SIDECAR_ASSIGN_OR_RETURN(DatasetPtr data, LoadData(options));
  return EvaluationSetup{std::move(model), std::move(data), MakeCallbacks(options)};
}

}  // namespace sidecar::cli
