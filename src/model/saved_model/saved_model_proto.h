// The parts of saved_model.pb that matter: signatures, graph and function library of the meta graph
// for serving (tensorflow/core/protobuf/{saved_model,meta_graph}.proto, core/framework/{graph,
// function,node_def,op_def}.proto). Views point into the file's bytes, which outlive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::saved_model {

using Bytes = std::span<const std::byte>;

/// An input or output of a signature.
struct SignaturePort {
  std::string_view name;    ///< the key in the signature
  std::string_view tensor;  ///< "node:0"
  DType dtype = DType::kInvalid;
  std::optional<Shape> shape;  ///< with the batch dimension; nothing for an unknown rank
};

/// Ports by name.
struct Signature {
  std::map<std::string_view, SignaturePort> inputs;
  std::map<std::string_view, SignaturePort> outputs;
};

/// A node of a graph or of a function.
struct NodeDef {
  std::string_view name;
  std::string_view op;
  std::vector<std::string_view> inputs;  ///< data inputs alone, as the file writes them
  std::vector<std::pair<std::string_view, Bytes>> attributes;  ///< AttrValue by name

  /// The AttrValue of that name; nothing where there is none.
  [[nodiscard]] std::optional<Bytes> Attribute(std::string_view name) const;
};

struct FunctionArgument {
  std::string_view name;
  DType dtype = DType::kInvalid;
};

struct FunctionDef {
  std::string_view name;
  std::vector<FunctionArgument> inputs;
  std::vector<FunctionArgument> outputs;
  std::vector<NodeDef> nodes;
  std::map<std::string_view, std::string_view> returns;  ///< output name to tensor

  /// The nodes that come before the given ones in the file's order, by name.
  [[nodiscard]] const NodeDef* FindNode(std::string_view name) const;
  /// To be called once `nodes` is complete.
  void IndexNodes();

 private:
  std::map<std::string_view, std::size_t> nodes_by_name_;
};

/// The meta graph tagged "serve".
struct MetaGraph {
  std::map<std::string_view, Signature> signatures;
  std::vector<NodeDef> nodes;
  std::map<std::string_view, Bytes> functions;  ///< FunctionDef by name, not parsed yet
  Bytes object_graph;                           ///< SavedObjectGraph; empty under TensorFlow 1
};

/// Parses the file's bytes. kDataLoss when they are damaged, kFailedPrecondition when no meta graph
/// is tagged "serve". Memory: a small multiple of the graph's share of the file.
Result<MetaGraph> ParseSavedModel(Bytes file);
/// Parses one function. kDataLoss when it is damaged.
Result<FunctionDef> ParseFunction(Bytes bytes);
/// Parses TensorShapeProto; nothing for an unknown rank. kDataLoss when it is damaged.
Result<std::optional<Shape>> ParseShape(Bytes bytes);

/// TensorFlow's type number as DType; kInvalid for numbers that it does not have, and for obsolete
/// reference types.
[[nodiscard]] DType DTypeFromNumber(std::uint64_t number);

/// Where a tensor comes from: "node", "node:1", or in functions "node:output:1".
struct TensorName {
  std::string_view node;
  std::string_view output;  ///< the output argument's name; empty where none is given
  std::size_t port = 0;
};
/// Nothing for a text that is no tensor's name.
[[nodiscard]] std::optional<TensorName> ParseTensorName(std::string_view text);

}  // namespace sidecar::model::saved_model
