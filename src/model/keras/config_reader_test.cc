#include "model/keras/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace sidecar::model::keras {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

const json& Config() {
  static const json config = json::parse(R"({
    "int": 5, "big": 9223372036854775808, "zero": 0, "negative": -3, "float": 2.5, "whole": 2.0,
    "text": "relu", "yes": true, "nothing": null, "pair": [2, 3], "triple": [1, 2, 3],
    "tuple": {"class_name": "__tuple__", "items": [4, 5]}, "shape": [null, 4, 0],
    "matrix": [[1, 2, 3], [4, 5, 6]], "ragged": [[1], [2, 3]], "empty": [],
    "array": {"class_name": "__numpy__", "config": {"value": [[0.5]], "dtype": "float32"}}
  })");
  return config;
}

ConfigReader Reader() { return {Config(), "the layer 'x': config"}; }

TEST(ConfigReaderTest, ReadsNumbers) {
  EXPECT_EQ(*Reader().Int("int"), 5);
  EXPECT_EQ(*Reader().Int("negative"), -3);
  EXPECT_EQ(*Reader().Int("missing", 7), 7);
  EXPECT_EQ(*Reader().Int("nothing", 7), 7);
  EXPECT_EQ(*Reader().Number("float"), 2.5);
  EXPECT_EQ(*Reader().Number("int"), 5.0);
  EXPECT_EQ(*Reader().PositiveInt("int"), 5);
  for (const char* key : {"missing", "nothing", "big", "float", "text", "yes", "pair"}) {
    EXPECT_EQ(Reader().Int(key).status().code(), StatusCode::kDataLoss) << key;
  }
  for (const char* key : {"zero", "negative", "big", "float"}) {
    EXPECT_FALSE(Reader().PositiveInt(key).ok()) << key;
  }
}

TEST(ConfigReaderTest, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(Reader().Int("text").status().message(),
            "the layer 'x': config.text is \"relu\"; an integer is allowed");
  EXPECT_EQ(Reader().Bool("missing").status().message(),
            "the layer 'x': config.missing is missing; true or false is allowed");
}

TEST(ConfigReaderTest, TakesNumbersThatAreNotFiniteWhereTheyAreAskedFor) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const json config = {{"most", kInfinity}, {"none", std::nan("")}, {"list", {1, -kInfinity}}};
  const ConfigReader reader(config, "the layer 'x': config");
  EXPECT_EQ(*reader.AnyNumber("most"), kInfinity);
  EXPECT_TRUE(std::isnan(*reader.AnyNumber("none")));
  EXPECT_EQ(*reader.AnyNumber("missing", 2), 2);
  EXPECT_EQ(reader.Number("most").status().message(),
            "the layer 'x': config.most is Infinity; a finite number is allowed");
  EXPECT_EQ(reader.Number("none").status().code(), StatusCode::kDataLoss);
  EXPECT_FALSE(reader.Int("most").ok());
  EXPECT_FALSE(reader.Ints("list").ok());
  const auto numbers = reader.Numbers("list");
  ASSERT_TRUE(numbers.ok()) << numbers.status();
  EXPECT_EQ(numbers->values[1], -kInfinity);
  EXPECT_EQ(AsIntegers(*numbers), std::nullopt);
}

TEST(ConfigReaderTest, TakesWholeNumbersForIntegers) {
  using Integers = std::optional<std::vector<std::int64_t>>;
  EXPECT_EQ(AsIntegers({.values = {2, -3}, .shape = {2}}), Integers({2, -3}));
  for (const double number : {0.5, 1e17, -1e300, std::nan("")}) {
    EXPECT_EQ(AsIntegers({.values = {1, number}, .shape = {2}}), std::nullopt) << number;
  }
}

TEST(ConfigReaderTest, ReadsTextAndFlags) {
  EXPECT_EQ(*Reader().String("text"), "relu");
  EXPECT_EQ(*Reader().OneOf("text", {"relu", "tanh"}, "tanh"), "relu");
  EXPECT_EQ(*Reader().OneOf("missing", {"relu", "tanh"}, "tanh"), "tanh");
  EXPECT_THAT(Reader().OneOf("text", {"valid", "same"}, "valid").status().message(),
              HasSubstr("one of \"valid\", \"same\""));
  EXPECT_TRUE(*Reader().Bool("yes"));
  EXPECT_FALSE(*Reader().Bool("missing", false));
  EXPECT_FALSE(Reader().Bool("int").ok());
}

TEST(ConfigReaderTest, ReadsLists) {
  EXPECT_THAT(*Reader().Ints("triple"), ElementsAre(1, 2, 3));
  EXPECT_THAT(*Reader().Ints("int"), ElementsAre(5));
  EXPECT_THAT(*Reader().Ints("tuple"), ElementsAre(4, 5));
  EXPECT_THAT(*Reader().Ints("empty"), ElementsAre());
  EXPECT_FALSE(Reader().Ints("matrix").ok());
  EXPECT_THAT(*Reader().PositiveInts("pair", 2), ElementsAre(2, 3));
  EXPECT_THAT(*Reader().PositiveInts("int", 3), ElementsAre(5, 5, 5));
  EXPECT_THAT(*Reader().PositiveInts("missing", 2, {{8, 9}}), ElementsAre(8, 9));
  EXPECT_FALSE(Reader().PositiveInts("triple", 2).ok());
  EXPECT_FALSE(Reader().PositiveInts("zero", 2).ok());
  EXPECT_EQ(*Reader().DynamicShape("shape"), (Shape{Shape::kUnknown, 4, 0}));
  EXPECT_FALSE(Reader().DynamicShape("matrix").ok());
  EXPECT_FALSE(Reader().DynamicShape("negative").ok());
}

TEST(ConfigReaderTest, ReadsNestedNumbers) {
  const NumberArray matrix = Reader().Numbers("matrix").value();
  EXPECT_THAT(matrix.shape, ElementsAre(2, 3));
  EXPECT_THAT(matrix.values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Reader().Numbers("float")->shape, ElementsAre());
  const NumberArray array = Reader().Numbers("array").value();
  EXPECT_THAT(array.shape, ElementsAre(1, 1));
  EXPECT_THAT(array.values, ElementsAre(0.5));
  EXPECT_THAT(Reader().Numbers("empty")->shape, ElementsAre(0));
  for (const char* key : {"ragged", "text", "missing", "shape"}) {
    EXPECT_EQ(Reader().Numbers(key).status().code(), StatusCode::kDataLoss) << key;
  }
}

TEST(ConfigReaderTest, TakesAnythingForAnObjectWithoutMembers) {
  const json list = json::array({1});
  EXPECT_EQ(ConfigReader(list, "x").Find("a"), nullptr);
  EXPECT_EQ(TextMember(list, "a"), "");
}

}  // namespace
}  // namespace sidecar::model::keras
