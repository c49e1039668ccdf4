#include "evaluate/compile_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sidecar/losses.h"
#include "sidecar/metrics.h"

namespace sidecar::evaluate {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json Merged(const std::string& base, const CompileOverrides& overrides) {
  const Result<std::string> merged = MergeCompileConfig(base, overrides);
  EXPECT_TRUE(merged.ok()) << merged.status();
  return merged.ok() && !merged->empty() ? json::parse(*merged) : json();
}

Status Failure(const std::string& base, const CompileOverrides& overrides) {
  return MergeCompileConfig(base, overrides).status();
}

CompileOverrides File(std::string text) {
  CompileOverrides overrides;
  overrides.file_text = std::move(text);
  overrides.file_name = "compile.json";
  return overrides;
}

TEST(MergeCompileConfigTest, LeavesTheModelsConfigAlone) {
  const std::string base = R"({"optimizer": {"a": 1}, "loss": "mse", "metrics": ["mae"]})";
  EXPECT_EQ(Merged(base, {}), json::parse(base));
  EXPECT_EQ(MergeCompileConfig("", {}).value(), "");
  EXPECT_EQ(MergeCompileConfig("null", {}).value(), "");
}

TEST(MergeCompileConfigTest, AFileReplacesTheWholeConfig) {
  const json merged = Merged(R"({"loss": "mse", "metrics": ["mae"]})", File(R"({"loss": "mae"})"));
  EXPECT_EQ(merged, json::parse(R"({"loss": "mae"})"));
}

TEST(MergeCompileConfigTest, KeepsWhatPythonWritesForNumbersAsWords) {
  const json merged = Merged("", File(R"({"loss": {"class_name": "Huber",
      "config": {"delta": Infinity, "name": "NaN"}}, "loss_weights": {"a": 1.5}})"));
  EXPECT_EQ(merged["loss"]["config"]["delta"], "Infinity");
  EXPECT_EQ(merged["loss"]["config"]["name"], "NaN");
  EXPECT_EQ(merged["loss_weights"]["a"], 1.5);
  const Status weight = Failure("", File(R"({"loss": "mse", "loss_weights": {"a": -Infinity}})"));
  EXPECT_EQ(weight.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(weight.message(), HasSubstr("a is \"-Infinity\"; a number is needed"));
}

TEST(MergeCompileConfigTest, OptionsReplaceTheirKeyOnly) {
  CompileOverrides overrides;
  overrides.loss = "mae";
  overrides.metrics = std::vector<std::string>{
      "accuracy", R"({"class_name": "BinaryAccuracy", "config": {"threshold": 0.3}})"};
  const json merged =
      Merged(R"({"loss": "mse", "metrics": ["mse"], "loss_weights": 2.0})", overrides);
  EXPECT_EQ(merged["loss"], "mae");
  EXPECT_EQ(merged["loss_weights"], 2.0);
  EXPECT_EQ(merged["metrics"][0], "accuracy");
  EXPECT_EQ(merged["metrics"][1]["config"]["threshold"], 0.3);
  overrides.metrics = std::vector<std::string>();
  EXPECT_EQ(Merged("", overrides)["metrics"], json::array());
}

TEST(MergeCompileConfigTest, SaysWhereAFileIsWrong) {
  EXPECT_EQ(Failure("", File(R"({"loss": )")).code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Failure("", File(R"({"loss": )")).message(), HasSubstr("compile.json"));
  EXPECT_THAT(Failure("", File(R"({"loss": )")).message(), HasSubstr("byte 9"));
  EXPECT_THAT(Failure("", File("[]")).message(), HasSubstr("an object"));
  EXPECT_THAT(Failure("", File(R"({"loss": 3})")).message(), HasSubstr("compile.json: loss is 3"));
  EXPECT_THAT(Failure("", File(R"({"metrics": {"a": ["b", true]}})")).message(),
              HasSubstr("metrics.a[1] is true"));
  EXPECT_THAT(Failure("", File(R"({"loss_weights": {"a": "b"}})")).message(),
              HasSubstr("a number is needed"));
  EXPECT_EQ(Failure("", File("\"\xff\"")).code(), StatusCode::kInvalidArgument);
}

TEST(MergeCompileConfigTest, RefusesKeysOfAFileThatCompileDoesNotTake) {
  const Status status =
      Failure("", File(R"({"loss": "mse", "metrix": ["mae"], "optimiser": 1, "optimizer": 2})"));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("unknown keys 'metrix', 'optimiser'"));
}

TEST(MergeCompileConfigTest, ADamagedModelConfigIsDataLoss) {
  EXPECT_EQ(Failure("{", {}).code(), StatusCode::kDataLoss);
  EXPECT_EQ(Failure("7", {}).code(), StatusCode::kDataLoss);
  EXPECT_EQ(Failure(R"({"loss": 7})", {}).code(), StatusCode::kDataLoss);
}

TEST(MergeCompileConfigTest, BoundsNestingAndLength) {
  const std::string deep = R"({"loss": )" + std::string(100000, '[');
  EXPECT_THAT(Failure("", File(deep)).message(), HasSubstr("brackets within each other"));
  const std::string in_string = R"({"loss": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""})";
  EXPECT_TRUE(Failure("", File(in_string)).ok());
  const std::string longer(kMaxCompileConfigBytes + 1, ' ');
  EXPECT_THAT(Failure("", File(longer)).message(), HasSubstr("bytes"));
}

TEST(MergeCompileConfigTest, RefusesLambdasAndEmptyOptions) {
  const std::string lambda =
      R"({"loss": {"out": {"class_name": "__lambda__", "config": {"value": "4wEAAA"}}}})";
  EXPECT_EQ(Failure("", File(lambda)).code(), StatusCode::kUnimplemented);
  EXPECT_EQ(Failure(lambda, {}).code(), StatusCode::kUnimplemented);
  CompileOverrides overrides;
  overrides.loss = "mse";
  EXPECT_TRUE(Failure(lambda, overrides).ok());
  overrides.loss = " ";
  EXPECT_EQ(Failure("", overrides).code(), StatusCode::kInvalidArgument);
  overrides.loss = "{\"class_name\": 3}";
  EXPECT_EQ(Failure("", overrides).code(), StatusCode::kInvalidArgument);
}

TEST(CompileConfigFromOptionsTest, WritesWhatKerasWrites) {
  CompileOptions options;
  options.loss = losses::SparseCategoricalCrossentropy({.from_logits = true});
  options.metrics = {"accuracy", metrics::SparseCategoricalAccuracy("eval_metrics"),
                     metrics::FromLoss(losses::Huber({.delta = 2}))};
  const json config = json::parse(CompileConfigFromOptions(options).value());
  EXPECT_EQ(config["loss"]["class_name"], "SparseCategoricalCrossentropy");
  EXPECT_EQ(config["loss"]["module"], "keras.losses");
  EXPECT_EQ(config["loss"]["config"]["from_logits"], true);
  EXPECT_EQ(config["loss"]["config"]["ignore_class"], nullptr);
  EXPECT_EQ(config["metrics"][0], "accuracy");
  EXPECT_EQ(config["metrics"][1]["config"]["name"], "eval_metrics");
  EXPECT_EQ(config["metrics"][2]["config"]["delta"], 2.0);
  EXPECT_EQ(config["weighted_metrics"], nullptr);
  EXPECT_EQ(config["loss_weights"], nullptr);
}

TEST(CompileConfigFromOptionsTest, WritesDictsByOutput) {
  CompileOptions options;
  options.losses = {{"a", "mse"}, {"b", std::string("mae")}};
  options.loss_weights = {{"a", 0.5}};
  options.output_metrics = {{"b", {"mae", metrics::MeanSquaredError("m")}}};
  const json config = json::parse(CompileConfigFromOptions(options).value());
  EXPECT_EQ(config["loss"], json::parse(R"({"a": "mse", "b": "mae"})"));
  EXPECT_EQ(config["loss_weights"]["a"], 0.5);
  EXPECT_EQ(config["metrics"]["b"][1]["class_name"], "MeanSquaredError");
}

TEST(CompileConfigFromOptionsTest, RefusesObjectsThatAreNoJson) {
  CompileOptions options;
  options.loss = Loss(KerasObject("{"));
  EXPECT_EQ(CompileConfigFromOptions(options).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sidecar::evaluate
