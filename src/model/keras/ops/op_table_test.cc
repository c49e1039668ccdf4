#include "model/keras/ops/op_table.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "sidecar/model.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json Tensor(const std::string& layer, int output = 0) {
  return {{"class_name", "__keras_tensor__"},
          {"config", {{"shape", {nullptr, 3}}, {"keras_history", {layer, 0, output}}}}};
}

// A Keras 3 model of one operation of keras.ops.numpy.
json Document(const std::string& class_name, json config, json args, int output = 0) {
  config["name"] = "op";
  return {{"module", "keras"},
          {"class_name", "Functional"},
          {"config",
           {{"name", "m"},
            {"layers",
             {{{"module", "keras.layers"},
               {"class_name", "InputLayer"},
               {"name", "in"},
               {"config", {{"batch_shape", {nullptr, 3}}, {"dtype", "float32"}, {"name", "in"}}},
               {"inbound_nodes", json::array()}},
              {{"module", "keras.src.ops.numpy"},
               {"class_name", class_name},
               {"registered_name", class_name},
               {"name", "op"},
               {"config", std::move(config)},
               {"inbound_nodes", {{{"args", std::move(args)}, {"kwargs", json::object()}}}}}}},
            {"input_layers", {"in", 0, 0}},
            {"output_layers", {"op", 0, output}}}}};
}

Result<Model> Read(const json& document) {
  return Model::FromJson(document.dump(), {.keras_version = KerasVersion::kKeras3});
}

std::string Message(const json& document) { return Read(document).status().ToString(); }

TEST(OpTableTest, HasEachOperationOnce) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const OpEntry& entry : AllOps()) {
    EXPECT_TRUE(seen.emplace(entry.family, entry.name).second) << entry.family << " " << entry.name;
    EXPECT_NE(entry.function, nullptr) << entry.name;
  }
}

TEST(OpTableTest, HasNoOperationThatIsRefused) {
  std::pair<std::string_view, std::string_view> before;
  for (const RefusedOp& refused : RefusedOps()) {
    const std::pair key(refused.family, refused.name);
    EXPECT_LT(before, key) << "refused_ops.inc is sorted, each line once";
    before = key;
    EXPECT_FALSE(refused.reason.empty()) << refused.name;
    for (const OpEntry& entry : AllOps()) {
      EXPECT_FALSE(entry.family == refused.family && entry.name == refused.name) << entry.name;
    }
  }
}

TEST(OpTableTest, SaysWhyAnOperationIsRefused) {
  const Status status = Read(Document("I0", json::object(), json::array({Tensor("in")}))).status();
  EXPECT_THAT(status.details(),
              ElementsAre("the layer 'op' (I0): OpenVINO has no Bessel functions"));
}

TEST(OpTableTest, RefusesUnknownOperationsByName) {
  const Status status = Read(Document("I0", json::object(), json::array({Tensor("in")}))).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("keras.ops.numpy.I0 'op'"));
}

TEST(OpTableTest, RefusesArgumentsThatItDoesNotKnow) {
  const Status status =
      Read(Document("Sum", {{"axis", 1}, {"where", true}}, json::array({Tensor("in")}))).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("the argument where = true is not supported"));
}

TEST(OpTableTest, RefusesOutputsWithoutTheBatch) {
  EXPECT_THAT(Message(Document("Sum", {{"axis", nullptr}}, json::array({Tensor("in")}))),
              HasSubstr("the batch must be its first dimension"));
}

TEST(OpTableTest, RefusesOutputsThatAreNotThere) {
  EXPECT_THAT(Message(Document("Abs", json::object(), json::array({Tensor("in")}), 1)),
              HasSubstr("output 1 of the layer 'op' (Abs) is used; it has 1"));
}

TEST(OpTableTest, RefusesWrongArguments) {
  const auto message = [](const std::string& class_name, const json& config, json args = {}) {
    if (args.empty()) args = json::array({Tensor("in")});
    return Message(Document(class_name, config, args));
  };
  EXPECT_THAT(message("Sum", {{"axis", 7}}), HasSubstr("names the dimension 7, of 2"));
  EXPECT_THAT(message("Sum", {{"axis", "x"}}), HasSubstr("axis is \"x\""));
  EXPECT_THAT(message("Transpose", {{"axes", {0}}}), HasSubstr("axes are not all there"));
  EXPECT_THAT(message("Split", {{"axis", 1}, {"indices_or_sections", 2}}),
              HasSubstr("cannot split the dimension into so many equal parts"));
  EXPECT_THAT(message("Repeat", {{"axis", 1}, {"repeats", 99999999999}}),
              HasSubstr("repeats is not from 1 to 2^20"));
  EXPECT_THAT(message("Pad", {{"pad_width", {{0, 0}, {-1, 0}}}}), HasSubstr("pad_width"));
  EXPECT_THAT(message("Reshape", {{"newshape", {-1, -1}}}), HasSubstr("cannot work on inputs"));
  EXPECT_THAT(message("Einsum", {{"subscripts", "->"}}), HasSubstr("the layer 'op' (Einsum)"));
  EXPECT_THAT(message("GetItem", json::object(), {Tensor("in"), {0, 0, 0}}),
              HasSubstr("too many indices"));
  EXPECT_THAT(message("GetItem", json::object(),
                      {Tensor("in"), {{{"class_name", "__slice__"}, {"config", {{"step", 0}}}}}}),
              HasSubstr("step is 0"));
  EXPECT_THAT(message("Quantile", {{"axis", 1}}, {Tensor("in"), 1.5}), HasSubstr("q is out of"));
  EXPECT_THAT(message("Quantile", {{"axis", 0}}, {Tensor("in"), 0.5}), HasSubstr("of known sizes"));
  EXPECT_THAT(message("Quantile", {{"axis", 1}}, {Tensor("in"), {{0.5}}}),
              HasSubstr("one quantile, or a list"));
  EXPECT_THAT(message("Linspace", {{"num", 1 << 20}}, {Tensor("in"), 1.0}),
              HasSubstr("num is not"));
  EXPECT_THAT(message("ArraySplit", {{"axis", 1}, {"indices_or_sections", 4}}),
              HasSubstr("none of them empty"));
  EXPECT_THAT(message("Add", json::object(), {Tensor("in"), "text"}), HasSubstr("\"text\""));
  EXPECT_THAT(message("Add", json::object(), {Tensor("in"), {{1, 2}, {3}}}),
              HasSubstr("nested lists of numbers of equal lengths"));
  EXPECT_THAT(message("Tile", {{"repeats", {1, std::int64_t{1} << 40U}}}),
              HasSubstr("its output would have the shape"));
}

// A convolution of grids of 5 steps and 2 channels by a kernel of 3 steps and 4 filters.
std::string GridMessage(const std::string& class_name, const json& config, const json& kernel) {
  json args = json::array({Tensor("in")});
  if (!kernel.is_null()) args.push_back(kernel);
  json document = Document(class_name, config, args);
  json& layers = document["config"]["layers"];
  layers[0]["config"]["batch_shape"] = {nullptr, 5, 2};
  layers[1]["module"] = "keras.src.ops.nn";
  return Message(document);
}

TEST(OpTableTest, RefusesWindowsThatDoNotFit) {
  const json kernel = std::vector(3, std::vector(2, std::vector<double>(4, 0.5)));
  const json flat = std::vector(2, std::vector<double>(4, 0.5));
  EXPECT_EQ(GridMessage("Conv", {{"strides", 2}, {"padding", "same"}}, kernel), "OK");
  EXPECT_THAT(GridMessage("Conv", json::object(), flat), HasSubstr("its kernel has the shape"));
  EXPECT_THAT(GridMessage("Conv", {{"strides", 0}}, kernel), HasSubstr("strides is not 1 sizes"));
  EXPECT_THAT(GridMessage("Conv", {{"dilation_rate", {1, 1}}}, kernel),
              HasSubstr("dilation_rate is not 1 sizes"));
  EXPECT_THAT(GridMessage("Conv", {{"padding", "full"}}, kernel), HasSubstr("padding is full"));
  EXPECT_THAT(GridMessage("Conv", {{"data_format", "NHWC"}}, kernel),
              HasSubstr("data_format is NHWC"));
  EXPECT_THAT(GridMessage("DepthwiseConv", {{"data_format", "channels_first"}}, kernel),
              HasSubstr("its kernel has 2 channels"));
  EXPECT_THAT(GridMessage("MaxPool", {{"pool_size", -1}}, json()),
              HasSubstr("pool_size is not 1 sizes"));
  EXPECT_THAT(GridMessage("MaxPool", {{"pool_size", 9}}, json()), HasSubstr("cannot work on"));
}

// An operation on a matrix of 3 rows, or what `shape` says.
std::string MatrixMessage(const std::string& module, const std::string& class_name,
                          const json& config, const json& further = json::array(),
                          const json& shape = {nullptr, 3, 3}) {
  json args = json::array({Tensor("in")});
  args.insert(args.end(), further.begin(), further.end());
  json document = Document(class_name, config, args);
  json& layers = document["config"]["layers"];
  layers[0]["config"]["batch_shape"] = shape;
  layers[1]["module"] = "keras.src.ops." + module;
  return Message(document);
}

TEST(OpTableTest, RefusesMatricesAndPartsThatDoNotFit) {
  EXPECT_EQ(MatrixMessage("linalg", "Cholesky", json::object()), "OK");
  const json wide = {nullptr, 3, 4};
  EXPECT_THAT(MatrixMessage("linalg", "Det", json::object(), json::array(), wide),
              HasSubstr("square matrices of up to 64 rows"));
  const json large = {nullptr, 65, 65};
  EXPECT_THAT(MatrixMessage("linalg", "Cholesky", json::object(), json::array(), large),
              HasSubstr("square matrices of up to 64 rows"));
  EXPECT_THAT(MatrixMessage("linalg", "Norm", {{"axis", {1, 2}}, {"ord", 2}}),
              HasSubstr("need singular values"));
  EXPECT_THAT(MatrixMessage("core", "SliceUpdate", json::object(), {{0, 0, 0}, {{{1.0}}}}),
              HasSubstr("its update the size 1 along the dimension 0"));
  EXPECT_THAT(MatrixMessage("core", "ScatterUpdate", {{"reduction", "mean"}}, {{{0}}, {{{1.0}}}}),
              HasSubstr("reduction is not null"));
  EXPECT_THAT(MatrixMessage("math", "RFFT", {{"fft_length", 0}}), HasSubstr("fft_length is not 1"));
  EXPECT_THAT(
      MatrixMessage("math", "ExtractSequences", {{"sequence_length", 4}, {"sequence_stride", 1}}),
      HasSubstr("at least one of them"));
  EXPECT_THAT(MatrixMessage("math", "STFT",
                            {{"sequence_length", 4}, {"sequence_stride", 1}, {"fft_length", 2}}),
              HasSubstr("are not ascending"));
  EXPECT_THAT(MatrixMessage("nn", "Fold", {{"output_size", 4}, {"kernel_size", 2}}),
              HasSubstr("takes [batch, channels * 4, 9]"));
}

}  // namespace
}  // namespace sidecar::model::keras
