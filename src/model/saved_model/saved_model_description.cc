#include "model/saved_model/saved_model_description.h"

#include <map>
#include <memory>
#include <openvino/core/model.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "model/saved_model/graph_import.h"
#include "model/saved_model/inference_graph.h"
#include "model/saved_model/ports.h"
#include "model/saved_model/saved_model_reader.h"
#include "model/saved_model/variable_binding.h"

namespace sidecar::model::saved_model {
namespace {

std::vector<PortDescription> Ports(const std::map<std::string_view, SignaturePort>& ports) {
  std::vector<PortDescription> described;
  for (const auto& [name, port] : ports) {
    PortDescription description{std::string(name), port.dtype, port.shape.has_value(), {}};
    if (port.shape) description.shape = *port.shape;
    described.push_back(std::move(description));
  }
  return described;
}

/// Ops that merely pass on what they get, or call: the converted graph has none of them.
bool IsPlumbing(std::string_view op) {
  static const std::set<std::string_view> kPlumbing = {
      "Placeholder", "Identity",     "IdentityN",       "NoOp",
      "VarHandleOp", "StopGradient", "PartitionedCall", "StatefulPartitionedCall"};
  return kPlumbing.contains(op);
}

class Describer {
 public:
  explicit Describer(const SavedModelReader& reader) : reader_(reader) {}

  Result<SavedModelDescription> Describe();

 private:
  Status AddGraph(const Signature& signature);

  const SavedModelReader& reader_;
  std::map<std::string, OpDescription> ops_;
};

Status Describer::AddGraph(const Signature& signature) {
  SIDECAR_ASSIGN_OR_RETURN(const InferenceGraph graph,
                           SelectInferenceGraph(reader_.meta(), signature));
  std::map<std::string, std::size_t> counts;
  for (const PlacedNode& placed : AllNodes(graph)) {
    if (!IsPlumbing(placed.node->op)) ++counts[std::string(placed.node->op)];
  }
  for (const auto& [name, count] : counts) {
    OpDescription& op = ops_[name];
    op.name = name;
    op.count = std::max(op.count, count);
  }
  SIDECAR_ASSIGN_OR_RETURN(const InputPorts inputs,
                           ReadInputs(graph, reader_.objects(), signature));
  SIDECAR_ASSIGN_OR_RETURN(const BoundVariables variables,
                           BindVariables(graph, reader_.objects(), reader_.keras_version()));
  std::vector<std::string_view> tensors;
  for (const auto& [name, port] : signature.outputs) tensors.push_back(port.tensor);
  const auto imported = ImportGraph(graph, inputs.graph_inputs, tensors, variables.handles);
  if (imported.ok()) return {};
  for (UnsupportedOp& unsupported :
       FindUnsupportedOps(graph, inputs.graph_inputs, tensors, variables.handles)) {
    OpDescription& op = ops_[unsupported.op];
    op.name = unsupported.op;
    op.supported = false;
    op.nodes = std::move(unsupported.nodes);
  }
  return imported.status();
}

Result<SavedModelDescription> Describer::Describe() {
  SavedModelDescription description;
  for (const auto& [name, signature] : reader_.meta().signatures) {
    if (name.starts_with("__")) continue;  // TensorFlow's own
    SignatureDescription described{std::string(name), Ports(signature.inputs),
                                   Ports(signature.outputs), AddGraph(signature)};
    description.signatures.push_back(std::move(described));
  }
  for (auto& [name, op] : ops_) description.ops.push_back(std::move(op));
  return description;
}

}  // namespace

Result<SavedModelDescription> DescribeSavedModel(base::FileSystem& file_system,
                                                 const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(const std::unique_ptr<SavedModelReader> reader,
                           SavedModelReader::Open(file_system, path));
  return Describer(*reader).Describe();
}

}  // namespace sidecar::model::saved_model
