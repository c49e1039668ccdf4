// The commands of the program. Each does its work, writes results to standard output and returns
// what happened; main turns that into messages and an exit code.
#pragma once

#include "cli/command_line.h"
#include "sidecar/status.h"

namespace sidecar::cli {

/// Follows a checkpoint directory. kCancelled after SIGINT or SIGTERM.
Status Run(const RunCommand& command);

/// Evaluates one checkpoint, or the model file's own weights, once.
Status Evaluate(const EvaluateCommand& command);

/// Describes a path. kDataLoss, naming the first problem, where it is damaged: the description is
/// printed all the same.
Status Inspect(const InspectCommand& command);

/// Publishes recorded checkpoints. kCancelled after SIGINT or SIGTERM.
Status Replay(const ReplayCommand& command);

/// Prints the version.
Status PrintVersion(const VersionCommand& command);

}  // namespace sidecar::cli
