// Which layers are supported.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/keras/layers/layer_functions.h"
#include "model/keras/model_description.h"

namespace sidecar::model::keras {

enum class Kerases : std::uint8_t { kKeras2Only, kKeras3Only, kBothKerases };
enum class LayerEffect : std::uint8_t {
  kComputes,
  kIdentity,
  /// Categories and texts: takes strings and ids as they are, also before the graph, whatever type
  /// its policy says.
  kPreprocesses,
  /// Adds to the loss or the metrics: computed even where no output of the model needs it.
  kAddsTerm,
};

/// What becomes of the mask of a layer's first input.
enum class MaskRule : std::uint8_t {
  kDropsMask,           ///< outputs have none: Keras's default
  kPassesMask,          ///< each output has the input's at its place: `supports_masking`
  kPassesMaskInKeras3,  ///< likewise, but Keras 2 drops it
  kMergesMasks,  ///< all (Keras 2) or any (Keras 3) of the inputs' masks; Keras 3: if all have one
  kSetsMask,     ///< the layer's function sets the masks of its outputs
};

struct LayerEntry {
  std::string_view class_name;
  LayerFunction function = nullptr;
  Kerases kerases = Kerases::kBothKerases;
  LayerEffect effect = LayerEffect::kComputes;
  MaskRule mask = MaskRule::kDropsMask;
  /// Names of call arguments besides the inputs that the function takes, separated by spaces.
  /// Others are refused before the graph is built. A number after a name is the argument's
  /// position, by which Keras 3 may give it instead: "mask 1".
  std::string_view arguments = {};

  [[nodiscard]] bool Takes(std::string_view argument) const;
  /// The position after `argument` in the list of arguments; empty where there is none.
  [[nodiscard]] std::string_view PositionOf(std::string_view argument) const;
};

/// Where models have their argument `mask`.
inline constexpr std::string_view kModelMaskPosition = "2";

/// All entries, sorted by class name. Models and InputLayer are not among them: the graph builder
/// knows those.
std::span<const LayerEntry> LayerTable();

/// The entry for a layer or operation, or null: its class name must be there, and its module and
/// registered name must be Keras's own (a user's class may have the same name).
const LayerEntry* FindLayer(const LayerObject& layer);

/// A layer of Keras that is refused, and why: a clause.
struct RefusedLayer {
  std::string_view class_name;
  std::string_view reason;
};
std::span<const RefusedLayer> RefusedLayers();

/// Why this layer is refused; empty where it is none of those.
std::string_view RefusalOf(const LayerObject& layer);

/// An option of Keras's layers that is refused, and why: a clause.
struct RefusedOption {
  std::string_view key;
  bool only_true = false;  ///< other values are not refused
  std::string_view reason;
};
std::span<const RefusedOption> RefusedOptions();

/// The calls of layers that add to the loss or the metrics (LayerEffect::kAddsTerm).
std::vector<TensorReference> TermsOf(const ModelDescription& model);

/// Whether module and registered name are those of Keras's own layers.
bool IsKerasOwn(const LayerObject& layer);

}  // namespace sidecar::model::keras
