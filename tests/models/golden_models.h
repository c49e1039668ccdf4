// What the tests of whole models share: reading expectations, comparing metrics.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "sidecar/sidecar.h"

namespace sidecar::testing {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

inline std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::vector<fs::path> Directories(const std::string& parent) {
  std::vector<fs::path> directories;
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (fs::exists(entry.path() / "expected.json")) directories.push_back(entry.path());
  }
  std::sort(directories.begin(), directories.end());
  return directories;
}

inline double ExpectedValue(const ordered_json& value) {
  if (value.is_number()) return value.get<double>();
  const std::string text = value.get<std::string>();
  if (text == "nan") return std::nan("");
  return text == "inf" ? std::numeric_limits<double>::infinity()
                       : -std::numeric_limits<double>::infinity();
}

// Names and order exactly; values within the tolerances of evaluate-semantics: 1e-5 relative, 1e-4
// for convolutional models, more where the golden data says so (half precision).
inline void ExpectMetrics(const Logs& found, const ordered_json& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& [name, value] = found[i];
    EXPECT_EQ(name, expected[i][0].get<std::string>());
    ASSERT_TRUE(std::holds_alternative<double>(value)) << name;
    const double number = std::get<double>(value);
    const double wanted = ExpectedValue(expected[i][1]);
    if (std::isnan(wanted)) {
      EXPECT_TRUE(std::isnan(number)) << name;
    } else {
      EXPECT_NEAR(number, wanted, std::max(1e-7, tolerance * std::abs(wanted))) << name;
    }
  }
}

/// Number and step as expected.json has them; null for none.
inline void ExpectInfo(const EvaluationInfo& info, const ordered_json& checkpoint) {
  EXPECT_EQ(info.number.has_value(), !checkpoint.at("number").is_null());
  if (info.number) {
    EXPECT_EQ(*info.number, checkpoint.at("number").get<std::int64_t>());
  }
  EXPECT_EQ(info.step.has_value(), !checkpoint.at("step").is_null());
  if (info.step) {
    EXPECT_EQ(*info.step, checkpoint.at("step").get<std::int64_t>());
  }
}

}  // namespace sidecar::testing
