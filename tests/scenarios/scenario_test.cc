// Runs every tests/scenarios/*.scenario.
#include "scenarios/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/scenario_runner.h"

namespace sidecar::scenarios {
namespace {

std::vector<std::string> ScenarioFiles() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(SIDECAR_SOURCE_DIR "/tests/scenarios")) {
    if (entry.path().extension() == ".scenario") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class ScenarioTest : public testing::TestWithParam<std::string> {};

void ExpectNoFailures(const RunResult& result, const FaultPlan& fault) {
  for (const std::string& failure : result.failures) {
    ADD_FAILURE() << failure
                  << (fault.operation > 0
                          ? "\n  with operation " + std::to_string(fault.operation) +
                                (fault.persistent ? " and all for 5 s" : "") + " failing"
                          : "");
  }
}

TEST_P(ScenarioTest, Holds) {
  const Result<Scenario> scenario = ReadScenario(GetParam());
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  ASSERT_FALSE(scenario->lines.empty());
  const RunResult plain = RunScenario(*scenario, {});
  ExpectNoFailures(plain, {});
  if (!scenario->header.contains("faults")) return;
  ASSERT_EQ(scenario->header.at("faults"), "each operation");
  ASSERT_GT(plain.operations, 0);
  for (const bool persistent : {false, true}) {
    for (std::int64_t k = 1; k <= plain.operations; ++k) {
      const FaultPlan fault{k, persistent};
      ExpectNoFailures(RunScenario(*scenario, fault), fault);
    }
  }
}

std::string TestName(const testing::TestParamInfo<std::string>& file) {
  return std::filesystem::path(file.param).stem().string();
}

INSTANTIATE_TEST_SUITE_P(Files, ScenarioTest, testing::ValuesIn(ScenarioFiles()), TestName);

}  // namespace
}  // namespace sidecar::scenarios
