// Models built in code, as the JSON that Keras would write for them.
#pragma once

#include <string>
#include <vector>

#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model {

/// The JSON of a Sequential model. Layers without a name get Keras's ("dense", "dense_1", …). Fails
/// with kInvalidArgument for no layers, for a layer whose JSON is none and for a name given twice.
Result<std::string> SequentialJson(const std::vector<Layer>& layers);

}  // namespace sidecar::model
