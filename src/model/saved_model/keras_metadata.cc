#include "model/saved_model/keras_metadata.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "model/keras/config_reader.h"
#include "model/keras/json_text.h"
#include "model/keras/training_config.h"
#include "model/saved_model/proto_fields.h"

namespace sidecar::model::saved_model {
namespace {

using nlohmann::json;

/// One object of the file.
struct Entry {
  std::string_view path;        ///< "root.layer-0"
  std::string_view identifier;  ///< "_tf_keras_layer"
  std::string_view metadata;    ///< JSON
};

Result<Entry> ParseEntry(Bytes bytes) {
  return ParseBytes<Entry>(bytes, "SavedObject",
                           [&](std::uint32_t tag, Bytes value, Entry& entry) -> Status {
                             if (tag == 3) entry.path = base::AsText(value);
                             if (tag == 4) entry.identifier = base::AsText(value);
                             if (tag == 5) entry.metadata = base::AsText(value);
                             return {};
                           });
}

const json* Member(const json& object, std::string_view key) {
  return keras::ConfigReader(object, "").Find(key);
}

/// The first names of [["layer", 0, 0], ...], or of one such list.
std::vector<std::string> LayerNames(const json& layers) {
  if (!layers.is_array() || layers.empty()) return {};
  if (layers[0].is_string()) return {layers[0].get<std::string>()};
  std::vector<std::string> names;
  for (const json& layer : layers) {
    if (!layer.is_array() || layer.empty() || !layer[0].is_string()) return {};
    names.push_back(layer[0].get<std::string>());
  }
  return names;
}

void ReadRoot(const json& root, KerasMetadata& metadata) {
  metadata.name = keras::TextMember(root, "name");
  metadata.keras_version = keras::TextMember(root, "keras_version");
  const json* config = Member(root, "config");
  const json* outputs = config == nullptr ? nullptr : Member(*config, "output_layers");
  if (outputs != nullptr) metadata.output_layers = LayerNames(*outputs);
  if (const json* training = Member(root, "training_config")) {
    metadata.training_config =
        keras::WithWordsAsText(
            keras::FromTrainingConfig(*training, KerasVersion::kKeras2, metadata.output_layers))
            .dump(-1, ' ', false, json::error_handler_t::replace);
  }
}

void ReadLayer(const json& layer, KerasMetadata& metadata) {
  const std::string name = keras::TextMember(layer, "name");
  const std::string class_name = keras::TextMember(layer, "class_name");
  metadata.classes.push_back(class_name);
  const json* config = Member(layer, "config");
  if (config == nullptr || !config->is_object()) return;
  const json* mask_zero = Member(*config, "mask_zero");
  if (class_name == "Masking" || (mask_zero != nullptr && *mask_zero == json(true)))
    metadata.masking.push_back(name);
  bool regularized = false;
  for (const auto& [key, value] : config->items()) {
    if (!key.ends_with("_regularizer") || value.is_null()) continue;
    if (key == "activity_regularizer") {
      metadata.active.push_back(name);
    } else {
      regularized = true;
    }
  }
  if (regularized) metadata.regularized.push_back(name);
}

}  // namespace

Result<KerasMetadata> ParseKerasMetadata(Bytes file) {
  return ParseBytes<KerasMetadata>(
      file, "SavedMetadata",
      [&](std::uint32_t tag, Bytes value, KerasMetadata& metadata) -> Status {
        if (tag != 1) return {};
        SIDECAR_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(value));
        const bool is_root = entry.path == "root";
        if (!is_root && entry.identifier.find("layer") == std::string_view::npos) return {};
        SIDECAR_ASSIGN_OR_RETURN(const json document,
                                 keras::ParseJson(entry.metadata, std::string(entry.path)));
        if (is_root) {
          ReadRoot(document, metadata);
        } else {
          ReadLayer(document, metadata);
        }
        return {};
      });
}

}  // namespace sidecar::model::saved_model
