// The message for a checkpoint that does not fit a model.
#pragma once

#include <span>
#include <string>

#include "checkpoint/bundle_index.h"
#include "checkpoint/model_location.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/variable_source.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// kFailedPrecondition for an incomplete match. The message counts, and names the first three
/// variables; the details go on with the others and with what the checkpoint has instead. `graph`
/// is null for a checkpoint without an object graph. `prefix` names the checkpoint.
[[nodiscard]] Status MismatchStatus(const std::string& prefix, const ObjectGraph* graph,
                                    const BundleIndex& index,
                                    std::span<const VariableRequest> requests,
                                    const ModelLocation& location);

}  // namespace sidecar::checkpoint
