// Reads a model's variables from a TensorFlow checkpoint.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/tensor_bundle.h"
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

/// The checkpoint's object graph; nothing where it has none (TensorFlow 1). Failures as
/// TensorBundle::ReadString() and ObjectGraph::Parse().
Result<std::optional<ObjectGraph>> ReadObjectGraph(const TensorBundle& bundle);

/// The optimizer's `iterations`, as FindStepKey() finds it; nothing where there is none, where
/// `graph` is null, or where only the model's own optimizer is there and never stepped.
Result<std::optional<std::int64_t>> ReadStep(const TensorBundle& bundle, const ObjectGraph* graph,
                                             const std::string& model_name);

}  // namespace sidecar::checkpoint
