#include "engine/rows_per_run.h"

#include <gtest/gtest.h>

#include <openvino/op/constant.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/lstm_sequence.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/non_zero.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>

#include "engine/variable_placeholder.h"

namespace sidecar::engine {
namespace {

using ov::op::v0::Constant;
using ov::op::v0::Parameter;

std::shared_ptr<Parameter> Input(ov::Shape shape) {
  return std::make_shared<Parameter>(ov::element::f32, shape);
}

std::shared_ptr<ov::Model> Graph(const ov::Output<ov::Node>& result,
                                 const std::shared_ptr<Parameter>& input) {
  return std::make_shared<ov::Model>(ov::ResultVector{std::make_shared<ov::op::v0::Result>(result)},
                                     ov::ParameterVector{input});
}

// Images of size x size with `channels`, through a 3x3 convolution to as many channels.
std::shared_ptr<ov::Model> ConvolutionGraph(std::size_t batch, std::size_t channels,
                                            std::size_t size) {
  auto x = Input({batch, channels, size, size});
  auto kernel = std::make_shared<VariablePlaceholder>(0, ov::element::f32,
                                                      ov::Shape{channels, channels, 3, 3});
  const ov::Strides ones{1, 1};
  const ov::CoordinateDiff pads{1, 1};
  return Graph(std::make_shared<ov::op::v1::Convolution>(x, kernel, ones, pads, pads, ones), x);
}

std::shared_ptr<ov::Model> DenseGraph(std::size_t batch, std::size_t width) {
  auto x = Input({batch, width});
  auto kernel = std::make_shared<VariablePlaceholder>(0, ov::element::f32, ov::Shape{width, width});
  return Graph(std::make_shared<ov::op::v0::MatMul>(x, kernel), x);
}

TEST(RowsPerRunTest, SmallActivationsStayTogether) {
  EXPECT_EQ(RowsPerRun(*DenseGraph(128, 784), 128, 128), 128);
  EXPECT_EQ(RowsPerRun(*ConvolutionGraph(32, 8, 28), 32, 32), 32);
}

TEST(RowsPerRunTest, LargeActivationsAreSplitSoThatTheyFitTheCache) {
  // 64 channels of 112x112 are 3.1 MiB: two rows fit, and are better than one, which reads the
  // kernels twice as often.
  EXPECT_EQ(RowsPerRun(*ConvolutionGraph(32, 64, 112), 32, 32), 2);
  EXPECT_EQ(RowsPerRun(*ConvolutionGraph(7, 64, 112), 7, 7), 1);  // no other divisor
  EXPECT_EQ(RowsPerRun(*ConvolutionGraph(1, 64, 112), 1, 1), 1);
}

TEST(RowsPerRunTest, IsAboutTheMostThatIsAllowed) {
  EXPECT_EQ(RowsPerRun(*DenseGraph(128, 784), 128, 64), 64);
  EXPECT_EQ(RowsPerRun(*DenseGraph(128, 784), 128, 63), 43);  // three runs, one row of them padded
  EXPECT_EQ(RowsPerRun(*DenseGraph(31, 784), 31, 30), 16);
  EXPECT_EQ(RowsPerRun(*DenseGraph(31, 784), 31, 0), 1);
  EXPECT_EQ(RowsPerRun(*ConvolutionGraph(32, 64, 112), 32, 16), 2);
}

TEST(RowsPerRunTest, LargeWeightsAreReadForManyRows) {
  // 256 MiB of weights for 4 MiB of activations: fewer rows would read them all the more often.
  EXPECT_EQ(RowsPerRun(*DenseGraph(128, 8192), 128, 128), 128);
}

TEST(RowsPerRunTest, ATableThatIsLookedUpCountsNothing) {
  auto ids = std::make_shared<Parameter>(ov::element::i32, ov::Shape{32, 4096});
  auto table = std::make_shared<VariablePlaceholder>(0, ov::element::f32, ov::Shape{1 << 20, 256});
  auto axis = Constant::create(ov::element::i32, {}, {0});
  // 4 MiB a row.
  EXPECT_EQ(RowsPerRun(*Graph(std::make_shared<ov::op::v8::Gather>(table, ids, axis), ids), 32, 32),
            2);
}

TEST(RowsPerRunTest, StepsOfSequencesKeepTheirRows) {
  const std::size_t batch = 64;
  const std::size_t steps = 2000;
  const std::size_t width = 256;
  auto x = Input({batch, steps, width});
  auto state = Constant::create(ov::element::f32, {batch, 1, width}, {0.0F});
  auto lengths = Constant::create(ov::element::i32, {batch}, {steps});
  auto weights = [&](std::size_t size) {
    return Constant::create(ov::element::f32, {1, 4 * width, size}, {0.0F});
  };
  auto bias = Constant::create(ov::element::f32, {1, 4 * width}, {0.0F});
  auto lstm = std::make_shared<ov::op::v5::LSTMSequence>(
      x, state, state, lengths, weights(width), weights(width), bias, width,
      ov::op::RecurrentSequenceDirection::FORWARD);
  EXPECT_GE(RowsPerRun(*Graph(lstm->output(0), x), 64, 64), 16);
}

TEST(RowsPerRunTest, ResultsOfUnknownShapeStayTogether) {
  auto x = Input({32, 64, 112, 112});
  EXPECT_EQ(RowsPerRun(*Graph(std::make_shared<ov::op::v3::NonZero>(x), x), 32, 32), 32);
}

}  // namespace
}  // namespace sidecar::engine
