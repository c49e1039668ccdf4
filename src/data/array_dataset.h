// Rules that every source of samples shares.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sidecar/dataset.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::data {

/// The tensor as Keras's data adapters hand it on: floating elements as float32, all others as they
/// are (keras/src/engine/data_adapter.py, _process_tensorlike).
Result<Tensor> CastToFloatx(const Tensor& tensor);
/// The element type that CastToFloatx() gives.
[[nodiscard]] DType FloatxType(DType dtype);

/// Gives several components without any name their positions as names ("0", "1", …). Fails with
/// kInvalidArgument for a name that stands twice. `kind` ("x", "y", "sample_weight") is for
/// messages.
Status NameComponents(std::vector<std::string*> names, std::string_view kind);

}  // namespace sidecar::data
