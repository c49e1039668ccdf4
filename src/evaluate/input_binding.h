// Which component of the data feeds which input of the model.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/loaded_model.h"
#include "sidecar/dataset.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// How one model input is fed.
struct InputBinding {
  std::size_t component = 0;  ///< position in Batch::x
  DType dtype = DType::kFloat32;
  Shape sample_shape;  ///< of one sample as the model takes it: the data's, with an axis of 1 added
                       ///< or dropped
  bool reshape = false;  ///< whether sample_shape differs from the data's
};

/// Binds every input, by name where the data's components are named, by position otherwise, as
/// Keras does for dicts and lists. A trailing axis of size 1 is added or dropped where that makes
/// the ranks equal (Keras: functional.py
/// `_adjust_input_rank`). kFailedPrecondition naming input, expected and found shape; data
/// components that no input takes are logged once and left out.
Result<std::vector<InputBinding>> BindInputs(const std::vector<model::ModelInput>& inputs,
                                             const std::vector<DatasetSpec::Component>& components);

/// The tensor that feeds an input: `batch.x[binding.component]`, reshaped where needed; never
/// copied.
Result<Tensor> InputOf(const Batch& batch, const InputBinding& binding);

}  // namespace sidecar::evaluate
