#include "checkpoint/object_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/protobuf.h"
#include "base/status_macros.h"

namespace sidecar::checkpoint {
namespace {

using base::DamagedMessage;
using base::ProtoReader;
using base::WireType;
using Bytes = std::span<const std::byte>;

/// The field's bytes, or kDataLoss for another wire type.
Result<Bytes> BytesOf(const base::ProtoField& field, std::string_view message) {
  if (field.type == WireType::kBytes) return field.bytes;
  return DamagedMessage(message, fmt::format("field {} has wire type {}, expected 2", field.tag,
                                             static_cast<int>(field.type)));
}

Result<std::uint32_t> NodeIdOf(const base::ProtoField& field, std::string_view message) {
  if (field.type != WireType::kVarint)
    return DamagedMessage(message, "a node id has the wrong wire type");
  if (field.number > std::numeric_limits<std::int32_t>::max())
    return DamagedMessage(message, fmt::format("node id {} is out of range", field.AsInt64()));
  return static_cast<std::uint32_t>(field.number);
}

}  // namespace

Result<ObjectGraph> ObjectGraph::Parse(std::string serialized) {
  constexpr std::string_view kMessage = "object graph";
  // Offsets fit into 32 bits.
  if (serialized.size() > std::numeric_limits<std::int32_t>::max())
    return DamagedMessage(kMessage, fmt::format("{} bytes, allowed are 2^31", serialized.size()));
  ObjectGraph graph;
  graph.text_.assign(serialized.begin(), serialized.end());
  ProtoReader reader(std::as_bytes(std::span(graph.text_)), kMessage);
  while (const auto field = reader.Next()) {
    if (field->tag != 1) continue;
    SIDECAR_ASSIGN_OR_RETURN(const Bytes node, BytesOf(*field, kMessage));
    SIDECAR_RETURN_IF_ERROR_CONTEXT(graph.ParseNode(node),
                                    fmt::format("{} node {}", kMessage, graph.nodes_.size()));
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  if (graph.nodes_.empty()) return DamagedMessage(kMessage, "has no nodes");
  SIDECAR_RETURN_IF_ERROR(graph.CheckIds());
  graph.SortEdges();
  return graph;
}

Status ObjectGraph::ParseNode(Bytes bytes) {
  constexpr std::string_view kMessage = "TrackableObject";
  Node node;
  node.edges_begin = static_cast<std::uint32_t>(edges_.size());
  node.attributes_begin = static_cast<std::uint32_t>(attributes_.size());
  ProtoReader reader(bytes, kMessage);
  while (const auto field = reader.Next()) {
    if (field->tag < 1 || field->tag > 3) continue;
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(*field, kMessage));
    if (field->tag == 1) SIDECAR_RETURN_IF_ERROR(AddEdge(value));
    if (field->tag == 2) SIDECAR_RETURN_IF_ERROR(AddAttribute(value));
    if (field->tag == 3) SIDECAR_RETURN_IF_ERROR(AddSlot(value));
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  node.edges_end = static_cast<std::uint32_t>(edges_.size());
  node.attributes_end = static_cast<std::uint32_t>(attributes_.size());
  nodes_.push_back(node);
  return {};
}

Status ObjectGraph::AddEdge(Bytes bytes) {
  constexpr std::string_view kMessage = "ObjectReference";
  Edge edge;
  ProtoReader reader(bytes, kMessage);
  while (const auto field = reader.Next()) {
    if (field->tag == 1) {
      SIDECAR_ASSIGN_OR_RETURN(edge.child, NodeIdOf(*field, kMessage));
    } else if (field->tag == 2) {
      SIDECAR_ASSIGN_OR_RETURN(const Bytes name, BytesOf(*field, kMessage));
      edge.name = base::AsText(name);
    }
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  max_id_ = std::max(max_id_, edge.child);
  edges_.push_back(edge);
  return {};
}

Status ObjectGraph::AddAttribute(Bytes bytes) {
  constexpr std::string_view kMessage = "SerializedTensor";
  Attribute attribute;
  ProtoReader reader(bytes, kMessage);
  while (const auto field = reader.Next()) {
    if (field->tag < 1 || field->tag > 3) continue;
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(*field, kMessage));
    (field->tag == 1   ? attribute.name
     : field->tag == 2 ? attribute.full_name
                       : attribute.key) = base::AsText(value);
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  attributes_.push_back(attribute);
  return {};
}

/// Slot variables belong to the optimizer and are never read; their ids must be sound all the same.
Status ObjectGraph::AddSlot(Bytes bytes) {
  constexpr std::string_view kMessage = "SlotVariableReference";
  ProtoReader reader(bytes, kMessage);
  while (const auto field = reader.Next()) {
    if (field->tag != 1 && field->tag != 3) continue;
    SIDECAR_ASSIGN_OR_RETURN(const std::uint32_t id, NodeIdOf(*field, kMessage));
    max_id_ = std::max(max_id_, id);
  }
  return reader.status();
}

Status ObjectGraph::CheckIds() const {
  if (max_id_ < nodes_.size()) return {};
  return DamagedMessage("object graph",
                        fmt::format("names node {}, it has {} nodes", max_id_, nodes_.size()));
}

void ObjectGraph::SortEdges() {
  by_name_.resize(edges_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  for (const Node& node : nodes_) {
    // Of edges with one name the first counts, as in TensorFlow's restore.
    std::stable_sort(
        by_name_.begin() + node.edges_begin, by_name_.begin() + node.edges_end,
        [this](std::uint32_t a, std::uint32_t b) { return edges_[a].name < edges_[b].name; });
  }
}

std::span<const ObjectGraph::Edge> ObjectGraph::Children(NodeId node) const {
  const Node& n = nodes_[node];
  return std::span(edges_).subspan(n.edges_begin, n.edges_end - n.edges_begin);
}

std::span<const ObjectGraph::Attribute> ObjectGraph::Attributes(NodeId node) const {
  const Node& n = nodes_[node];
  return std::span(attributes_).subspan(n.attributes_begin, n.attributes_end - n.attributes_begin);
}

std::optional<ObjectGraph::NodeId> ObjectGraph::Child(NodeId node, std::string_view name) const {
  const auto begin = by_name_.begin() + nodes_[node].edges_begin;
  const auto end = by_name_.begin() + nodes_[node].edges_end;
  const auto found = std::lower_bound(
      begin, end, name, [this](std::uint32_t e, std::string_view n) { return edges_[e].name < n; });
  if (found == end || edges_[*found].name != name) return std::nullopt;
  return edges_[*found].child;
}

std::optional<ObjectGraph::NodeId> ObjectGraph::Walk(NodeId node,
                                                     std::span<const std::string> names) const {
  std::optional<NodeId> at = node;
  for (const std::string& name : names) {
    if (at) at = Child(*at, name);
  }
  return at;
}

std::optional<ObjectGraph::NodeId> ObjectGraph::Walk(
    NodeId node, std::initializer_list<std::string_view> names) const {
  std::optional<NodeId> at = node;
  for (const std::string_view name : names) {
    if (at) at = Child(*at, name);
  }
  return at;
}

const ObjectGraph::Attribute* ObjectGraph::Variable(NodeId node) const {
  for (const Attribute& attribute : Attributes(node)) {
    if (attribute.name == kVariableValue) return &attribute;
  }
  return nullptr;
}

}  // namespace sidecar::checkpoint
