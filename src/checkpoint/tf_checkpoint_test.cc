#include "checkpoint/tf_checkpoint.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/memory_file_system.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/testing/bundle_writer.h"

namespace sidecar::checkpoint {
namespace {

using base::MemoryFileSystem;
using testing::BundleWriter;
using testing::CheckpointContent;
using ::testing::ElementsAre;
using testing::GraphWriter;
using ::testing::HasSubstr;
using testing::MakeCheckpoint;
using ::testing::Not;

const std::string kPrefix = "dir/ckpt-1";
using Alternatives = std::vector<std::vector<std::string>>;

Tensor Ramp(const Shape& shape, float first = 0) {
  Tensor tensor = *Tensor::Zeros(DType::kFloat32, shape);
  for (float& value : tensor.mutable_values<float>()) value = first++;
  return tensor;
}

VariableRequest Request(const std::string& name, const Shape& shape,
                        const std::vector<Alternatives>& path) {
  VariableRequest request;
  request.name = name;
  request.shape = shape;
  for (const Alternatives& alternatives : path) request.graph_path.push_back({alternatives});
  return request;
}

/// The way to a Keras 2 layer's weight.
VariableRequest LayerRequest(const std::string& layer, int k, const std::string& weight,
                             const Shape& shape) {
  return Request(
      layer + "/" + weight, shape,
      {{{fmt::format("layer_with_weights-{}", k)}, {"_operations", std::to_string(k + 1)}},
       {{weight}, {"_" + weight}}});
}

/// A Dense and its bias, 2 to 3.
std::vector<VariableRequest> DenseRequests() {
  return {LayerRequest("dense", 0, "kernel", {2, 3}), LayerRequest("dense", 0, "bias", {3})};
}

CheckpointContent DenseContent(const std::string& model_name = "model") {
  return {{{"layer_with_weights-0/kernel", Ramp({2, 3}, 1)},
           {"layer_with_weights-0/bias", Ramp({3}, 10)}},
          5,
          model_name};
}

Result<std::vector<Tensor>> Read(const BundleWriter& writer,
                                 const std::vector<VariableRequest>& requests,
                                 const std::optional<std::string>& root = std::nullopt) {
  MemoryFileSystem fs;
  writer.Write(fs, kPrefix);
  auto source = OpenTfCheckpoint(fs, kPrefix, root);
  if (!source.ok()) return source.status();
  return (*source)->Read(requests);
}

std::optional<std::int64_t> Step(const BundleWriter& writer,
                                 const std::optional<std::string>& root = std::nullopt) {
  MemoryFileSystem fs;
  writer.Write(fs, kPrefix);
  auto source = OpenTfCheckpoint(fs, kPrefix, root);
  EXPECT_TRUE(source.ok()) << source.status();
  const auto step = (*source)->ReadStep();
  EXPECT_TRUE(step.ok()) << step.status();
  return *step;
}

/// A bundle with these tensors under their own names as keys and this graph.
BundleWriter Bundle(const GraphWriter& graph,
                    const std::vector<std::pair<std::string, Tensor>>& tensors) {
  BundleWriter writer;
  for (const auto& [key, tensor] : tensors) writer.Add(key, tensor);
  writer.AddStrings(std::string(ObjectGraph::kKey), {}, {graph.Serialize()});
  return writer;
}

TEST(TfCheckpointTest, ReadsModelBelowAnyRoot) {
  for (const std::string name : {"model", "", "net"}) {
    const auto values = Read(MakeCheckpoint(DenseContent(name)), DenseRequests());
    ASSERT_TRUE(values.ok()) << name << values.status();
    ASSERT_EQ(values->size(), 2U);
    EXPECT_THAT((*values)[0].values<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT((*values)[1].values<float>(), ElementsAre(10, 11, 12));
  }
}

TEST(TfCheckpointTest, LeavesOutWhatIsNotNeeded) {
  std::vector<VariableRequest> requests = DenseRequests();
  VariableRequest seed = Request("dropout/seed_generator_state", {2}, {{{"nowhere"}}});
  seed.needed = false;
  requests.insert(requests.begin(), seed);
  const auto values = Read(MakeCheckpoint(DenseContent()), requests);
  ASSERT_TRUE(values.ok()) << values.status();
  ASSERT_EQ(values->size(), 3U);
  EXPECT_EQ((*values)[0].num_elements(), 0);
  EXPECT_EQ((*values)[2].shape(), (Shape{3}));
}

TEST(TfCheckpointTest, ReadsWhatIsOptionalWhereItIsThere) {
  std::vector<VariableRequest> requests = DenseRequests();
  requests[1].optional = true;
  EXPECT_EQ(Read(MakeCheckpoint(DenseContent()), requests).value()[1].shape(), (Shape{3}));
  CheckpointContent content = DenseContent();
  content.variables.pop_back();
  const auto values = Read(MakeCheckpoint(content), requests);
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ((*values)[0].shape(), (Shape{2, 3}));
  EXPECT_EQ((*values)[1].num_elements(), 0);
  requests[1].shape = {4};  // what is there must fit
  EXPECT_EQ(Read(MakeCheckpoint(DenseContent()), requests).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST(TfCheckpointTest, TakesTheNamedRoot) {
  BundleWriter writer = MakeCheckpoint({{{"a/layer_with_weights-0/kernel", Ramp({2, 3}, 1)},
                                         {"a/layer_with_weights-0/bias", Ramp({3}, 1)},
                                         {"b/layer_with_weights-0/kernel", Ramp({2, 3}, 100)},
                                         {"b/layer_with_weights-0/bias", Ramp({3}, 100)}},
                                        5,
                                        ""});
  EXPECT_EQ((*Read(writer, DenseRequests(), "b"))[1].values<float>()[0], 100);
  const Status ambiguous = Read(writer, DenseRequests()).status();
  EXPECT_EQ(ambiguous.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(ambiguous.message(),
              HasSubstr("fits several children of the checkpoint's root: a, b"));
  const Status missing = Read(writer, DenseRequests(), "c").status();
  EXPECT_EQ(missing.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(missing.message(), HasSubstr("has no child 'c'; it has: a, b, optimizer"));
}

TEST(TfCheckpointTest, DoesNotLeaveTheChildModel_WhenAnotherFits) {
  const BundleWriter writer = MakeCheckpoint({{{"model/layer_with_weights-0/kernel", Ramp({2, 4})},
                                               {"ema/layer_with_weights-0/kernel", Ramp({2, 3}, 1)},
                                               {"ema/layer_with_weights-0/bias", Ramp({3}, 1)}},
                                              5,
                                              ""});
  const Status status = Read(writer, DenseRequests()).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("--checkpoint-root ema"));
  EXPECT_TRUE(Read(writer, DenseRequests(), "ema").ok());
}

TEST(TfCheckpointTest, TakesTheRoot_WhenItsAttributeModelIsAPartOfIt) {
  const BundleWriter writer =
      MakeCheckpoint({{{"model/w", Ramp({2})}, {"head/w", Ramp({3})}}, 5, ""});
  const std::vector<VariableRequest> requests = {Request("model/w", {2}, {{{"model"}}, {{"w"}}}),
                                                 Request("head/w", {3}, {{{"head"}}, {{"w"}}})};
  EXPECT_TRUE(Read(writer, requests).ok());
}

TEST(TfCheckpointTest, ListsWhatDoesNotFit) {
  const BundleWriter writer =
      MakeCheckpoint({{{"layer_with_weights-0/kernel", Ramp({2, 4})},
                       {"layer_with_weights-0/extra", Ramp({9})},
                       {"layer_with_weights-1/kernel", *Tensor::Zeros(DType::kFloat64, {3, 1})}},
                      5,
                      "model"});
  std::vector<VariableRequest> requests = DenseRequests();
  requests.push_back(LayerRequest("out", 1, "kernel", {3, 1}));
  requests.push_back(LayerRequest("out", 1, "bias", {1}));
  const Status status = Read(writer, requests).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("dir/ckpt-1: 4 of 4 variables"));
  EXPECT_THAT(
      status.message(),
      HasSubstr("dense/kernel: checkpoint has float32[2,4], model needs float32[2,3]; dense/bias: "
                "missing; out/kernel: checkpoint has float64[3,1], model needs float32[3,1]; and 1 "
                "more"));
  EXPECT_THAT(status.message(), HasSubstr("another model"));
  ASSERT_GE(status.details().size(), 3U);
  EXPECT_EQ(status.details()[0], "out/bias: missing");
  EXPECT_EQ(status.details()[1], "the checkpoint has, not used by the model:");
  bool lists_extra = false;
  for (const std::string& line : status.details()) {
    EXPECT_THAT(line, Not(HasSubstr("_iterations")));
    lists_extra = lists_extra || line.find("extra") != std::string::npos;
  }
  EXPECT_TRUE(lists_extra);
}

TEST(TfCheckpointTest, RefusesHalfMatchedWeights) {
  CheckpointContent content = DenseContent();
  content.variables.pop_back();
  const Status status = Read(MakeCheckpoint(content), DenseRequests()).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("1 of 2 variables"));
  EXPECT_THAT(status.message(), Not(HasSubstr("another model")));
}

TEST(TfCheckpointTest, RefusesTwoVariablesInOneTensor) {
  const std::vector<VariableRequest> requests = {LayerRequest("a", 0, "kernel", {2, 3}),
                                                 LayerRequest("b", 0, "kernel", {2, 3})};
  EXPECT_THAT(Read(MakeCheckpoint(DenseContent()), requests).status().message(),
              HasSubstr("as a/kernel does"));
}

TEST(TfCheckpointTest, TriesAlternativesToTheEnd) {
  GraphWriter graph;
  // The first alternative leads to a node without the weight.
  graph.Path(0, "model/first");
  graph.AddVariable(graph.Path(0, "model/second/deep"), "w", "key");
  const auto requests =
      std::vector{Request("layer/w", {2}, {{{"first"}, {"second", "deep"}}, {{"w"}}})};
  EXPECT_TRUE(Read(Bundle(graph, {{"key", Ramp({2})}}), requests).ok());
}

TEST(TfCheckpointTest, EndsOnCyclicGraphs) {
  GraphWriter graph;
  const auto model = graph.Path(0, "model");
  graph.AddChild(model, "a", model);
  graph.AddChild(model, "b", model);
  graph.AddChild(model, "c", 0);
  VariableRequest request = Request("w", {2}, {});
  for (int i = 0; i < 200; ++i) request.graph_path.push_back({{{"a"}, {"b"}, {"c", "model"}}});
  request.graph_path.push_back({{{"w"}}});
  EXPECT_EQ(Read(Bundle(graph, {}), {request}).status().code(), StatusCode::kFailedPrecondition);
}

TEST(TfCheckpointTest, RefusesKeysThatTheIndexLacks) {
  GraphWriter graph;
  graph.AddVariable(graph.Path(0, "model"), "w", "key");
  const Status status = Read(Bundle(graph, {}), {Request("w", {2}, {{{"w"}}})}).status();
  EXPECT_THAT(status.message(), HasSubstr("names tensor 'key', the index lacks it"));
}

/// As Keras 3 saves a model that keeps layers in a list: the optimizer leads to their weights, the
/// model does not.
struct Keras3Lists {
  GraphWriter graph;
  std::vector<std::pair<std::string, Tensor>> tensors;

  explicit Keras3Lists(const std::string& model_name = "model") {
    const auto list = graph.Path(0, "optimizer/_trainable_variables");
    graph.AddVariable(list, "0", "k0");
    graph.AddVariable(list, "1", "k1");
    const auto on_path = graph.AddVariable(list, "2", "k2");
    const auto model = graph.Path(0, model_name);
    graph.AddChild(model, "_kernel", on_path);
    graph.AddVariable(model, "mean", "k3");
    tensors = {{"k0", Ramp({2}, 1)}, {"k1", Ramp({2}, 2)}, {"k2", Ramp({3})}, {"k3", Ramp({4})}};
  }

  static std::vector<VariableRequest> Requests() {
    std::vector<VariableRequest> requests = {
        Request("block/a", {2}, {{{"blocks", "0"}}}), Request("block/b", {2}, {{{"blocks", "1"}}}),
        Request("mean", {4}, {{{"mean"}}}), Request("kernel", {3}, {{{"_kernel"}}})};
    requests[2].trainable = false;
    return requests;
  }
};

TEST(TfCheckpointTest, CompletesKeras3ModelsFromTheOptimizer) {
  for (const std::string name : {"model", "net"}) {
    const Keras3Lists lists(name);
    const auto values = Read(Bundle(lists.graph, lists.tensors), Keras3Lists::Requests());
    ASSERT_TRUE(values.ok()) << values.status();
    EXPECT_EQ((*values)[0].values<float>()[0], 1);
    EXPECT_EQ((*values)[1].values<float>()[0], 2);
  }
}

TEST(TfCheckpointTest, DoesNotCompleteFromAListThatDisagrees) {
  const Keras3Lists lists;
  const BundleWriter writer = Bundle(lists.graph, lists.tensors);
  auto requests = Keras3Lists::Requests();
  std::swap(requests[0], requests[3]);  // position 2 is not the kernel's
  EXPECT_FALSE(Read(writer, requests).ok());
  requests = Keras3Lists::Requests();
  requests[0].trainable = false;  // the list is longer than the model's
  EXPECT_FALSE(Read(writer, requests).ok());
  requests = Keras3Lists::Requests();
  requests.push_back(Request("more", {2}, {{{"blocks", "2"}}}));
  EXPECT_FALSE(Read(writer, requests).ok());
  requests = Keras3Lists::Requests();
  requests[1].shape = {5};
  EXPECT_THAT(Read(writer, requests).status().message(),
              HasSubstr("block/b: checkpoint has float32[2], model needs float32[5]"));
}

TEST(TfCheckpointTest, ReadsTheStepWhereverOptimizersKeepIt) {
  const auto with_counter = [](const std::string& path, DType dtype = DType::kInt64) {
    GraphWriter graph;
    const std::size_t slash = path.rfind('/');
    graph.AddVariable(graph.Path(0, path.substr(0, slash)), path.substr(slash + 1), "counter");
    Tensor value = *Tensor::Zeros(dtype, {});
    value.mutable_bytes()[0] = std::byte{9};
    return Bundle(graph, {{"counter", value}});
  };
  for (const std::string path :
       {"optimizer/_iterations", "optimizer/iter", "optimizer/base_optimizer/iter",
        "optimizer/base_optimizer/_iterations", "optimizer/inner_optimizer/_iterations",
        "optimizer/_variables/0", "model/optimizer/_iterations", "adam/_iterations"}) {
    EXPECT_EQ(Step(with_counter(path)), 9) << path;
  }
  EXPECT_EQ(Step(with_counter("optimizer/iter", DType::kInt32)), 9);
  EXPECT_EQ(Step(with_counter("net/optimizer/iter"), "net"), 9);
  for (const std::string path : {"step/iterations", "save_counter/x", "optimizer/step"})
    EXPECT_EQ(Step(with_counter(path)), std::nullopt) << path;
  EXPECT_EQ(Step(with_counter("optimizer/_variables/0", DType::kFloat32)), std::nullopt);
}

TEST(TfCheckpointTest, PrefersTheInnerOptimizersStep) {
  GraphWriter graph;
  const auto optimizer = graph.Path(0, "optimizer");
  graph.AddVariable(optimizer, "_iterations", "outer");
  graph.AddVariable(graph.Path(optimizer, "inner_optimizer"), "_iterations", "inner");
  const BundleWriter writer =
      Bundle(graph, {{"outer", *Tensor::FromValues<std::int64_t>({}, {0})},
                     {"inner", *Tensor::FromValues<std::int64_t>({}, {8})}});
  EXPECT_EQ(Step(writer), 8);
}

TEST(TfCheckpointTest, MatchesNamesWithoutAnObjectGraph) {
  BundleWriter writer;
  writer.Add("scope/dense/kernel", Ramp({2, 3}, 1));
  writer.Add("scope/dense/kernel/Adam", Ramp({2, 3}));
  writer.Add("Adam/m/scope/dense/kernel", Ramp({2, 3}));
  writer.Add("dense_1/kernel", Ramp({7}));
  writer.Add("dense/bias", Ramp({3}));
  writer.Add("global_step", *Tensor::FromValues<std::int64_t>({}, {4}));
  std::vector<VariableRequest> requests = DenseRequests();
  requests.push_back(Request("inner/dense_1/kernel", {7}, {}));
  const auto values = Read(writer, requests);
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ((*values)[0].values<float>()[0], 1);
  EXPECT_EQ(Step(writer), std::nullopt);

  writer.Add("other/dense/kernel", Ramp({2, 3}));
  const Status ambiguous = Read(writer, requests).status();
  EXPECT_THAT(ambiguous.message(), HasSubstr("both have its name"));
  EXPECT_THAT(ambiguous.message(), HasSubstr("no object graph"));
  requests.push_back(Request("gone/kernel", {7}, {}));
  EXPECT_THAT(Read(writer, requests).status().message(), HasSubstr("gone/kernel: missing"));
}

TEST(TfCheckpointTest, ReadsPartitionedVariables) {
  GraphWriter graph;
  graph.AddVariable(graph.Path(0, "model"), "embeddings", "e");
  BundleWriter writer = Bundle(graph, {});
  const Tensor table = Ramp({10, 3});
  writer.AddPartitioned("e", table, {{{0, 4}, {0, 3}}, {{4, 6}, {0, 3}}});
  const auto values = Read(writer, {Request("embedding/embeddings", {10, 3}, {{{"embeddings"}}})});
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ(base::AsText((*values)[0].bytes()), base::AsText(table.bytes()));
}

TEST(TfCheckpointTest, DoesNotReadOptimizerSlots) {
  BundleWriter writer = MakeCheckpoint(DenseContent());
  const BundleEntry slot = writer.AppendData(std::string(1000, 's'), 0);
  BundleEntry entry = slot;
  entry.dtype = DType::kInt8;
  entry.shape = {1000};
  entry.masked_crc ^= 1U;  // would be found damaged
  writer.entries()["optimizer/_variables/1/.ATTRIBUTES/VARIABLE_VALUE"] =
      testing::EncodeEntry(entry);
  EXPECT_TRUE(Read(writer, DenseRequests()).ok());
}

TEST(TfCheckpointTest, ReportsDamage) {
  MemoryFileSystem fs;
  BundleWriter writer = MakeCheckpoint(DenseContent());
  writer.shard(0)[3] = 'x';
  writer.Write(fs, kPrefix);
  const auto source = OpenTfCheckpoint(fs, kPrefix, std::nullopt);
  ASSERT_TRUE(source.ok()) << source.status();
  const Status status = (*source)->Read(DenseRequests()).status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("model/layer_with_weights-0/kernel"));
  EXPECT_THAT(status.message(), HasSubstr("dir/ckpt-1.data-00000-of-00001"));

  BundleWriter bad_graph;
  bad_graph.AddStrings(std::string(ObjectGraph::kKey), {}, {"\xFF"});
  bad_graph.Write(fs, kPrefix);
  EXPECT_EQ(OpenTfCheckpoint(fs, kPrefix, std::nullopt).status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sidecar::checkpoint
