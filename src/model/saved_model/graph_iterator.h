// Hands a graph that this folder parsed to OpenVINO's TensorFlow front end, so that its own parser
// never sees a file.
#pragma once

#include <memory>
#include <openvino/core/partial_shape.hpp>
#include <openvino/core/type/element_type.hpp>
#include <openvino/frontend/graph_iterator.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/saved_model/inference_graph.h"

namespace sidecar::model::saved_model {

/// An input of the graph: a Placeholder, and what it shall take.
struct GraphInput {
  std::string_view node;
  ov::element::Type type;
  ov::PartialShape shape;
};

/// The graph with these inputs, and with a result for each of the tensors `outputs`. Refers to
/// `graph`. Decoders throw ov::Exception for attributes that OpenVINO has no form for, and once
/// constants take more than `constant_bytes`.
std::shared_ptr<ov::frontend::GraphIterator> MakeGraphIterator(
    const InferenceGraph& graph, const std::vector<GraphInput>& inputs,
    const std::vector<std::string_view>& outputs, std::uint64_t constant_bytes);

/// The name under which the iterator's result `index` appears in the converted graph.
[[nodiscard]] std::string ResultName(std::size_t index);

}  // namespace sidecar::model::saved_model
