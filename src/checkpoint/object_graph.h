// The graph of Python objects that a TensorFlow checkpoint carries: TrackableObjectGraph
// (tensorflow/core/protobuf/trackable_object_graph.proto).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// Objects with named edges; nodes may be shared and may form cycles. Owns its text. Thread-safe
/// for reading.
class ObjectGraph {
 public:
  using NodeId = std::uint32_t;
  /// The object that was saved.
  static constexpr NodeId kRoot = 0;
  /// The key of the tensor that holds the serialised graph.
  static constexpr std::string_view kKey = "_CHECKPOINTABLE_OBJECT_GRAPH";
  /// The name of the attribute that is a variable's value.
  static constexpr std::string_view kVariableValue = "VARIABLE_VALUE";

  struct Edge {
    std::string_view name;  ///< the local name: an attribute, or an index in a list
    NodeId child = 0;
  };
  struct Attribute {
    std::string_view name;
    std::string_view full_name;  ///< TensorFlow's name of the variable; may be empty
    std::string_view key;        ///< of the tensor in the checkpoint
  };

  /// Parses the serialised message. kDataLoss when it is damaged, empty, or an edge leads to a node
  /// that it does not have. Memory: a small multiple of its size; no recursion.
  static Result<ObjectGraph> Parse(std::string serialized);

  // Not copied: the views would point into the other object.
  ObjectGraph(const ObjectGraph&) = delete;
  ObjectGraph& operator=(const ObjectGraph&) = delete;
  ~ObjectGraph() = default;
  ObjectGraph(ObjectGraph&&) = default;
  ObjectGraph& operator=(ObjectGraph&&) = default;

  [[nodiscard]] std::size_t num_nodes() const { return nodes_.size(); }
  /// All of these require node < num_nodes(). Edges and attributes stand in the writer's order.
  [[nodiscard]] std::span<const Edge> Children(NodeId node) const;
  [[nodiscard]] std::span<const Attribute> Attributes(NodeId node) const;
  /// The first child of that name.
  [[nodiscard]] std::optional<NodeId> Child(NodeId node, std::string_view name) const;
  /// The node that the names lead to, one after the other.
  [[nodiscard]] std::optional<NodeId> Walk(NodeId node, std::span<const std::string> names) const;
  [[nodiscard]] std::optional<NodeId> Walk(NodeId node,
                                           std::initializer_list<std::string_view> names) const;
  /// The attribute that makes the node a variable, or null.
  [[nodiscard]] const Attribute* Variable(NodeId node) const;

 private:
  struct Node {
    std::uint32_t edges_begin = 0;
    std::uint32_t edges_end = 0;
    std::uint32_t attributes_begin = 0;
    std::uint32_t attributes_end = 0;
  };

  ObjectGraph() = default;
  Status ParseNode(std::span<const std::byte> bytes);
  Status AddEdge(std::span<const std::byte> bytes);
  Status AddAttribute(std::span<const std::byte> bytes);
  Status AddSlot(std::span<const std::byte> bytes);
  Status CheckIds() const;
  void SortEdges();

  std::vector<char> text_;  // what the views point into; stays in place when the object is moved
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;             // of one node after the other
  std::vector<std::uint32_t> by_name_;  // per node: its edges sorted by name, stable
  std::vector<Attribute> attributes_;
  std::uint32_t max_id_ = 0;  // of all ids seen
};

}  // namespace sidecar::checkpoint
