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

#define SIDECAR_REFUSED(class_name, reason) RefusedLayer{#class_name, reason},
constexpr RefusedLayer kRefused[] = {
#include "model/keras/layers/refused.inc"
};
#undef SIDECAR_REFUSED

#define SIDECAR_REFUSED_OPTION(key, only_true, reason) RefusedOption{#key, only_true, reason},
constexpr RefusedOption kRefusedOptions[] = {
#include "model/keras/layers/refused_options.inc"
};
#undef SIDECAR_REFUSED_OPTION

template <class Entry, std::size_t size>
constexpr bool IsSorted(const Entry (&table)[size]) {
  for (std::size_t i = 1; i < size; ++i) {
    if (table[i - 1].class_name >= table[i].class_name) return false;
  }
  return true;
}
static_assert(IsSorted(kTable) && IsSorted(kRefused), "one line for each class, sorted");

// Takes the first word off `words`.
std::string_view NextWord(std::string_view& words) {
  const std::size_t end = std::min(words.find(' '), words.size());
  const std::string_view word = words.substr(0, end);
  words.remove_prefix(std::min(end + 1, words.size()));
  return word;
}

bool IsBelow(std::string_view module, std::string_view package) {
  return module == package || (module.starts_with(package) && module.size() > package.size() &&
                               module[package.size()] == '.');
}

}  // namespace

bool LayerEntry::Takes(std::string_view argument) const {
  for (std::string_view rest = arguments; !rest.empty();) {
    if (NextWord(rest) == argument) return true;
  }
  return false;
}

std::string_view LayerEntry::PositionOf(std::string_view argument) const {
  for (std::string_view rest = arguments; !rest.empty();) {
    if (NextWord(rest) != argument) continue;
    const std::string_view next = NextWord(rest);
    return !next.empty() && next.front() >= '0' && next.front() <= '9' ? next : "";
  }
  return "";
}

std::span<const LayerEntry> LayerTable() { return kTable; }

std::span<const RefusedLayer> RefusedLayers() { return kRefused; }

std::span<const RefusedOption> RefusedOptions() { return kRefusedOptions; }

std::string_view RefusalOf(const LayerObject& layer) {
  if (!IsKerasOwn(layer)) return {};
  for (const RefusedLayer& refused : kRefused) {
    if (refused.class_name == layer.class_name) return refused.reason;
  }
  return {};
}

std::vector<TensorReference> TermsOf(const ModelDescription& model) {
  std::vector<TensorReference> terms;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const LayerNode& node = model.layers[i];
    const LayerEntry* entry = node.layer->model == nullptr ? FindLayer(*node.layer) : nullptr;
    if (entry == nullptr || entry->effect != LayerEffect::kAddsTerm) continue;
    for (std::size_t call = 0; call < node.calls.size(); ++call) terms.push_back({i, call, 0});
  }
  return terms;
}

bool IsKerasOwn(const LayerObject& layer) {
  // Keras 2 registers the layers of its applications like a user's.
  const bool of_applications = IsBelow(layer.module, "tf_keras.src.applications") ||
                               IsBelow(layer.module, "keras.src.applications") ||
                               IsBelow(layer.module, "keras.applications");
  if (layer.registered_name.find('>') != std::string::npos && !of_applications) return false;
  if (layer.module.empty()) return true;  // older files name none
  // keras.src.ops holds operations that share names with layers.
  if (layer.module.find(".ops") != std::string::npos) return false;
  return IsBelow(layer.module, "keras") || IsBelow(layer.module, "tf_keras") ||
         IsBelow(layer.module, "tensorflow.keras") ||
         IsBelow(layer.module, "tensorflow.python.keras");
}

const LayerEntry* FindLayer(const LayerObject& layer) {
  if (!IsKerasOwn(layer)) return nullptr;
  const std::span<const LayerEntry> table = LayerTable();
  const auto found = std::find_if(table.begin(), table.end(), [&layer](const LayerEntry& entry) {
    return entry.class_name == layer.class_name;
  });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace sidecar::model::keras
