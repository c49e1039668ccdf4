#include "model/keras/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace sidecar::model::keras {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(ParseJsonTest, ReadsADocument) {
  const auto document = ParseJson(R"({"a": [1, null, {"b": "c"}], "d": {"a": 2}})", "here");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ((*document)["d"]["a"], 2);
}

TEST(ParseJsonTest, NamesPlaceAndByteOfASyntaxError) {
  const Status status = ParseJson(R"({"a": ])", "config.json").status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("config.json: is not valid JSON: error at byte 7 of 7"));
}

TEST(ParseJsonTest, RefusesWhatIsNotOneValue) {
  for (const char* text : {"", "{} {}", "nul", "{\"a\"}", "[1,", "\xff", "\"\xff\"", "1e999"}) {
    EXPECT_EQ(ParseJson(text, "here").status().code(), StatusCode::kDataLoss) << text;
  }
}

TEST(ParseJsonTest, ReadsTheNumbersThatPythonWrites) {
  const auto document =
      ParseJson(R"({"a": [1, NaN, "NaN", null], "b": {"c": -Infinity}, "d": Infinity})", "here");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ((*document)["a"][0], 1);
  EXPECT_TRUE(std::isnan((*document)["a"][1].get<double>()));
  EXPECT_EQ((*document)["a"][2], "NaN");
  EXPECT_EQ((*document)["b"]["c"], -std::numeric_limits<double>::infinity());
  EXPECT_EQ((*document)["d"], std::numeric_limits<double>::infinity());
  EXPECT_EQ(WithWordsAsText(*document).dump(),
            R"({"a":[1,"NaN","NaN",null],"b":{"c":"-Infinity"},"d":"Infinity"})");
}

TEST(ParseJsonTest, RefusesOtherWordsForNumbers) {
  for (const char* text : {"nan", "inf", "Inf", "+Infinity", "-NaN", "NaN1", "1NaN", "--Infinity",
                           "{NaN: 1}", "trueNaN", "[NaN NaN]"}) {
    EXPECT_EQ(ParseJson(text, "here").status().code(), StatusCode::kDataLoss) << text;
  }
  EXPECT_THAT(ParseJson("[Infinity, NaN, ]", "f").status().message(),
              HasSubstr("error at byte 17 of 17"));
}

TEST(ParseJsonTest, RefusesAKeyThatStandsTwice) {
  const Status status =
      ParseJson(R"({"x": {"name": 1, "b": {"name": 1}, "name": 2}})", "f").status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("the key \"name\" twice"));
}

TEST(ParseJsonTest, BoundsDepthValuesAndBytes) {
  const JsonLimits limits{.bytes = 1000, .values = 50, .depth = 10};
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(ParseJson(nested(10), "f", limits).ok());
  EXPECT_THAT(ParseJson(nested(11), "f", limits).status().message(), HasSubstr("deeper than 10"));
  EXPECT_THAT(
      ParseJson("[" + std::string(200, '0').replace(1, 198, std::string(198, ',')), "f", limits)
          .status()
          .message(),
      HasSubstr("not valid JSON"));
  std::string many = "[0";
  for (int i = 0; i < 60; ++i) many += ",0";
  EXPECT_THAT(ParseJson(many + "]", "f", limits).status().message(),
              HasSubstr("more than 50 values"));
  EXPECT_THAT(ParseJson(std::string(1001, ' '), "f", limits).status().message(),
              HasSubstr("has 1001 bytes; at most 1000"));
}

TEST(ParseJsonTest, SurvivesAMillionBrackets) {
  EXPECT_EQ(ParseJson(std::string(1'000'000, '['), "f").status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(ParseJson(std::string(1'000'000, '{'), "f").status().code(), StatusCode::kDataLoss);
}

TEST(ExcerptTest, IsShort) {
  EXPECT_EQ(Excerpt(json(5)), "5");
  EXPECT_EQ(Excerpt(json{1, 2}), "[1,2]");
  EXPECT_EQ(Excerpt(json(std::nan(""))), "NaN");
  EXPECT_EQ(Excerpt(json{1, -std::numeric_limits<double>::infinity()}), R"([1,"-Infinity"])");
  EXPECT_EQ(Excerpt(json(std::vector<int>(100))), "a list of 100 items");
  EXPECT_LT(Excerpt(json(std::string(5000, 'x'))).size(), 70U);
  json nested = 1;
  for (int i = 0; i < 200; ++i) nested = json::array({nested});
  EXPECT_EQ(Excerpt(nested), "a nested list");
}

}  // namespace
}  // namespace sidecar::model::keras
