#include "model/keras/layer_table.h"

#include <algorithm>
#include <iterator>

namespace sidecar::model::keras {
namespace {

using enum Kerases;
using enum LayerEffect;
using enum MaskRule;

#define SIDECAR_LAYER(class_name, function, kerases, effect, ...) \
  LayerEntry{#class_name, function, kerases, effect __VA_OPT__(, ) __VA_ARGS__},
constexpr LayerEntry kTable[] = {
#include "model/keras/layers/layers.inc"
};
#undef SIDECAR_LAYER

bool IsBelow(std::string_view module, std::string_view package) {
  return module == package || (module.starts_with(package) && module.size() > package.size() &&
                               module[package.size()] == '.');
}

}  // namespace

bool LayerEntry::Takes(std::string_view argument) const {
  for (std::string_view rest = arguments; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == argument) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

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
  const auto found = std::find_if(
      std::begin(kTable), std::end(kTable),
      [&layer](const LayerEntry& entry) { return entry.class_name == layer.class_name; });
  return found == std::end(kTable) || !IsKerasOwn(layer) ? nullptr : &*found;
}

}  // namespace sidecar::model::keras
