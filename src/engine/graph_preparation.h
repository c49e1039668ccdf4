// Turning a model's graph into the one that is compiled: data types and shapes of the inputs,
// values of the variables.
#pragma once

#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/core/type/element_type.hpp>
#include <openvino/runtime/tensor.hpp>
#include <span>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::engine {

/// OpenVINO's name of an element type, and back; undefined / kInvalid for types it does not compute
/// with.
[[nodiscard]] ov::element::Type ToElementType(DType dtype);
[[nodiscard]] DType FromElementType(const ov::element::Type& type);
[[nodiscard]] ov::Shape ToOvShape(const Shape& shape);
/// A view of `tensor`, which must outlive it. OpenVINO has no tensors that only read: the caller
/// sees to it that nothing writes.
[[nodiscard]] ov::Tensor ReadOnlyTensor(const Tensor& tensor);

/// Whether the graph can take data of this type itself; other types are converted before they reach
/// it.
[[nodiscard]] bool IsGraphInputType(DType dtype);

/// A copy of `graph` whose input i takes data of `types[i]` with exactly `shapes[i]`, batch
/// dimension first; a conversion to the type that the graph computes with is inserted where needed.
/// Throws ov::Exception when a shape does not fit.
std::shared_ptr<ov::Model> WithInputs(const ov::Model& graph, std::span<const DType> types,
                                      std::span<const Shape> shapes);

/// Puts `values[k]` in the place of each placeholder of index k, as a constant. The constants refer
/// to the tensors' buffers: `values` must outlive everything compiled from the graph. kInternal
/// when a value's type or shape is not the placeholder's.
Status VariablesToConstants(ov::Model& graph, std::span<const Tensor> values);

/// Puts an input in the place of each variable, after the inputs the graph has, and returns which
/// variable each of them is. `values` tell types and shapes only. kUnimplemented when a variable
/// is of a type that no input has, or empty.
Result<std::vector<std::size_t>> VariablesToInputs(ov::Model& graph,
                                                   std::span<const Tensor> values);

/// The element type of each variable's placeholder, by index; kInvalid for indices without one.
std::vector<DType> PlaceholderTypes(const ov::Model& graph, std::size_t count);

}  // namespace sidecar::engine
