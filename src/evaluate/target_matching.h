// Which component of the data belongs to which output.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluate/compiled_metrics.h"
#include "sidecar/dataset.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// For one output, the positions in Batch::y and Batch::sample_weight.
struct OutputTargets {
  std::optional<std::size_t> labels;
  std::optional<std::size_t> weights;
};

/// Matches targets and weights with outputs: by the output's name, by position ("0", "1", …), or
/// the only one of each, whose name may be empty. One nameless weight is for all outputs. Fails
/// with kFailedPrecondition for names that no output has and for two components of one output.
Result<std::vector<OutputTargets>> MatchTargets(std::span<const OutputSpec> outputs,
                                                const DatasetSpec& data);

/// "'a', 'b'", with at most `most` names and then how many more.
[[nodiscard]] std::string Quoted(std::span<const std::string> names, std::size_t most = 10);

}  // namespace sidecar::evaluate
