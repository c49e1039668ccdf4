#include "model/keras/training_config.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "model/keras/config_reader.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

void TakeOffPrefix(json& metric, const std::string& output) {
  const json* config = ConfigReader(metric, "").Find("config");
  if (config == nullptr) return;
  const std::string name = TextMember(*config, "name");
  const std::string prefix = output + "_";
  if (!name.starts_with(prefix)) return;
  std::string own_name = name.substr(prefix.size());
  metric["config"]["name"] = std::move(own_name);
}

void TakeOffPrefixes(json& metrics, const std::vector<std::string>& output_names) {
  if (!metrics.is_array() || metrics.size() != output_names.size()) return;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!metrics[i].is_array()) continue;
    for (json& metric : metrics[i]) TakeOffPrefix(metric, output_names[i]);
  }
}

// Keras's own words that it resolves by the shape of the output.
bool DependsOnShape(const std::string& name) {
  constexpr std::array<std::string_view, 4> kNames = {"accuracy", "acc", "crossentropy", "ce"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// The parser has bounded the depth.
void MakeObjects(json& metrics) {
  if (metrics.is_string()) {
    const std::string name = metrics.get<std::string>();
    if (DependsOnShape(name)) return;
    metrics = {{"module", "keras.metrics"}, {"class_name", name}, {"config", json::object()}};
  } else if (metrics.is_array() || (metrics.is_object() && !metrics.contains("class_name"))) {
    for (json& item : metrics) MakeObjects(item);
  }
}

}  // namespace

json FromTrainingConfig(json config, KerasVersion version,
                        const std::vector<std::string>& output_names) {
  if (!config.is_object()) return config;
  for (const char* key : {"metrics", "weighted_metrics"}) {
    if (!config.contains(key)) continue;
    if (version == KerasVersion::kKeras3) {
      MakeObjects(config[key]);
    } else if (output_names.size() > 1) {
      TakeOffPrefixes(config[key], output_names);
    }
  }
  return config;
}

}  // namespace sidecar::model::keras
