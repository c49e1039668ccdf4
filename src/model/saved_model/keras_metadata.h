// keras_metadata.pb, which Keras 2's Model.save writes beside saved_model.pb: what the graph does
// not say (keras/protobuf/saved_metadata.proto).
#pragma once

#include <string>
#include <vector>

#include "model/saved_model/saved_model_proto.h"
#include "sidecar/status.h"

namespace sidecar::model::saved_model {

struct KerasMetadata {
  std::string name;             ///< the model's
  std::string keras_version;    ///< "2.15.0"; empty where it does not say
  std::string training_config;  ///< JSON of the compile config; empty for a model not compiled
  /// Layers that make the model's outputs, in the model's order; empty for models of code.
  std::vector<std::string> output_layers;
  std::vector<std::string> classes;      ///< of the layers
  std::vector<std::string> regularized;  ///< layers whose weights add to the loss
  std::vector<std::string> active;       ///< layers whose activity adds to the loss
  std::vector<std::string> masking;      ///< layers that make masks
};

/// kDataLoss when the file is damaged.
Result<KerasMetadata> ParseKerasMetadata(Bytes file);

}  // namespace sidecar::model::saved_model
