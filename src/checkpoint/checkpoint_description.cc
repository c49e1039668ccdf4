#include "checkpoint/checkpoint_description.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "checkpoint/bundle_index.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/sha256.h"
#include "checkpoint/tensor_bundle.h"
#include "checkpoint/tf_checkpoint.h"

namespace sidecar::checkpoint {
namespace {

DescribedTensor DescribeItem(const BundleIndex& index, const BundleIndex::Item& item) {
  DescribedTensor tensor;
  tensor.key = item.key;
  tensor.dtype = item.entry.dtype;
  tensor.shape = item.entry.shape;
  tensor.shard = item.entry.shard;
  tensor.size_bytes = item.entry.size;
  tensor.num_slices = item.entry.slices.size();
  if (tensor.num_slices == 0) return tensor;
  const auto parts = index.Parts(item.key);
  if (!parts.ok()) return tensor;  // cannot be: they were checked when the index was parsed
  tensor.shard = parts->front().entry->shard;
  tensor.size_bytes = 0;
  for (const BundleIndex::Part& part : *parts) tensor.size_bytes += part.entry->size;
  return tensor;
}

/// What the index alone says.
CheckpointDescription DescribeIndex(const std::string& prefix, const BundleIndex& index) {
  CheckpointDescription description;
  description.prefix = prefix;
  description.num_shards = index.header().num_shards;
  description.big_endian = index.header().big_endian;
  description.has_object_graph = index.Find(ObjectGraph::kKey) != nullptr;
  for (const BundleIndex::Item& item : index.items()) {
    if (!IsSliceKey(item.key)) description.tensors.push_back(DescribeItem(index, item));
  }
  return description;
}

/// What the object graph adds: names and the step.
Status AddGraph(const TensorBundle& bundle, CheckpointDescription& description) {
  SIDECAR_ASSIGN_OR_RETURN(const std::optional<ObjectGraph> graph, ReadObjectGraph(bundle));
  if (!graph) return {};
  for (const ObjectGraph::Edge& edge : graph->Children(ObjectGraph::kRoot))
    description.root_children.emplace_back(edge.name);
  std::unordered_map<std::string_view, std::string_view> full_names;
  for (ObjectGraph::NodeId node = 0; node < graph->num_nodes(); ++node) {
    for (const ObjectGraph::Attribute& attribute : graph->Attributes(node))
      full_names.emplace(attribute.key, attribute.full_name);
  }
  for (DescribedTensor& tensor : description.tensors) {
    const auto name = full_names.find(tensor.key);
    if (name != full_names.end()) tensor.full_name = name->second;
  }
  SIDECAR_ASSIGN_OR_RETURN(description.step, ReadStep(bundle, &*graph, "model"));
  return {};
}

Status VerifyTensor(const TensorBundle& bundle, const std::string& key) {
  const BundleIndex& index = bundle.index();
  const BundleEntry* entry = index.Find(key);
  if (entry == nullptr) return {StatusCode::kInternal, key + ": is not in the index"};
  if (entry->slices.empty()) return bundle.Verify(*entry);
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<BundleIndex::Part> parts, index.Parts(key));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    SIDECAR_RETURN_IF_ERROR_CONTEXT(bundle.Verify(*parts[i].entry),
                                    fmt::format("slice {} of {}", i, parts.size()));
  }
  return {};
}

Result<CheckpointDescription> Describe(base::FileSystem& fs, const std::string& prefix,
                                       bool verify) {
  auto bundle = TensorBundle::Open(fs, prefix);
  if (!bundle.ok()) {
    // Incomplete, but the index may still say what should be there.
    SIDECAR_ASSIGN_OR_RETURN(const IndexFile file, ReadIndexFile(fs, prefix));
    const auto bytes = base::AsBytes(file.content);
    SIDECAR_ASSIGN_OR_RETURN_CONTEXT(const BundleIndex index, BundleIndex::Parse(bytes), file.path);
    CheckpointDescription description = DescribeIndex(prefix, index);
    description.digest = Sha256Hex(bytes);
    description.state = bundle.status();
    return description;
  }
  CheckpointDescription description = DescribeIndex(prefix, bundle->index());
  description.digest = bundle->digest();
  description.state = AddGraph(*bundle, description);
  if (!verify) return description;
  for (DescribedTensor& tensor : description.tensors)
    tensor.state = VerifyTensor(*bundle, tensor.key);
  return description;
}

}  // namespace

Result<CheckpointDescription> DescribeTfCheckpoint(base::FileSystem& fs,
                                                   const std::string& prefix) {
  return Describe(fs, prefix, false);
}

Result<CheckpointDescription> VerifyTfCheckpoint(base::FileSystem& fs, const std::string& prefix) {
  return Describe(fs, prefix, true);
}

Status OverallState(const CheckpointDescription& description) {
  const DescribedTensor* first = nullptr;
  std::size_t damaged = 0;
  for (const DescribedTensor& tensor : description.tensors) {
    if (tensor.state.ok()) continue;
    if (first == nullptr) first = &tensor;
    ++damaged;
  }
  if (!description.state.ok() || first == nullptr) return description.state;
  return first->state.WithContext(
      fmt::format("{}: {} of {} tensors are damaged, the first '{}'", description.prefix, damaged,
                  description.tensors.size(), PrintableKey(first->key)));
}

}  // namespace sidecar::checkpoint
