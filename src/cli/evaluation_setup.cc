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

// Of what can only be a file.
Status CheckReadableFile(const std::string& option, const std::string& path) {
  SIDECAR_RETURN_IF_ERROR(CheckReadable(option, path));
  const Result<base::FileInfo> info = base::PosixFileSystem().Stat(path);
  if (!info.ok() || info->kind != base::FileInfo::Kind::kDirectory) return {};
  return {StatusCode::kNotFound, fmt::format("{}: is a directory, {} names a file", path, option)};
}

Status CheckInputs(const EvaluationOptions& options) {
  SIDECAR_RETURN_IF_ERROR(CheckReadable("--model", options.model));
  if (options.compile) SIDECAR_RETURN_IF_ERROR(CheckReadableFile("--compile", *options.compile));
  // A pattern names no file of its own; LoadDataset says what is supported.
  if (options.data && !data::IsFilePattern(*options.data)) {
    SIDECAR_RETURN_IF_ERROR(CheckReadable("--data", *options.data));
  }
  const std::pair<const char*, const std::vector<data::ArrayFile>&> arrays[] = {
      {"--x", options.arrays.x},
      {"--y", options.arrays.y},
      {"--sample-weight", options.arrays.sample_weight}};
  for (const auto& [option, files] : arrays) {
    for (const data::ArrayFile& file : files) {
      SIDECAR_RETURN_IF_ERROR(CheckReadableFile(option, file.path));
    }
  }
  return {};
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

Result<Model> LoadModel(const EvaluationOptions& options) {
  LoadOptions load_options;
  load_options.keras_version = options.keras_version;
  load_options.signature = options.signature;
  load_options.output_names = options.output_names;
  SIDECAR_ASSIGN_OR_RETURN(Model model, Model::Load(options.model, load_options));
  base::Log(LogLevel::kDebug, "The rules of Keras {} hold: {}",
            static_cast<int>(model.keras_version()), model.loaded()->keras_version_reason);
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

Result<EvaluationSetup> PrepareEvaluation(const EvaluationOptions& options) {
  SIDECAR_RETURN_IF_ERROR(CheckInputs(options));
  SIDECAR_ASSIGN_OR_RETURN(Model model, LoadModel(options));
  SIDECAR_ASSIGN_OR_RETURN(DatasetPtr data, LoadData(options));
  return EvaluationSetup{std::move(model), std::move(data), MakeCallbacks(options)};
}

}  // namespace sidecar::cli
