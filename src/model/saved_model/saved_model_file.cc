#include "model/saved_model/saved_model_file.h"

#include <fmt/format.h>

#include <openvino/core/model.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/sigmoid.hpp>
#include <openvino/op/softmax.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "engine/graph_preparation.h"
#include "model/saved_model/graph_import.h"
#include "model/saved_model/inference_graph.h"
#include "model/saved_model/keras_metadata.h"
#include "model/saved_model/lookup_checks.h"
#include "model/saved_model/ports.h"
#include "model/saved_model/row_analysis.h"
#include "model/saved_model/saved_model_proto.h"
#include "model/saved_model/saved_model_reader.h"
#include "model/saved_model/saved_object_graph.h"
#include "model/saved_model/variable_binding.h"

namespace sidecar::model::saved_model {
namespace {

constexpr std::string_view kDefaultSignature = "serving_default";
constexpr std::size_t kMostListedNames = 3;

/// Signatures of users; those with "__" are TensorFlow's.
std::string SignatureNames(const MetaGraph& meta) {
  std::string names;
  for (const auto& [name, signature] : meta.signatures) {
    if (!name.starts_with("__")) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
  }
  return names;
}

Result<const Signature*> ChooseSignature(const MetaGraph& meta,
                                         const std::optional<std::string>& wanted) {
  const auto found = meta.signatures.find(wanted ? std::string_view(*wanted) : kDefaultSignature);
  if (found != meta.signatures.end()) return &found->second;
  const std::string names = SignatureNames(meta);
  if (names.empty()) {
    return Status(StatusCode::kFailedPrecondition,
                  "has no signature, so no graph to compute: save the model with "
                  "tf.saved_model.save, or without save_traces=False after it has seen an input");
  }
  if (wanted) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("has no signature '{}' (--signature); it has {}", *wanted, names));
  }
  return Status(
      StatusCode::kFailedPrecondition,
      fmt::format("has no signature 'serving_default'; choose one with --signature: {}", names));
}

/// "a, b, c and 2 more".
std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostListedNames; ++i)
    text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kMostListedNames) {
    text += fmt::format(" and {} more", names.size() - kMostListedNames);
  }
  return text;
}

/// What Keras's loss has and the graph lacks.
std::vector<std::string> Notes(const KerasMetadata& metadata, const SavedObjectGraph& objects) {
  std::vector<std::string> notes;
  const std::optional<std::size_t> losses = objects.Child(0, "regularization_losses");
  if (!metadata.regularized.empty()) {
    notes.push_back(fmt::format("regularization losses of {} are not part of the reported loss",
                                Listed(metadata.regularized)));
  } else if (losses && !objects.objects[*losses].children.empty()) {
    notes.emplace_back("the model's regularization losses are not part of the reported loss");
  }
  if (!metadata.active.empty()) {
    notes.push_back(fmt::format("activity losses of {} are not part of the reported loss",
                                Listed(metadata.active)));
  }
  if (!metadata.masking.empty()) {
    notes.push_back(
        fmt::format("the masks of {} do not weigh losses and metrics, as they do in "
                    "Keras where they reach an output",
                    Listed(metadata.masking)));
  }
  for (std::string& note : notes)
    note = "a SavedModel's graph lacks a part of Keras's loss: " + note;
  return notes;
}

/// The sizes of an output without its batch dimension: the graph's, or what the signature knows
/// better. Fails where the first dimension does not follow the inputs'.
Result<Shape> OutputShape(const OutputPort& output, const ov::PartialShape& found) {
  if (found.rank().is_dynamic() && !output.port.shape) {
    return Status(StatusCode::kUnimplemented,
                  fmt::format("output '{}' has an unknown number of dimensions", output.name));
  }
  std::vector<std::int64_t> sizes;
  if (found.rank().is_dynamic()) {
    sizes = output.port.shape->sizes();
  } else {
    for (const ov::Dimension& size : found)
      sizes.push_back(size.is_static() ? size.get_length() : Shape::kUnknown);
    if (!sizes.empty() && sizes.front() != Shape::kUnknown) {
      return Status(StatusCode::kFailedPrecondition,
                    fmt::format("output '{}' always has {} rows: the graph was saved for one batch "
                                "size; save it with an unknown one",
                                output.name, sizes.front()));
    }
  }
  if (sizes.empty()) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("output '{}' is a single number: a row for each sample is needed",
                              output.name));
  }
  if (output.port.shape && output.port.shape->rank() == sizes.size()) {
    for (std::size_t i = 1; i < sizes.size(); ++i) {
      if (sizes[i] == Shape::kUnknown) sizes[i] = (*output.port.shape)[i];
    }
  }
  return Shape(std::move(sizes)).WithoutFirst();
}

/// The input of the softmax over the last axis, or of the sigmoid, that makes a result; nothing
/// where something else does.
std::optional<ov::Output<ov::Node>> LogitsOf(const ov::Output<ov::Node>& value) {
  const std::shared_ptr<ov::Node> node = value.get_node_shared_ptr();
  const std::int64_t rank = value.get_partial_shape().rank().is_static()
                                ? value.get_partial_shape().rank().get_length()
                                : 0;
  std::optional<std::int64_t> axis;
  if (const auto softmax = ov::as_type_ptr<ov::op::v8::Softmax>(node)) axis = softmax->get_axis();
  if (const auto softmax = ov::as_type_ptr<ov::op::v1::Softmax>(node))
    axis = static_cast<std::int64_t>(softmax->get_axis());
  const bool last = axis && (*axis == -1 || (rank > 0 && *axis == rank - 1));
  if (!last && !ov::is_type<ov::op::v0::Sigmoid>(node)) return std::nullopt;
  return node->input_value(0);
}

/// The outputs, with results for the logits of those that have any.
Status AddOutputs(const std::vector<OutputPort>& outputs, ov::Model& graph, LoadedModel& model) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const ov::Output<ov::Node> value = graph.get_results()[i]->input_value(0);
    ModelOutput output;
    output.name = outputs[i].name;
    output.dtype = engine::FromElementType(value.get_element_type());
    output.keras_dtype = output.dtype;
    output.result = i;
    SIDECAR_ASSIGN_OR_RETURN(output.shape, OutputShape(outputs[i], value.get_partial_shape()));
    if (!IsFloating(output.dtype) && !IsInteger(output.dtype) && output.dtype != DType::kBool) {
      return {StatusCode::kUnimplemented, fmt::format("output '{}' is of type {}", output.name,
                                                      DTypeName(outputs[i].port.dtype))};
    }
    if (const auto logits = LogitsOf(value)) {
      output.logits_result = graph.get_results().size();
      graph.add_results({std::make_shared<ov::op::v0::Result>(*logits)});
    }
    model.outputs.push_back(std::move(output));
  }
  return {};
}

/// Names, Keras version, compile config and notes.
void DescribeModel(const SavedModelReader& reader, const std::string& path,
                   const LoadOptions& options, LoadedModel& model) {
  const KerasMetadata& metadata = reader.metadata();
  model.source = path;
  model.name = metadata.name.empty() ? std::string(base::BaseName(path)) : metadata.name;
  model.keras_version = options.keras_version.value_or(reader.keras_version());
  model.keras_version_reason = options.keras_version ? "asked for"
                               : reader.keras_version() == KerasVersion::kKeras2
                                   ? "the SavedModel has keras_metadata.pb"
                                   : "the SavedModel has no keras_metadata.pb";
  model.compile_config = metadata.training_config;
  model.layers = metadata.classes;
  model.notes = Notes(metadata, reader.objects());
}

/// Its values are never read; without it the directory is not what was saved.
Status CheckVariablesFile(base::FileSystem& file_system, const std::string& directory) {
  const std::string path = base::JoinPath(directory, "variables/variables.index");
  if (file_system.Stat(path).ok()) return {};
  return {StatusCode::kDataLoss, fmt::format("{} is missing: the SavedModel is incomplete", path)};
}

/// The graph with its ports and variables.
Status ReadGraph(const SavedModelReader& reader, const LoadOptions& options, LoadedModel& model) {
  SIDECAR_ASSIGN_OR_RETURN(const Signature* signature,
                           ChooseSignature(reader.meta(), options.signature));
  SIDECAR_ASSIGN_OR_RETURN(const InferenceGraph graph,
                           SelectInferenceGraph(reader.meta(), *signature));
  SIDECAR_ASSIGN_OR_RETURN(InputPorts inputs, ReadInputs(graph, reader.objects(), *signature));
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<OutputPort> outputs,
                           ReadOutputs(*signature, reader.metadata(), options.output_names));
  SIDECAR_ASSIGN_OR_RETURN(BoundVariables variables,
                           BindVariables(graph, reader.objects(), model.keras_version));
  std::vector<std::string_view> tensors;
  tensors.reserve(outputs.size());
  for (const OutputPort& output : outputs) tensors.push_back(output.port.tensor);
  SIDECAR_ASSIGN_OR_RETURN(const std::shared_ptr<ov::Model> imported,
                           ImportGraph(graph, inputs.graph_inputs, tensors, variables.handles));
  SIDECAR_RETURN_IF_ERROR(AddOutputs(outputs, *imported, model));
  model.graph = imported;
  model.inputs = std::move(inputs.inputs);
  model.variables = std::move(variables.variables);
  model.rows_independent = AreRowsIndependent(*model.graph);
  AddLookupChecks(*imported, model);  // which look at all rows at once
  return {};
}

}  // namespace

bool IsDirectory(base::FileSystem& file_system, const std::string& path) {
  const Result<base::FileInfo> info = file_system.Stat(path);
  return info.ok() && info->kind == base::FileInfo::Kind::kDirectory;
}

Result<std::shared_ptr<LoadedModel>> LoadSavedModel(base::FileSystem& file_system,
                                                    const std::string& path,
                                                    const LoadOptions& options) {
  SIDECAR_ASSIGN_OR_RETURN(const std::unique_ptr<SavedModelReader> reader,
                           SavedModelReader::Open(file_system, path));
  auto model = std::make_shared<LoadedModel>();
  DescribeModel(*reader, path, options, *model);
  SIDECAR_RETURN_IF_ERROR_CONTEXT(ReadGraph(*reader, options, *model), path);
  if (!model->variables.empty()) SIDECAR_RETURN_IF_ERROR(CheckVariablesFile(file_system, path));
  return model;
}

}  // namespace sidecar::model::saved_model
