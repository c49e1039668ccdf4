// Takes everything an evaluation needs out of a checkpoint, or nothing.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "checkpoint/variable_source.h"
#include "follow/follower.h"
#include "sidecar/callbacks.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"
#include "watch/directory_listing.h"

namespace sidecar::follow {

/// A checkpoint whose values have all been read and verified.
struct Loaded {
  std::string digest;
  EvaluationInfo info;
  std::vector<Tensor> weights;
};

/// Reads the step and all requested values of `source`, which was opened for `candidate`. Where the
/// index file is no longer the one that was seen, the checkpoint is opened again and must have the
/// same digest: kUnavailable otherwise. A checkpoint deleted after it was opened is whole. Other
/// failures as VariableSource.
Result<Loaded> ReadAndVerify(base::FileSystem& fs, const OpenCheckpoint& open,
                             std::span<const checkpoint::VariableRequest> requests,
                             const watch::Candidate& candidate, checkpoint::VariableSource& source);

}  // namespace sidecar::follow
