#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "../../examples/custom_layer/classes.h"
#include "sidecar/sidecar.h"

namespace sidecar {
namespace {

using nlohmann::ordered_json;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path kGolden = fs::path(SIDECAR_TEST_DATA) / "custom_layers";

class CustomLayersTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { example::RegisterClasses(); }
};

TEST_F(CustomLayersTest, GiveKerasNumbers) {
  const DatasetPtr data = LoadDataset(kGolden / "data.npz", 32).value();
  int rows = 0;
  for (const ordered_json& row : ordered_json::parse(std::ifstream(kGolden / "expected.json"))) {
    const std::string model_file = row.at("model");
    const std::string checkpoint = row.at("checkpoint");
    SCOPED_TRACE(model_file + " " + checkpoint);
    const Result<Model> model = Model::Load(kGolden / model_file);
    ASSERT_TRUE(model.ok()) << model.status();
    const Result<EvaluationResult> result = Evaluate(*model, data, kGolden / checkpoint);
    ASSERT_TRUE(result.ok()) << result.status();
    const ordered_json& expected = row.at("metrics");
    ASSERT_EQ(result->metrics.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(result->metrics[i].first, expected[i][0]);
      const double wanted = expected[i][1];
      EXPECT_NEAR(std::get<double>(result->metrics[i].second), wanted, 2e-5 * wanted);
    }
    ++rows;
  }
  EXPECT_EQ(rows, 6);
}

// A layer whose Call() is a function of the test's own.
class FakeLayer final : public openvino::Layer {
 public:
  using Function = std::function<Result<std::vector<openvino::GraphValue>>(
      openvino::LayerBuilder&, const std::vector<openvino::GraphValue>&)>;
  explicit FakeLayer(Function function) : function_(std::move(function)) {}
  Result<std::vector<openvino::GraphValue>> Call(
      openvino::LayerBuilder& builder,
      const std::vector<openvino::GraphValue>& inputs) const override {
    return function_(builder, inputs);
  }

 private:
  Function function_;
};

// A model of one layer of that class.
Result<Model> LoadWith(const std::string& class_name) {
  return Model::FromJson(
      R"({"class_name": "Sequential", "keras_version": "3.15.0", "config": {"name": "m", "layers": [
          {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [null, 4]}},
          {"class_name": ")" +
      class_name + R"(", "module": "mine", "registered_name": ")" + class_name +
      R"(", "config": {"name": "own", "width": "wide", "sizes": [1, 2]}}]}})");
}

TEST_F(CustomLayersTest, FailuresNameTheLayer) {
  const auto status_of = [](const std::string& name, FakeLayer::Function function) {
    ThrowIfError(openvino::RegisterLayer(name, std::make_shared<FakeLayer>(std::move(function))));
    return LoadWith(name).status();
  };
  const std::string where = "the layer 'own' (";
  const Status config = status_of("ReadsConfig", [](auto& builder, const auto&) {
    EXPECT_EQ(builder.name(), "own");
    EXPECT_EQ(builder.keras_version(), KerasVersion::kKeras3);
    EXPECT_TRUE(builder.config().Has("width"));
    EXPECT_EQ(builder.config().String("width").value(), "wide");
    EXPECT_EQ(builder.config().Ints("sizes").value(), (std::vector<std::int64_t>{1, 2}));
    EXPECT_THAT(builder.config().Json(), HasSubstr(R"("sizes":[1,2])"));
    return Result<std::vector<openvino::GraphValue>>(builder.config().Int("width").status());
  });
  EXPECT_EQ(config.code(), StatusCode::kDataLoss);
  EXPECT_THAT(config.message(), HasSubstr(where + "ReadsConfig): config.width is \"wide\""));
  const Status thrown = status_of("Throws", [](auto&, const auto& inputs) {
    const auto axis = ov::op::v0::Constant::create(ov::element::i64, {}, {7});
    return Result<std::vector<openvino::GraphValue>>(std::vector<openvino::GraphValue>{
        std::make_shared<ov::op::v1::Split>(inputs[0], axis, 2)->output(0)});
  });
  EXPECT_EQ(thrown.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(thrown.message(), HasSubstr(where + "Throws): cannot work on inputs of shape [?,4]"));
  const auto returning = [](std::vector<openvino::GraphValue> outputs) {
    return [outputs = std::move(outputs)](auto&, const auto&) {
      return Result<std::vector<openvino::GraphValue>>(outputs);
    };
  };
  EXPECT_THAT(status_of("Empty", returning({})).message(), HasSubstr("has no output"));
  EXPECT_THAT(status_of("Unset", returning({openvino::GraphValue()})).message(),
              HasSubstr("returns an empty output"));
  const auto text = ov::op::v0::Constant::create(ov::element::f64, {1}, {1.0});
  EXPECT_THAT(status_of("Double", returning({text->output(0)})).message(),
              HasSubstr("returns f64; f32, i32, i64 and boolean are allowed"));
  const auto rows = ov::op::v0::Constant::create(ov::element::f32, {1, 4}, {1.0F});
  EXPECT_THAT(status_of("OneRow", returning({rows->output(0)})).message(),
              HasSubstr("does not have the batch as its first dimension"));
}

TEST_F(CustomLayersTest, WrongRegistrationsAreRefused) {
  const auto layer = std::make_shared<example::Gated>();
  EXPECT_EQ(openvino::RegisterLayer("", layer).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(openvino::RegisterLayer("Null", nullptr).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(openvino::RegisterLayer("golden>Gated", layer).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(LoadWith("NeverRegistered").status().code(), StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace sidecar
