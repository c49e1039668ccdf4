// Categories, texts and images: what runs before the graph, where vocabularies come from, and what
// is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/keras/model_reader.h"
#include "model/testing/keras_json.h"
#include "model/testing/run_graph.h"

namespace sidecar::model::keras {
namespace {

using model::testing::Functional2;
using model::testing::Functional3;
using model::testing::Input2;
using model::testing::Input3;
using model::testing::json;
using model::testing::Layer2;
using model::testing::Layer3;
using model::testing::RunGraph;
using model::testing::Tensor3;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A model of one layer. Keras 3.
json OneLayer(const std::string& class_name, const json& config, const json& batch_shape,
              const std::string& dtype) {
  return Functional3("m",
                     json::array({Input3("in", batch_shape, dtype),
                                  Layer3(class_name, "layer", config, {Tensor3("in")})}),
                     json::array({"in", 0, 0}), json::array({"layer", 0, 0}));
}

Result<std::shared_ptr<LoadedModel>> Read(const json& document, const AssetReader& assets = {}) {
  return ReadModel(document.dump(), {.source = "test", .read_asset = assets});
}

Tensor Strings(Shape shape, const std::vector<std::string>& strings) {
  return Tensor::FromStrings(std::move(shape), strings).value();
}

std::vector<std::int64_t> Ids(const LoadedModel& model, const Tensor& input) {
  const auto outputs = RunGraph(model, {}, {input});
  if (!outputs.ok()) {
    ADD_FAILURE() << outputs.status();
    return {};
  }
  const Tensor& ids = outputs->front();
  std::vector<std::int64_t> result;
  for (const std::int32_t id : ids.values<std::int32_t>()) result.push_back(id);
  for (const std::int64_t id : ids.values<std::int64_t>()) result.push_back(id);
  return result;
}

TEST(PreprocessingTest, StringsNeverReachTheGraph) {
  json layers = json::array(
      {Input3("words", {nullptr, 2}, "string"), Input3("numbers", {nullptr, 2}),
       Layer3("StringLookup", "lookup", {{"vocabulary", {"a", "b"}}}, {Tensor3("words")}),
       Layer3("Concatenate", "join", {{"axis", -1}},
              {json::array({Tensor3("lookup"), Tensor3("numbers")})})});
  const auto model = Read(Functional3(
      "m", layers, json::array({json::array({"words", 0, 0}), json::array({"numbers", 0, 0})}),
      json::array({"join", 0, 0})));
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ((*model)->inputs.size(), 2U);
  EXPECT_EQ((*model)->inputs[0].dtype, DType::kString);
  const auto outputs = RunGraph(
      **model, {},
      {Strings({1, 2}, {"b", "c"}), Tensor::FromValues<float>({1, 2}, {0.5F, 1.5F}).value()});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  const auto values = outputs->front().values<float>();
  EXPECT_THAT(std::vector<float>(values.begin(), values.end()),
              ElementsAre(2.0F, 0.0F, 0.5F, 1.5F));
}

TEST(PreprocessingTest, IdsMayHave64Bits) {
  const auto model =
      Read(OneLayer("IntegerLookup", {{"vocabulary", {5, 4294967301}}}, {nullptr, 3}, "int64"));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(
      Ids(**model, Tensor::FromValues<std::int64_t>({1, 3}, {4294967301, 5, 4294967306}).value()),
      ElementsAre(2, 1, 0));
}

TEST(PreprocessingTest, NamesTheSampleThatIsNotInTheVocabulary) {
  const auto model =
      Read(OneLayer("StringLookup", {{"vocabulary", {"a", "b"}}, {"num_oov_indices", 0}},
                    {nullptr, 2}, "string"));
  ASSERT_TRUE(model.ok()) << model.status();
  const auto outputs = RunGraph(**model, {}, {Strings({2, 2}, {"a", "b", "a", "z"})});
  EXPECT_EQ(outputs.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(outputs.status().message(),
              HasSubstr("the layer 'layer' (StringLookup): sample 1 of the batch: 'z'"));
}

TEST(PreprocessingTest, ReadsVocabulariesOfAnArchive) {
  std::vector<std::string> asked;
  const AssetReader assets = [&asked](const std::string& path) {
    asked.push_back(path);
    return Result<std::optional<std::string>>(std::string("\n[UNK]\nthe\ncat"));
  };
  const auto model = Read(
      OneLayer("TextVectorization", {{"split", "whitespace"}}, {nullptr, 1}, "string"), assets);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(asked, ElementsAre("assets/layers/text_vectorization/vocabulary.txt"));
  EXPECT_THAT(Ids(**model, Strings({2, 1}, {"cat dog the", "the"})), ElementsAre(3, 1, 2, 2, 0, 0));
}

TEST(PreprocessingTest, RefusesDamagedVocabulariesOfAnArchive) {
  const std::pair<std::string, std::string> cases[] = {
      {"-1\n5\nx", "line 3 of its vocabulary.txt is 'x'"},
      {"-1\n5\n99999999999999999999", "line 3"},
      {"-1\n5\n5", "has '5' twice"},
  };
  for (const auto& [content, message] : cases) {
    const AssetReader assets = [&text = content](const std::string&) {
      return Result<std::optional<std::string>>(text);
    };
    const Status status =
        Read(OneLayer("IntegerLookup", json::object(), {nullptr, 1}, "int64"), assets).status();
    EXPECT_EQ(status.code(), StatusCode::kDataLoss) << content;
    EXPECT_THAT(status.message(), HasSubstr(message));
  }
}

// Keras 2 counts an adapted vocabulary when it numbers the layers that have weights.
TEST(PreprocessingTest, CountsVocabulariesOfKeras2AsWeights) {
  const json document = Functional2(
      "m",
      json::array(
          {Input2("in", {nullptr, 1}, "string"),
           Layer2("StringLookup", "lookup", {{"dtype", "int64"}}, {"in"}),
           Layer2("Embedding", "embed", {{"input_dim", 4}, {"output_dim", 2}}, {"lookup"})}),
      {"in"}, {"embed"});
  const AssetReader assets = [](const std::string&) {
    return Result<std::optional<std::string>>(std::string("[UNK]\na\nb"));
  };
  const auto model = Read(document, assets);
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ((*model)->variables.size(), 2U);
  EXPECT_FALSE((*model)->variables[0].request.needed);
  const auto& steps = (*model)->variables[1].request.graph_path;
  EXPECT_THAT(steps.front().alternatives.front(), ElementsAre("layer_with_weights-1"));
}

struct Refusal {
  std::string class_name;
  json config;
  std::string dtype;
  std::string message;
};

TEST(PreprocessingTest, RefusesConfigsThatLie) {
  const json words = {"a", "b"};
  const json vocabulary = {{"vocabulary", words}};
  const auto with = [](json config, const json& more) {
    config.update(more);
    return config;
  };
  const Refusal cases[] = {
      {"CategoryEncoding", {{"num_tokens", 2147483647}}, "int32", "1 to 2^24"},
      {"CategoryEncoding", {{"num_tokens", -3}}, "int32", "config.num_tokens is -3"},
      {"CategoryEncoding", {{"num_tokens", 3}, {"output_mode", "int"}}, "int32", "output_mode"},
      {"CategoryEncoding", {{"num_tokens", 3}}, "string", "is called with strings"},
      {"Hashing", {{"num_bins", 0}}, "string", "config.num_bins is 0"},
      {"Hashing", {{"num_bins", 1e30}}, "string", "config.num_bins"},
      {"Hashing", {{"num_bins", 9}, {"salt", {1, 2, 3}}}, "string", "config.salt"},
      {"Hashing", {{"num_bins", 9}, {"mask_value", 4}}, "string", "config.mask_value"},
      {"HashedCrossing", {{"num_bins", 9}}, "string", "less than two inputs"},
      {"Discretization", json::object(), "float32", "bin_boundaries"},
      {"Discretization", {{"bin_boundaries", {2, 1}}}, "float32", "ascending"},
      {"StringLookup", json::object(), "string", "has no vocabulary"},
      {"StringLookup", {{"vocabulary", "/etc/passwd"}}, "string", "a file of its own is not read"},
      {"StringLookup", {{"vocabulary", {"a", 7}}}, "string", "config.vocabulary[1]"},
      {"StringLookup", {{"vocabulary", {"a", "b", "a"}}}, "string", "has 'a' twice"},
      {"StringLookup", with(vocabulary, {{"mask_token", "b"}}), "string", "mask token 'b'"},
      {"StringLookup", with(vocabulary, {{"max_tokens", 2}}), "string", "config.max_tokens = 2"},
      {"StringLookup", with(vocabulary, {{"num_oov_indices", -1}}), "string", "num_oov_indices"},
      {"StringLookup", with(vocabulary, {{"invert", true}}), "int64", "gives strings"},
      {"StringLookup", vocabulary, "int64", "takes string; is called with int64"},
      {"StringLookup", with(vocabulary, {{"output_mode", "tf_idf"}, {"idf_weights", {1.0}}}),
       "string", "config.idf_weights"},
      {"StringLookup",
       with(vocabulary,
            {{"output_mode", "count"}, {"max_tokens", 2147483647}, {"pad_to_max_tokens", true}}),
       "string", "1 to 2^24"},
      {"TextVectorization", with(vocabulary, {{"standardize", "mine>f"}}), "string", "one's own"},
      {"TextVectorization", with(vocabulary, {{"ngrams", 1000000000}}), "string", "config.ngrams"},
      {"TextVectorization", with(vocabulary, {{"output_sequence_length", 2147483647}}), "string",
       "config.output_sequence_length"},
      {"TextVectorization", vocabulary, "int64", "is called with int64"},
      {"Dense", {{"units", 2}}, "string", "is called with strings"},
      {"Resizing", {{"height", 2147483647}, {"width", 1}}, "float32", ""},
  };
  for (const auto& [class_name, config, dtype, message] : cases) {
    const Status status = Read(OneLayer(class_name, config, {nullptr, 1}, dtype)).status();
    EXPECT_FALSE(status.ok()) << class_name << config;
    EXPECT_THAT(status.message(), HasSubstr("layer")) << class_name << config;
    EXPECT_THAT(status.message(), HasSubstr(message)) << class_name << config;
  }
}

TEST(PreprocessingTest, RefusesIdsThatTheGraphComputed) {
  const json layers = json::array(
      {Input3("in", {nullptr, 3}), Layer3("Rescaling", "scale", {{"scale", 2.0}}, {Tensor3("in")}),
       Layer3("Hashing", "hash", {{"num_bins", 4}}, {Tensor3("scale")})});
  const Status status =
      Read(Functional3("m", layers, json::array({"in", 0, 0}), json::array({"hash", 0, 0})))
          .status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("the layer 'hash' (Hashing): works on strings"));
}

TEST(PreprocessingTest, RefusesWeightsThatMemoryCannotHold) {
  const json config = {{"height", 100000}, {"width", 3}, {"interpolation", "area"}};
  const Status status =
      Read(OneLayer("Resizing", config, {nullptr, 4000, 4, 1}, "float32")).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("would resize 4000 cells to 100000"));
}

}  // namespace
}  // namespace sidecar::model::keras
