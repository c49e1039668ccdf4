// Reads a model's variables from a TensorFlow checkpoint.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "checkpoint/variable_source.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// Opens the checkpoint with that prefix ("dir/ckpt-7"). `checkpoint_root` is the attribute of the
/// checkpoint's root that is the model; without one it is found: a child `model`, the root itself,
/// or the only child whose variables are the model's.
///
/// All files are open when this returns; nothing but the index and the object graph has been read.
/// kNotFound when there is no `.index`; kUnavailable while it is incomplete; kDataLoss when it is
/// damaged. `fs` must outlive this call only.
Result<std::unique_ptr<VariableSource>> OpenTfCheckpoint(
    base::FileSystem& fs, const std::string& prefix,
    const std::optional<std::string>& checkpoint_root);

}  // namespace sidecar::checkpoint
