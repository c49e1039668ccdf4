// The inputs and outputs of a signature, as the data and the metrics name and order them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/loaded_model.h"
#include "model/saved_model/graph_iterator.h"
#include "model/saved_model/inference_graph.h"
#include "model/saved_model/keras_metadata.h"
#include "model/saved_model/saved_object_graph.h"
#include "sidecar/status.h"

namespace sidecar::model::saved_model {

/// The inputs, in the model's own order where the functions that the signature calls tell it, and
/// by name otherwise.
struct InputPorts {
  std::vector<ModelInput> inputs;
  std::vector<GraphInput> graph_inputs;  ///< the batch dimension is dynamic
  /// Whether a signature input has a fixed number of rows; the graph takes any all the same.
  std::int64_t fixed_batch = 0;
};

/// kUnimplemented naming the input for a type that is not computed with, kFailedPrecondition for
/// one without a batch dimension, of unknown rank, or that is no Placeholder. An input that nothing
/// reads is left out.
Result<InputPorts> ReadInputs(const InferenceGraph& graph, const SavedObjectGraph& objects,
                              const Signature& signature);

struct OutputPort {
  std::string name;
  SignaturePort port;
};

/// The outputs: in the order of `output_names` where these are the signature's own names, else in
/// the order of the model's layers where the metadata knows it, else by name with numbers in their
/// own order ("output_2" before "output_10"), renamed where `output_names` has as many others.
/// kInvalidArgument where their number is not the signature's.
Result<std::vector<OutputPort>> ReadOutputs(const Signature& signature,
                                            const KerasMetadata& metadata,
                                            const std::vector<std::string>& output_names);

}  // namespace sidecar::model::saved_model
