// From JSON text to a model.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/keras/layer_context.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

struct ReadOptions {
  std::string source;  ///< names the text in messages: a file, or "code"
  /// The version of Keras that wrote the model, where a file beside the JSON says so.
  std::optional<std::string> saved_by = std::nullopt;
  std::string version_source = "metadata.json";  ///< where saved_by stands, for messages
  /// Which rules hold; none: those of the version that wrote the model.
  std::optional<KerasVersion> keras_version = std::nullopt;
  /// The rules where neither the file nor its form tells.
  std::optional<KerasVersion> default_version = std::nullopt;
  /// JSON text of the attribute `training_config` of an HDF5 file: the compile config that stands
  /// beside the model's JSON.
  std::optional<std::string> training_config = std::nullopt;
  /// Reads the files that layers keep beside the JSON, as long as somebody may build the model;
  /// thread-safe, may be empty.
  AssetReader read_asset = {};
};

/// Reads the JSON of a Sequential or Functional model of Keras 2 or 3, in any of its forms. A model
/// that cannot be built because the JSON leaves the shapes of its inputs open comes without a graph
/// and with LoadedModel::finish. Fails
/// with kDataLoss for damaged or malformed text, kFailedPrecondition for layers that do not fit
/// each other, kUnimplemented naming all layers that are not supported.
Result<std::shared_ptr<LoadedModel>> ReadModel(std::string_view json, const ReadOptions& options);

}  // namespace sidecar::model::keras
