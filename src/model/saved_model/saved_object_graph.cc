#include "model/saved_model/saved_object_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "model/saved_model/proto_fields.h"

namespace sidecar::model::saved_model {
namespace {

using base::ProtoField;
using base::WireType;

constexpr std::string_view kGraph = "SavedObjectGraph";

Result<std::size_t> ObjectId(std::uint64_t number) {
  if (number > std::numeric_limits<std::int32_t>::max())
    return Damaged(kGraph, fmt::format("names object {}", static_cast<std::int64_t>(number)));
  return std::size_t{number};
}

Result<SavedObject::Edge> ParseEdge(Bytes bytes) {
  return ParseFields<SavedObject::Edge>(
      bytes, "ObjectReference", [&](const ProtoField& field, SavedObject::Edge& edge) -> Status {
        if (field.tag == 1) {
          SIDECAR_ASSIGN_OR_RETURN(edge.child, ObjectId(field.number));
        } else if (field.tag == 2) {
          SIDECAR_ASSIGN_OR_RETURN(const Bytes name, BytesOf(field, "ObjectReference"));
          edge.name = base::AsText(name);
        }
        return {};
      });
}

Result<SavedVariable> ParseVariable(Bytes bytes) {
  constexpr std::string_view kMessage = "SavedVariable";
  return ParseFields<SavedVariable>(
      bytes, kMessage, [&](const ProtoField& field, SavedVariable& variable) -> Status {
        if (field.tag == 1) variable.dtype = DTypeFromNumber(field.number);
        if (field.tag == 3) variable.trainable = field.number != 0;
        if (field.tag != 2 && field.tag != 6) return {};
        SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kMessage));
        if (field.tag == 6) {
          variable.name = base::AsText(value);
        } else {
          SIDECAR_ASSIGN_OR_RETURN(variable.shape, ParseShape(value));
        }
        return {};
      });
}

Result<std::string_view> ParseIdentifier(Bytes user_object) {
  return ParseBytes<std::string_view>(
      user_object, "SavedUserObject",
      [&](std::uint32_t tag, Bytes value, std::string_view& identifier) -> Status {
        if (tag == 1) identifier = base::AsText(value);
        return {};
      });
}

Result<SavedObject> ParseObject(Bytes bytes) {
  return ParseBytes<SavedObject>(
      bytes, "SavedObject", [&](std::uint32_t tag, Bytes value, SavedObject& object) -> Status {
        if (tag == 1) {
          SIDECAR_ASSIGN_OR_RETURN(const SavedObject::Edge edge, ParseEdge(value));
          object.children.push_back(edge);
        } else if (tag == 4) {
          SIDECAR_ASSIGN_OR_RETURN(object.identifier, ParseIdentifier(value));
        } else if (tag == 7) {
          SIDECAR_ASSIGN_OR_RETURN(object.variable, ParseVariable(value));
        }
        return {};
      });
}

Result<ConcreteFunction> ParseConcreteFunction(Bytes bytes) {
  constexpr std::string_view kMessage = "SavedConcreteFunction";
  return ParseFields<ConcreteFunction>(
      bytes, kMessage, [&](const ProtoField& field, ConcreteFunction& function) -> Status {
        if (field.tag == 2) {
          return ForEachNumber(field, WireType::kVarint, kMessage, [&](std::uint64_t n) -> Status {
            SIDECAR_ASSIGN_OR_RETURN(const std::size_t id, ObjectId(n));
            function.bound_inputs.push_back(id);
            return {};
          });
        }
        if (field.tag == 3) {
          SIDECAR_ASSIGN_OR_RETURN(function.input_signature, BytesOf(field, kMessage));
        }
        return {};
      });
}

Status CheckIds(const SavedObjectGraph& graph) {
  const auto check = [&](std::size_t id) -> Status {
    if (id < graph.objects.size()) return {};
    return Damaged(kGraph,
                   fmt::format("names object {}, it has {} objects", id, graph.objects.size()));
  };
  for (const SavedObject& object : graph.objects) {
    for (const SavedObject::Edge& edge : object.children)
      SIDECAR_RETURN_IF_ERROR(check(edge.child));
  }
  for (const auto& [name, function] : graph.functions) {
    for (const std::size_t id : function.bound_inputs) SIDECAR_RETURN_IF_ERROR(check(id));
  }
  return {};
}

/// Walks a StructuredValue.
class Flattener {
 public:
  Result<std::vector<std::string_view>> Flatten(Bytes value) {
    SIDECAR_RETURN_IF_ERROR(Visit(value, {}, 0));
    return std::move(names_);
  }

 private:
  static constexpr int kMostNested = 100;
  static constexpr std::uint32_t kTensorSpec = 33;
  static constexpr std::uint32_t kTypeSpec = 34;
  static constexpr std::uint32_t kBoundedTensorSpec = 35;
  static constexpr std::uint32_t kListValue = 51;
  static constexpr std::uint32_t kTupleValue = 52;
  static constexpr std::uint32_t kDictValue = 53;
  static constexpr std::uint32_t kNamedTupleValue = 54;

  Status Visit(Bytes value, std::string_view key, int depth);
  Status VisitItems(Bytes value, int depth);
  Status VisitFields(Bytes value, std::uint32_t entry_tag, bool sorted, int depth);

  std::vector<std::string_view> names_;
};

Status Flattener::Visit(Bytes value, std::string_view key, int depth) {
  if (depth > kMostNested) return Damaged("StructuredValue", "is nested deeper than 100");
  return ForEachBytes(value, "StructuredValue", [&](std::uint32_t tag, Bytes bytes) -> Status {
    switch (tag) {
      case kTensorSpec:
      case kTypeSpec:
      case kBoundedTensorSpec:
        names_.push_back(key);
        return {};
      case kListValue:
      case kTupleValue:
        return VisitItems(bytes, depth);
      case kDictValue:
        return VisitFields(bytes, 1, true, depth);
      case kNamedTupleValue:
        return VisitFields(bytes, 2, false, depth);
      default:
        return {};
    }
  });
}

Status Flattener::VisitItems(Bytes value, int depth) {
  return ForEachBytes(value, "ListValue", [&](std::uint32_t tag, Bytes item) -> Status {
    return tag == 1 ? Visit(item, {}, depth + 1) : Status();
  });
}

Status Flattener::VisitFields(Bytes value, std::uint32_t entry_tag, bool sorted, int depth) {
  constexpr std::string_view kMessage = "DictValue";
  std::vector<MapEntry> entries;
  const Status status =
      ForEachBytes(value, kMessage, [&](std::uint32_t tag, Bytes bytes) -> Status {
        if (tag != entry_tag) return {};
        SIDECAR_ASSIGN_OR_RETURN(const MapEntry entry, ParseMapEntry(bytes, kMessage));
        entries.push_back(entry);
        return {};
      });
  if (!status.ok()) return status;
  if (sorted) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const MapEntry& a, const MapEntry& b) { return a.key < b.key; });
  }
  for (const MapEntry& entry : entries)
    SIDECAR_RETURN_IF_ERROR(Visit(entry.value, entry.key, depth + 1));
  return {};
}

}  // namespace

std::optional<std::size_t> SavedObjectGraph::Child(std::size_t object,
                                                   std::string_view name) const {
  for (const SavedObject::Edge& edge : objects[object].children) {
    if (edge.name == name) return edge.child;
  }
  return std::nullopt;
}

Result<SavedObjectGraph> ParseSavedObjectGraph(Bytes bytes) {
  SavedObjectGraph graph;
  const Status status = ForEachBytes(bytes, kGraph, [&](std::uint32_t tag, Bytes value) -> Status {
    if (tag == 1) {
      SIDECAR_ASSIGN_OR_RETURN(SavedObject object, ParseObject(value));
      graph.objects.push_back(std::move(object));
    } else if (tag == 2) {
      SIDECAR_ASSIGN_OR_RETURN(const MapEntry entry, ParseMapEntry(value, kGraph));
      SIDECAR_ASSIGN_OR_RETURN(ConcreteFunction function, ParseConcreteFunction(entry.value));
      graph.functions.insert_or_assign(entry.key, std::move(function));
    }
    return {};
  });
  if (!status.ok()) return status;
  if (graph.objects.empty()) return Damaged(kGraph, "has no objects");
  SIDECAR_RETURN_IF_ERROR(CheckIds(graph));
  return graph;
}

Result<std::vector<std::string_view>> FlattenedNames(Bytes structured_value) {
  return Flattener().Flatten(structured_value);
}

}  // namespace sidecar::model::saved_model
