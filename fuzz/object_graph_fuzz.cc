// Fuzzes the object graph and the search for a model in it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "checkpoint/bundle_index.h"
#include "checkpoint/match_report.h"
#include "checkpoint/model_location.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/optimizer_node.h"
#include "checkpoint/testing/bundle_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace sidecar::checkpoint;  // NOLINT(google-build-using-namespace)
using sidecar::DType;
using sidecar::Shape;

std::vector<VariableRequest> Requests() {
  const PathStep layer{{{"layer_with_weights-0"},
                        {"layer-0"},
                        {"_functional", "_operations", "1"},
                        {"_operations", "1"}}};
  VariableRequest kernel;
  kernel.name = "dense/kernel";
  kernel.shape = Shape{2};
  kernel.graph_path = {layer, layer, PathStep{{{"kernel"}, {"_kernel"}}}};
  VariableRequest bias = kernel;
  bias.name = "dense/bias";
  bias.graph_path = {layer, PathStep{{{"bias"}}}};
  return {kernel, bias};
}

const BundleIndex& Index() {
  static const BundleIndex kIndex = [] {
    testing::BundleWriter writer;
    for (const char* key : {"a", "b", "c"})
      writer.Add(key, *sidecar::Tensor::Zeros(DType::kFloat32, Shape{2}));
    writer.Add("step", *sidecar::Tensor::Zeros(DType::kInt64, Shape{}));
    return *BundleIndex::Parse(sidecar::base::AsBytes(writer.Index()));
  }();
  return kIndex;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto graph = ObjectGraph::Parse(std::string(reinterpret_cast<const char*>(data), size));
  if (!graph.ok()) return 0;
  for (ObjectGraph::NodeId node = 0; node < graph->num_nodes(); ++node) {
    for (const ObjectGraph::Edge& edge : graph->Children(node)) {
      if (edge.child >= graph->num_nodes() || !graph->Child(node, edge.name)) std::abort();
    }
  }
  const std::vector<VariableRequest> requests = Requests();
  const auto location = LocateModel(*graph, Index(), requests, std::nullopt);
  if (location.ok() && !location->match.complete())
    (void)MismatchStatus("fuzz", &*graph, Index(), requests, *location).message();
  (void)FindStepKey(*graph, Index(), "model");
  return 0;
}
