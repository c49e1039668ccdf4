#include "model/supported_layers.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/keras/activations.h"
#include "model/keras/layer_table.h"
#include "model/keras/ops/op_table.h"
#include "model/keras/tensorflow_op.h"

namespace sidecar::model {

std::vector<SupportedLayer> SupportedLayers() {
  std::vector<SupportedLayer> result;
  for (const char* name : {"Functional", "InputLayer", "Sequential"}) result.push_back({name});
  for (const keras::LayerEntry& entry : keras::LayerTable()) {
    result.push_back({std::string(entry.class_name), entry.kerases != keras::Kerases::kKeras3Only,
                      entry.kerases != keras::Kerases::kKeras2Only,
                      entry.effect == keras::LayerEffect::kIdentity});
  }
  std::sort(result.begin(), result.end(), [](const SupportedLayer& a, const SupportedLayer& b) {
    return a.class_name < b.class_name;
  });
  return result;
}

std::vector<RefusedLayerClass> RefusedLayerClasses() {
  std::vector<RefusedLayerClass> result;
  for (const keras::RefusedLayer& refused : keras::RefusedLayers()) {
    result.push_back({std::string(refused.class_name), std::string(refused.reason)});
  }
  return result;
}

std::vector<RefusedLayerOption> RefusedLayerOptions() {
  std::vector<RefusedLayerOption> result;
  for (const keras::RefusedOption& refused : keras::RefusedOptions()) {
    result.push_back({fmt::format("{}{}", refused.key, refused.only_true ? " = true" : ""),
                      std::string(refused.reason)});
  }
  return result;
}

std::vector<RefusedOperation> RefusedOperations() {
  std::vector<RefusedOperation> result;
  for (const keras::RefusedOp& refused : keras::RefusedOps()) {
    result.push_back({fmt::format("keras.ops.{}.{}", refused.family, refused.name),
                      std::string(refused.reason)});
  }
  return result;
}

std::vector<SupportedActivation> SupportedActivations() {
  std::vector<SupportedActivation> result;
  for (const keras::ActivationName& name : keras::ActivationNames()) {
    // One name may stand for two functions.
    const auto same = std::find_if(result.begin(), result.end(),
                                   [&](const auto& known) { return known.name == name.name; });
    if (same == result.end()) {
      result.push_back({std::string(name.name), name.keras2, name.keras3});
    } else {
      same->keras2 = same->keras2 || name.keras2;
      same->keras3 = same->keras3 || name.keras3;
    }
  }
  return result;
}

std::vector<SupportedOperations> SupportedOps() {
  std::vector<SupportedOperations> result;
  for (const keras::OpEntry& entry : keras::AllOps()) {
    std::string family = entry.family == "tf"
                             ? "tf"
                             : fmt::format("keras.{}", entry.family == "activations"
                                                           ? "activations"
                                                           : fmt::format("ops.{}", entry.family));
    const auto same = std::find_if(result.begin(), result.end(),
                                   [&](const auto& known) { return known.family == family; });
    if (same == result.end()) {
      result.push_back({std::move(family), {std::string(entry.name)}});
    } else {
      same->names.emplace_back(entry.name);
    }
  }
  const auto ops = keras::TensorFlowOps();
  result.push_back({"TensorFlowOpLayer", {ops.begin(), ops.end()}});
  for (SupportedOperations& family : result) std::sort(family.names.begin(), family.names.end());
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return a.family < b.family; });
  return result;
}

}  // namespace sidecar::model
