#include "base/json_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace sidecar::base {
namespace {

using ::testing::HasSubstr;

TEST(JsonBuilderTest, BuildsWhatTheParserBuilds) {
  for (const char* text :
       {"null", "true", "-3", "18446744073709551615", "1.5e3", "\"a\\u0041\"", "[]", "{}",
        R"([1, [2, {"a": []}], {"b": {"c": [null, false]}, "d": "e"}, 3])",
        R"({"z": {"y": 1}, "a": [{"x": 2}, {"x": 3}]})"}) {
    JsonBuilder builder(text, {}, PythonWords::kNumbers);
    ASSERT_TRUE(builder.Parse()) << text;
    EXPECT_EQ(builder.TakeDocument(), nlohmann::json::parse(text)) << text;
  }
}

TEST(JsonBuilderTest, GivesPythonsWordsAsNumbersOrText) {
  JsonBuilder numbers("[1, Infinity]", {}, PythonWords::kNumbers);
  ASSERT_TRUE(numbers.Parse());
  EXPECT_EQ(numbers.TakeDocument()[1], std::numeric_limits<double>::infinity());
  JsonBuilder text("[1, -Infinity]", {}, PythonWords::kText);
  ASSERT_TRUE(text.Parse());
  EXPECT_EQ(text.TakeDocument()[1], "-Infinity");
}

TEST(JsonBuilderTest, SaysWhatIsWrong) {
  JsonBuilder cut("[1, {", {}, PythonWords::kNumbers);
  EXPECT_FALSE(cut.Parse());
  EXPECT_EQ(cut.problem(), "");
  ASSERT_TRUE(cut.error().has_value());
  EXPECT_TRUE(cut.error()->is_syntax);
  EXPECT_EQ(cut.error()->byte, 6U);
  JsonBuilder huge("1e999", {}, PythonWords::kNumbers);
  EXPECT_FALSE(huge.Parse());
  EXPECT_FALSE(huge.error()->is_syntax);
  JsonBuilder twice(R"({"a": 1, "a": 2})", {}, PythonWords::kNumbers);
  EXPECT_FALSE(twice.Parse());
  EXPECT_THAT(twice.problem(), HasSubstr("the key \"a\" twice"));
}

// nlohmann's parser with a callback takes a minute for this list.
TEST(JsonBuilderTest, TakesTimeInProportionToTheText) {
  std::string text = "[{}";
  for (int i = 1; i < 1'000'000; ++i) text += ",{}";
  text += "]";
  JsonBuilder builder(text, {}, PythonWords::kNumbers);
  ASSERT_TRUE(builder.Parse());
  EXPECT_EQ(builder.TakeDocument().size(), 1'000'000U);
}

}  // namespace
}  // namespace sidecar::base
