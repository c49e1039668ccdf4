#include "base/python_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace sidecar::base {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(PythonNumbersTest, StandsInForEachWordAtItsLength) {
  PythonNumbers numbers(R"([1, NaN, -2.5e+3, Infinity, -Infinity, 7])");
  EXPECT_EQ(numbers.text(), R"([1, 0.0, -2.5e+3, 0.000000, -0.000000, 7])");
  EXPECT_EQ(numbers.Next(), std::nullopt);
  const auto nan = numbers.Next();
  ASSERT_TRUE(nan);
  EXPECT_TRUE(std::isnan(*nan));
  EXPECT_EQ(numbers.Next(), std::nullopt);
  EXPECT_EQ(numbers.Next(), kInfinity);
  EXPECT_EQ(numbers.Next(), -kInfinity);
  EXPECT_EQ(numbers.Next(), std::nullopt);
  EXPECT_EQ(numbers.Next(), std::nullopt);  // beyond the last one
}

TEST(PythonNumbersTest, LeavesStringsAlone) {
  const std::string text = R"({"NaN": "Infinity \" NaN \\", "1": 2, "a": NaN})";
  PythonNumbers numbers(text);
  EXPECT_EQ(numbers.text(), R"({"NaN": "Infinity \" NaN \\", "1": 2, "a": 0.0})");
  EXPECT_EQ(numbers.Next(), std::nullopt);
  EXPECT_TRUE(numbers.Next());
}

// What json.loads refuses must not become a number.
TEST(PythonNumbersTest, LeavesWordsThatTouchNumbers) {
  for (const char* text : {"NaN1", "1NaN", "-NaN", "--Infinity", "Infinity.", "+Infinity", "NaNe",
                           "nan", "infinity", "Inf", "N", "-", "\"", "\"\\", "\"NaN"}) {
    EXPECT_EQ(PythonNumbers(text).text(), text);
  }
}

TEST(PythonWordForTest, NamesWhatIsNotFinite) {
  EXPECT_EQ(PythonWordFor(std::nan("")), "NaN");
  EXPECT_EQ(PythonWordFor(kInfinity), "Infinity");
  EXPECT_EQ(PythonWordFor(-kInfinity), "-Infinity");
  EXPECT_EQ(PythonWordFor(1.5), "");
}

}  // namespace
}  // namespace sidecar::base
