#include "checkpoint/tf_checkpoint.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "checkpoint/match_report.h"
#include "checkpoint/model_location.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/optimizer_node.h"
#include "checkpoint/tensor_bundle.h"
#include "checkpoint/variable_match.h"
#include "tensor/convert.h"

namespace sidecar::checkpoint {
namespace {

class TfCheckpoint final : public VariableSource {
 public:
  TfCheckpoint(TensorBundle bundle, std::optional<ObjectGraph> graph,
               std::optional<std::string> root)
      : bundle_(std::move(bundle)), graph_(std::move(graph)), root_(std::move(root)) {}

  Result<std::vector<Tensor>> Read(std::span<const VariableRequest> requests) override;
  Result<std::optional<std::int64_t>> ReadStep() override;
  [[nodiscard]] std::string digest() const override { return bundle_.digest(); }

 private:
  [[nodiscard]] Result<ModelMatch> Match(std::span<const VariableRequest> requests) const;
  /// The requests to be read, in the order in which their bytes stand in the files.
  [[nodiscard]] std::vector<std::size_t> ReadingOrder(std::span<const VariableRequest> requests,
                                                      const ModelMatch& match) const;

  TensorBundle bundle_;
  std::optional<ObjectGraph> graph_;
  std::optional<std::string> root_;
};

Result<ModelMatch> TfCheckpoint::Match(std::span<const VariableRequest> requests) const {
  const BundleIndex& index = bundle_.index();
  ModelLocation location;
  if (graph_) {
    SIDECAR_ASSIGN_OR_RETURN_CONTEXT(location, LocateModel(*graph_, index, requests, root_),
                                     bundle_.prefix());
  } else {
    location.match = MatchByName(index, requests);
  }
  if (location.match.complete()) return std::move(location.match);
  return MismatchStatus(bundle_.prefix(), graph_ ? &*graph_ : nullptr, index, requests, location);
}

std::vector<std::size_t> TfCheckpoint::ReadingOrder(std::span<const VariableRequest> requests,
                                                    const ModelMatch& match) const {
  std::vector<std::pair<std::pair<std::int32_t, std::uint64_t>, std::size_t>> places;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].needed) continue;
    const BundleEntry* entry = bundle_.index().Find(match.variables[i].key);
    if (entry != nullptr) places.push_back({{entry->shard, entry->offset}, i});
  }
  std::sort(places.begin(), places.end());
  std::vector<std::size_t> order;
  order.reserve(places.size());
  for (const auto& [place, i] : places) order.push_back(i);
  return order;
}

Result<std::vector<Tensor>> TfCheckpoint::Read(std::span<const VariableRequest> requests) {
  SIDECAR_ASSIGN_OR_RETURN(const ModelMatch match, Match(requests));
  std::vector<Tensor> values(requests.size());
  for (const std::size_t i : ReadingOrder(requests, match)) {
    SIDECAR_ASSIGN_OR_RETURN(values[i], bundle_.ReadTensor(match.variables[i].key));
  }
  return values;
}

Result<std::optional<std::int64_t>> TfCheckpoint::ReadStep() {
  return checkpoint::ReadStep(bundle_, graph_ ? &*graph_ : nullptr, root_.value_or("model"));
}

}  // namespace

Result<std::optional<std::int64_t>> ReadStep(const TensorBundle& bundle, const ObjectGraph* graph,
                                             const std::string& model_name) {
  const auto key =
      graph == nullptr ? std::nullopt : FindStepKey(*graph, bundle.index(), model_name);
  if (!key) return std::optional<std::int64_t>();
  SIDECAR_ASSIGN_OR_RETURN(const Tensor value, bundle.ReadTensor(*key));
  SIDECAR_ASSIGN_OR_RETURN(const Tensor wide, tensor::Cast(value, DType::kInt64));
  if (wide.num_elements() != 1) return Status(StatusCode::kInternal, *key + ": is not a counter");
  const std::int64_t step = wide.values<std::int64_t>()[0];
  // A compiled Keras 3 model carries its own optimizer. Where none was saved beside the model and
  // that one never stepped, a custom loop trained with another: the checkpoint does not say at
  // which step it was.
  const bool saved_beside_model = graph->Child(ObjectGraph::kRoot, "optimizer").has_value();
  if (step == 0 && !saved_beside_model) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(step);
}

Result<std::optional<ObjectGraph>> ReadObjectGraph(const TensorBundle& bundle) {
  if (bundle.index().Find(ObjectGraph::kKey) == nullptr) return std::optional<ObjectGraph>();
  SIDECAR_ASSIGN_OR_RETURN(std::string text, bundle.ReadString(ObjectGraph::kKey));
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(ObjectGraph graph, ObjectGraph::Parse(std::move(text)),
                                   bundle.prefix());
  return std::optional<ObjectGraph>(std::move(graph));
}

Result<std::unique_ptr<VariableSource>> OpenTfCheckpoint(
    base::FileSystem& fs, const std::string& prefix,
    const std::optional<std::string>& checkpoint_root) {
  SIDECAR_ASSIGN_OR_RETURN(TensorBundle bundle, TensorBundle::Open(fs, prefix));
  SIDECAR_ASSIGN_OR_RETURN(std::optional<ObjectGraph> graph, ReadObjectGraph(bundle));
  return std::unique_ptr<VariableSource>(
      std::make_unique<TfCheckpoint>(std::move(bundle), std::move(graph), checkpoint_root));
}

}  // namespace sidecar::checkpoint
