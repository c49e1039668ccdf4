// Conversion of a TensorFlow graph by OpenVINO's front end, with placeholders for its variables.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/saved_model/graph_iterator.h"
#include "model/saved_model/inference_graph.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace ov {
class Model;
}

namespace sidecar::model::saved_model {

/// A variable of the graph: the VarHandleOp that stands for it.
struct VariableHandle {
  std::string_view node;
  std::size_t index = 0;  ///< in LoadedModel::variables
  DType dtype = DType::kInvalid;
  Shape shape;
};

/// An op that the front end cannot convert.
struct UnsupportedOp {
  std::string op;
  std::vector<std::string> nodes;  ///< their names with scopes, sorted
  std::string reason;              ///< empty where the op is not known at all
};

/// Converts the graph: parameters are `inputs` in order, results `outputs` in order, variables
/// VariablePlaceholder ops. No value of a variable is read. kUnimplemented naming every op that
/// cannot be converted, and its nodes.
Result<std::shared_ptr<ov::Model>> ImportGraph(const InferenceGraph& graph,
                                               const std::vector<GraphInput>& inputs,
                                               const std::vector<std::string_view>& outputs,
                                               const std::vector<VariableHandle>& variables);

/// The ops that ImportGraph() would refuse; empty where it would not, or where it fails otherwise.
std::vector<UnsupportedOp> FindUnsupportedOps(const InferenceGraph& graph,
                                              const std::vector<GraphInput>& inputs,
                                              const std::vector<std::string_view>& outputs,
                                              const std::vector<VariableHandle>& variables);

}  // namespace sidecar::model::saved_model
