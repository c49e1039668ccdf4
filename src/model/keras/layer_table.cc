#include "model/keras/layer_table.h"

#include <algorithm>
#include <array>

namespace sidecar::model::keras {
namespace {

using enum Kerases;
using enum LayerEffect;

#define SIDECAR_LAYER_ENTRY(class_name, function, kerases, effect) \
  LayerEntry{#class_name, function, kerases, effect},
constexpr std::array kTable = {SIDECAR_KERAS_LAYERS(SIDECAR_LAYER_ENTRY)};
#undef SIDECAR_LAYER_ENTRY

bool IsBelow(std::string_view module, std::string_view package) {
  return module == package || (module.starts_with(package) && module.size() > package.size() &&
                               module[package.size()] == '.');
}

}  // namespace

std::span<const LayerEntry> LayerTable() { return kTable; }

bool IsKerasOwn(const LayerObject& layer) {
  if (layer.registered_name.find('>') != std::string::npos) return false;
  if (layer.module.empty()) return true;  // older files name none
  // keras.src.ops holds operations that share names with layers.
  if (layer.module.find(".ops") != std::string::npos) return false;
  return IsBelow(layer.module, "keras") || IsBelow(layer.module, "tf_keras") ||
         IsBelow(layer.module, "tensorflow.keras") ||
         IsBelow(layer.module, "tensorflow.python.keras");
}

const LayerEntry* FindLayer(const LayerObject& layer) {
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&layer](const LayerEntry& entry) {
    return entry.class_name == layer.class_name;
  });
  return found == kTable.end() || !IsKerasOwn(layer) ? nullptr : &*found;
}

}  // namespace sidecar::model::keras
