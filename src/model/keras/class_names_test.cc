#include "model/keras/class_names.h"

#include <gtest/gtest.h>

namespace sidecar::model::keras {
namespace {

// Values of keras.src.utils.naming.to_snake_case.
TEST(ClassNamesTest, WritesClassNamesAsKerasDoes) {
  EXPECT_EQ(SnakeCase("Dense"), "dense");
  EXPECT_EQ(SnakeCase("Conv2D"), "conv2d");
  EXPECT_EQ(SnakeCase("DepthwiseConv2D"), "depthwise_conv2d");
  EXPECT_EQ(SnakeCase("BatchNormalization"), "batch_normalization");
  EXPECT_EQ(SnakeCase("MultiHeadAttention"), "multi_head_attention");
  EXPECT_EQ(SnakeCase("ReLU"), "re_lu");
  EXPECT_EQ(SnakeCase("PReLU"), "p_re_lu");
  EXPECT_EQ(SnakeCase("LSTM"), "lstm");
  EXPECT_EQ(SnakeCase("Conv2DTranspose"), "conv2d_transpose");
  EXPECT_EQ(SnakeCase("GlobalMaxPooling2D"), "global_max_pooling2d");
  EXPECT_EQ(SnakeCase("InputLayer"), "input_layer");
  EXPECT_EQ(SnakeCase(""), "");
}

TEST(ClassNamesTest, NumbersRepeatedNames) {
  NameCounter counter;
  EXPECT_EQ(counter.Next("dense"), "dense");
  EXPECT_EQ(counter.Next("conv2d"), "conv2d");
  EXPECT_EQ(counter.Next("dense"), "dense_1");
  EXPECT_EQ(counter.Next("dense"), "dense_2");
}

TEST(ArchiveNameTest, IsThatOfThePythonClass) {
  EXPECT_EQ(ArchiveName("Conv2D"), "conv2d");
  EXPECT_EQ(ArchiveName("GroupQueryAttention"), "grouped_query_attention");
}

}  // namespace
}  // namespace sidecar::model::keras
