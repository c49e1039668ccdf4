#include "model/saved_model/saved_model_proto.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "model/saved_model/proto_fields.h"

namespace sidecar::model::saved_model {
namespace {

using base::ProtoField;

constexpr std::size_t kMostDimensions = 32;

Result<NodeDef> ParseNode(Bytes bytes) {
  constexpr std::string_view kMessage = "NodeDef";
  NodeDef node;
  const Status status = ForEachField(bytes, kMessage, [&](const ProtoField& field) -> Status {
    if (field.tag < 1 || field.tag > 5) return {};
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
    const std::string_view text = base::AsText(value);
    if (field.tag == 1) node.name = text;
    if (field.tag == 2) node.op = text;
    // "^node" orders side effects, which inference does not have.
    if (field.tag == 3 && !text.starts_with('^')) node.inputs.push_back(text);
    if (field.tag == 5) {
      SIDECAR_ASSIGN_OR_RETURN(const MapEntry entry, ParseMapEntry(value, kMessage));
      node.attributes.emplace_back(entry.key, entry.value);
    }
    return {};
  });
  if (!status.ok()) return status;
  if (node.name.empty() || node.op.empty()) return Damaged(kMessage, "has no name or no op");
  return node;
}

Result<FunctionArgument> ParseArgument(Bytes bytes) {
  constexpr std::string_view kMessage = "OpDef.ArgDef";
  return ParseFields<FunctionArgument>(
      bytes, kMessage, [&](const ProtoField& field, FunctionArgument& argument) -> Status {
        if (field.tag == 1) {
          SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
          argument.name = base::AsText(value);
        }
        if (field.tag == 3) argument.dtype = DTypeFromNumber(field.number);
        return {};
      });
}

/// OpDef: a function's name and arguments.
Status ParseFunctionSignature(Bytes bytes, FunctionDef& function) {
  constexpr std::string_view kMessage = "OpDef";
  return ForEachField(bytes, kMessage, [&](const ProtoField& field) -> Status {
    if (field.tag < 1 || field.tag > 3) return {};
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
    if (field.tag == 1) {
      function.name = base::AsText(value);
      return {};
    }
    SIDECAR_ASSIGN_OR_RETURN(const FunctionArgument argument, ParseArgument(value));
    (field.tag == 2 ? function.inputs : function.outputs).push_back(argument);
    return {};
  });
}

Result<std::string_view> FunctionName(Bytes bytes) {
  FunctionDef function;
  const Status status = ForEachField(bytes, "FunctionDef", [&](const ProtoField& field) -> Status {
    if (field.tag != 1) return {};
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, "FunctionDef"));
    return ParseFunctionSignature(value, function);
  });
  if (!status.ok()) return status;
  return function.name;
}

Status ParseLibrary(Bytes bytes, MetaGraph& meta) {
  constexpr std::string_view kMessage = "FunctionDefLibrary";
  return ForEachField(bytes, kMessage, [&](const ProtoField& field) -> Status {
    if (field.tag != 1) return {};
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
    SIDECAR_ASSIGN_OR_RETURN(const std::string_view name, FunctionName(value));
    if (!meta.functions.emplace(name, value).second)
      return Damaged(kMessage, fmt::format("has function '{}' twice", name));
    return {};
  });
}

Status ParseGraph(Bytes bytes, MetaGraph& meta) {
  constexpr std::string_view kMessage = "GraphDef";
  return ForEachField(bytes, kMessage, [&](const ProtoField& field) -> Status {
    if (field.tag != 1 && field.tag != 2) return {};
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
    if (field.tag == 2) return ParseLibrary(value, meta);
    SIDECAR_ASSIGN_OR_RETURN(NodeDef node, ParseNode(value));
    meta.nodes.push_back(std::move(node));
    return {};
  });
}

Result<SignaturePort> ParsePort(std::string_view name, Bytes bytes) {
  constexpr std::string_view kMessage = "TensorInfo";
  SignaturePort port;
  port.name = name;
  const Status status = ForEachField(bytes, kMessage, [&](const ProtoField& field) -> Status {
    if (field.tag == 1) {
      SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
      port.tensor = base::AsText(value);
    }
    if (field.tag == 2) port.dtype = DTypeFromNumber(field.number);
    if (field.tag == 3) {
      SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
      SIDECAR_ASSIGN_OR_RETURN(port.shape, ParseShape(value));
    }
    return {};
  });
  if (!status.ok()) return status;
  return port;
}

Result<Signature> ParseSignature(Bytes bytes) {
  constexpr std::string_view kMessage = "SignatureDef";
  return ParseFields<Signature>(
      bytes, kMessage, [&](const ProtoField& field, Signature& signature) -> Status {
        if (field.tag != 1 && field.tag != 2) return {};
        SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
        SIDECAR_ASSIGN_OR_RETURN(const MapEntry entry, ParseMapEntry(value, kMessage));
        SIDECAR_ASSIGN_OR_RETURN(const SignaturePort port, ParsePort(entry.key, entry.value));
        (field.tag == 1 ? signature.inputs : signature.outputs).insert_or_assign(entry.key, port);
        return {};
      });
}

Result<std::vector<std::string_view>> ParseTags(Bytes bytes) {
  constexpr std::string_view kMessage = "MetaInfoDef";
  return ParseFields<std::vector<std::string_view>>(
      bytes, kMessage, [&](const ProtoField& field, std::vector<std::string_view>& tags) -> Status {
        if (field.tag != 4) return {};
        SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
        tags.push_back(base::AsText(value));
        return {};
      });
}

Result<std::vector<std::string_view>> TagsOf(Bytes meta_graph) {
  return ParseFields<std::vector<std::string_view>>(
      meta_graph, "MetaGraphDef",
      [&](const ProtoField& field, std::vector<std::string_view>& tags) -> Status {
        if (field.tag != 1) return {};
        SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, "MetaGraphDef"));
        SIDECAR_ASSIGN_OR_RETURN(tags, ParseTags(value));
        return {};
      });
}

Result<MetaGraph> ParseMetaGraph(Bytes bytes) {
  constexpr std::string_view kMessage = "MetaGraphDef";
  return ParseFields<MetaGraph>(
      bytes, kMessage, [&](const ProtoField& field, MetaGraph& meta) -> Status {
        if (field.tag != 2 && field.tag != 5 && field.tag != 7) return {};
        SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
        if (field.tag == 2) return ParseGraph(value, meta);
        if (field.tag == 7) {
          meta.object_graph = value;
          return {};
        }
        SIDECAR_ASSIGN_OR_RETURN(const MapEntry entry, ParseMapEntry(value, kMessage));
        SIDECAR_ASSIGN_OR_RETURN(Signature signature, ParseSignature(entry.value));
        meta.signatures.insert_or_assign(entry.key, std::move(signature));
        return {};
      });
}

}  // namespace

std::optional<Bytes> NodeDef::Attribute(std::string_view attribute) const {
  for (const auto& [key, value] : attributes) {
    if (key == attribute) return value;
  }
  return std::nullopt;
}

const NodeDef* FunctionDef::FindNode(std::string_view node) const {
  const auto found = nodes_by_name_.find(node);
  return found == nodes_by_name_.end() ? nullptr : &nodes[found->second];
}

void FunctionDef::IndexNodes() {
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes_by_name_.emplace(nodes[i].name, i);
}

DType DTypeFromNumber(std::uint64_t number) {
  return number <= static_cast<std::uint64_t>(DType::kFloat4E2m1fn) ? static_cast<DType>(number)
                                                                    : DType::kInvalid;
}

std::optional<TensorName> ParseTensorName(std::string_view text) {
  TensorName name;
  const std::size_t first = text.find(':');
  name.node = text.substr(0, first);
  if (name.node.empty()) return std::nullopt;
  if (first == std::string_view::npos) return name;
  const std::size_t last = text.rfind(':');
  if (first < last) name.output = text.substr(first + 1, last - first - 1);
  const std::string_view digits = text.substr(last + 1);
  std::uint16_t port = 0;  // no op has more outputs
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  name.port = port;
  return name;
}

Result<std::optional<Shape>> ParseShape(Bytes bytes) {
  constexpr std::string_view kMessage = "TensorShapeProto";
  std::vector<std::int64_t> sizes;
  bool unknown_rank = false;
  const Status status = ForEachField(bytes, kMessage, [&](const ProtoField& field) -> Status {
    if (field.tag == 3) unknown_rank = field.number != 0;
    if (field.tag != 2) return {};
    SIDECAR_ASSIGN_OR_RETURN(const Bytes dimension, BytesOf(field, kMessage));
    if (sizes.size() == kMostDimensions) return Damaged(kMessage, "has more than 32 dimensions");
    std::int64_t size = 0;
    SIDECAR_RETURN_IF_ERROR(
        ForEachField(dimension, kMessage, [&](const ProtoField& part) -> Status {
          if (part.tag == 1) size = part.AsInt64();
          return {};
        }));
    if (size < Shape::kUnknown) return Damaged(kMessage, fmt::format("has a size of {}", size));
    sizes.push_back(size);
    return {};
  });
  if (!status.ok()) return status;
  if (unknown_rank) return std::optional<Shape>();
  return std::optional<Shape>(Shape(std::move(sizes)));
}

Result<FunctionDef> ParseFunction(Bytes bytes) {
  constexpr std::string_view kMessage = "FunctionDef";
  FunctionDef function;
  const Status status = ForEachField(bytes, kMessage, [&](const ProtoField& field) -> Status {
    if (field.tag != 1 && field.tag != 3 && field.tag != 4) return {};
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
    if (field.tag == 1) return ParseFunctionSignature(value, function);
    if (field.tag == 3) {
      SIDECAR_ASSIGN_OR_RETURN(NodeDef node, ParseNode(value));
      function.nodes.push_back(std::move(node));
      return {};
    }
    SIDECAR_ASSIGN_OR_RETURN(const MapEntry entry, ParseMapEntry(value, kMessage));
    function.returns.insert_or_assign(entry.key, base::AsText(entry.value));
    return {};
  });
  if (!status.ok()) return status;
  function.IndexNodes();
  return function;
}

Result<MetaGraph> ParseSavedModel(Bytes file) {
  constexpr std::string_view kMessage = "SavedModel";
  std::string found;
  std::optional<Bytes> serving;
  const Status status = ForEachField(file, kMessage, [&](const ProtoField& field) -> Status {
    if (field.tag != 2) return {};
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
    SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string_view> tags, TagsOf(value));
    const bool serves = std::find(tags.begin(), tags.end(), "serve") != tags.end();
    if (serves && !serving) serving = value;
    found += fmt::format("{}[{}]", found.empty() ? "" : ", ", fmt::join(tags, ", "));
    return {};
  });
  if (!status.ok()) return status;
  if (serving) return ParseMetaGraph(*serving);
  if (found.empty()) return Damaged(kMessage, "has no meta graph");
  return Status(StatusCode::kFailedPrecondition,
                fmt::format("has no meta graph tagged 'serve'; it has {}", found));
}

}  // namespace sidecar::model::saved_model
