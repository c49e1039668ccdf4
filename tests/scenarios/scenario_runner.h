// Runs one scenario: the follower against a file system in memory, a clock that only the scenario
// moves, and a fake evaluation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/scenario.h"

namespace sidecar::scenarios {

/// Makes one file operation of the follower fail.
struct FaultPlan {
  std::int64_t operation = 0;  ///< which, from 1; 0: none
  bool persistent = false;     ///< and all after it for 5 s of the scenario's time
};

struct RunResult {
  std::vector<std::string> failures;  ///< "path:line: what was expected and found"
  std::int64_t operations = 0;        ///< file operations of the follower
};

RunResult RunScenario(const Scenario& scenario, const FaultPlan& fault);

}  // namespace sidecar::scenarios
