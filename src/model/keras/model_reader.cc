#include "model/keras/model_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status_macros.h"
#include "model/keras/config_reader.h"
#include "model/keras/description_reader.h"
#include "model/keras/graph_builder.h"
#include "model/keras/json_text.h"
#include "model/keras/support.h"
#include "model/keras/training_config.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

// The versions whose rules are implemented.
constexpr std::string_view kNewestKeras2 = "2.21";
constexpr std::string_view kNewestKeras3 = "3.15";

struct Rules {
  KerasVersion version = KerasVersion::kKeras2;
  std::string reason;
};

// Whether any layer is written as only Keras 3 does. The parser has bounded the depth.
bool HasKeras3Form(const json& value) {
  if (!value.is_structured()) return false;
  const std::string name = TextMember(value, "class_name");
  if (name == "__keras_tensor__" || name == "DTypePolicy") return true;
  const json* config = ConfigReader(value, "").Find("config");
  if (name == "InputLayer" && config != nullptr) {
    return ConfigReader(*config, "").Has("batch_shape");
  }
  for (const json& item : value) {
    if (HasKeras3Form(item)) return true;
  }
  return false;
}

Result<KerasVersion> VersionFromText(const std::string& text, const std::string& source) {
  if (text.starts_with("2.")) return KerasVersion::kKeras2;
  if (text.starts_with("3.")) return KerasVersion::kKeras3;
  return Status(StatusCode::kUnimplemented,
                fmt::format("{}: was written by Keras {}; models of Keras 2 and 3 are supported "
                            "(--keras-version says which rules hold)",
                            source, text.substr(0, 40)));
}

void WarnOfVersion(const std::string& saved_by, KerasVersion rules, const std::string& source) {
  const std::string_view newest = rules == KerasVersion::kKeras2 ? kNewestKeras2 : kNewestKeras3;
  if (saved_by == newest || saved_by.starts_with(std::string(newest) + ".")) return;
  base::Log(LogLevel::kWarning, "{}: was written by Keras {}; the rules of Keras {} are used",
            source, saved_by.substr(0, 40), newest);
}

// docs/cli.md, --keras-version.
Result<Rules> FindRules(const json& document, const ReadOptions& options) {
  std::optional<std::string> saved_by = options.saved_by;
  std::string where = options.version_source;
  if (!saved_by) {
    const std::string version = TextMember(document, "keras_version");
    if (!version.empty()) saved_by = version;
    where = "its keras_version";
  }
  if (options.keras_version) {
    if (saved_by) WarnOfVersion(*saved_by, *options.keras_version, options.source);
    return Rules{*options.keras_version, "asked for"};
  }
  if (saved_by) {
    SIDECAR_ASSIGN_OR_RETURN(const KerasVersion version,
                             VersionFromText(*saved_by, options.source));
    WarnOfVersion(*saved_by, version, options.source);
    return Rules{version, fmt::format("{} says {}", where, *saved_by)};
  }
  if (options.default_version) return Rules{*options.default_version, "built in code"};
  if (document.is_object() && document.contains("module")) {
    return Rules{KerasVersion::kKeras3, "the JSON has a module and no keras_version"};
  }
  if (HasKeras3Form(document)) {
    return Rules{KerasVersion::kKeras3, "the JSON has the form of Keras 3"};
  }
  return Rules{KerasVersion::kKeras2, "the JSON has the form of Keras 2"};
}

// The text of the compile config; empty where the model was not compiled.
std::string CompileConfigOf(const json* found) {
  if (found == nullptr || !found->is_object() || found->empty()) return "";
  json config = WithWordsAsText(*found);
  // These play no part in an evaluation.
  for (const char* key : {"optimizer", "optimizer_config", "sample_weight_mode"}) config.erase(key);
  return config.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A model's JSON and what was understood of it, kept as long as somebody may build it.
struct Source {
  json document;
  std::shared_ptr<LayerObject> root;  // refers to the document
  Rules rules;
  std::string name;  // of the document, for messages
  AssetReader read_asset;
};

// Whether the shapes of data can say more than the file does.
bool HasOpenInputs(const std::vector<ModelInput>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(), [](const ModelInput& input) {
    return !input.declared || !input.shape.is_static();
  });
}

Result<std::shared_ptr<LoadedModel>> Build(const Source& source,
                                           const std::vector<ModelInput>& given) {
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(
      auto model, BuildModel(*source.root, source.rules.version, given, source.read_asset),
      source.name);
  return model;
}

// The model, or what can be said of it where it has to wait for the shapes of the data.
Result<std::shared_ptr<LoadedModel>> BuildOrDefer(const std::shared_ptr<const Source>& source) {
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(
      auto described, DescribeModel(*source->root, source->rules.version), source->name);
  auto model = Build(*source, {});
  const bool waits =
      model.status().code() == StatusCode::kFailedPrecondition && HasOpenInputs(described->inputs);
  if (!waits) return model;
  described->finish = [source](const std::vector<ModelInput>& inputs) {
    return Build(*source, inputs);
  };
  return described;
}

Status ReadTrainingConfig(const std::string& text, const std::string& source, LoadedModel& model) {
  SIDECAR_ASSIGN_OR_RETURN(json config, ParseJson(text, source + ": training_config"));
  std::vector<std::string> outputs;
  for (const ModelOutput& output : model.outputs) outputs.push_back(output.name);
  config = FromTrainingConfig(std::move(config), model.keras_version, outputs);
  model.compile_config = CompileConfigOf(&config);
  return Status();
}

}  // namespace

Result<std::shared_ptr<LoadedModel>> ReadModel(std::string_view text, const ReadOptions& options) {
  const auto source = std::make_shared<Source>();
  source->name = options.source;
  source->read_asset = options.read_asset;
  SIDECAR_ASSIGN_OR_RETURN(source->document, ParseJson(text, options.source));
  const json& document = source->document;
  if (!document.is_object() || !document.contains("class_name")) {
    return Status(StatusCode::kDataLoss, fmt::format("{}: is not the JSON of a Keras model: {}",
                                                     options.source, Excerpt(document)));
  }
  SIDECAR_ASSIGN_OR_RETURN(source->rules, FindRules(document, options));
  const Rules& rules = source->rules;
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(source->root, ReadDescription(document), options.source);
  SIDECAR_RETURN_IF_ERROR_CONTEXT(CheckSupported(*source->root, rules.version), options.source);
  SIDECAR_ASSIGN_OR_RETURN(auto model, BuildOrDefer(source));
  model->source = options.source;
  if (options.training_config) {
    SIDECAR_RETURN_IF_ERROR(ReadTrainingConfig(*options.training_config, options.source, *model));
  } else {
    model->compile_config = CompileConfigOf(ConfigReader(document, "").Find("compile_config"));
  }
  model->keras_version_reason = rules.reason;
  return model;
}

}  // namespace sidecar::model::keras
