#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tensor/convert.h"

namespace sidecar {
namespace {

TEST(ShapeTest, CountsElementsAndRefusesOverflow) {
  EXPECT_EQ(*Shape{}.NumElements(), 1);
  EXPECT_EQ(*(Shape{2, 3}).NumElements(), 6);
  EXPECT_EQ(*(Shape{2, 0}).NumElements(), 0);
  EXPECT_FALSE((Shape{-1, 3}).NumElements().ok());
  EXPECT_FALSE((Shape{std::int64_t{1} << 40U, std::int64_t{1} << 40U}).NumElements().ok());
  EXPECT_FALSE((Shape{0, std::int64_t{1} << 40U, std::int64_t{1} << 40U}).NumElements().ok());
  EXPECT_EQ((Shape{-1, 3}).ToString(), "[?,3]");
}

TEST(TensorTest, SlicesAndReshapesShareTheBuffer) {
  Tensor tensor = *Tensor::FromValues<float>({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor rows = *tensor.Slice(1, 3);
  EXPECT_EQ(rows.shape(), (Shape{2, 2}));
  EXPECT_EQ(rows.values<float>()[0], 3.0F);
  EXPECT_EQ(rows.bytes().data(), tensor.bytes().data() + 8);
  EXPECT_FALSE(tensor.Slice(2, 4).ok());
  EXPECT_FALSE(tensor.Slice(-1, 1).ok());
  EXPECT_EQ(tensor.Reshaped({6})->values<float>()[5], 6.0F);
  EXPECT_FALSE(tensor.Reshaped({7}).ok());
  EXPECT_TRUE(tensor.values<double>().empty());
}

TEST(TensorTest, RefusesWrongSizesAndTypes) {
  EXPECT_FALSE(Tensor::FromValues<float>({2}, {1, 2, 3}).ok());
  EXPECT_FALSE(Tensor::Zeros(DType::kString, {1}).ok());
  EXPECT_FALSE(Tensor::Zeros(DType::kFloat64, {std::int64_t{1} << 61U}).ok());
  EXPECT_EQ(Tensor::Zeros(DType::kInt64, {0, 5})->size_bytes(), 0U);
}

TEST(DTypeTest, NamesRoundTrip) {
  for (int number = 1; number <= 33; ++number) {
    const auto dtype = static_cast<DType>(number);
    EXPECT_EQ(DTypeFromName(DTypeName(dtype)), dtype) << number;
  }
  EXPECT_EQ(DTypeFromName("float31"), DType::kInvalid);
  EXPECT_EQ(DTypeSize(static_cast<DType>(99)), 0U);
}

TEST(ConvertTest, EveryHalfRoundTrips) {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = tensor::HalfToFloat(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(tensor::HalfToFloat(tensor::FloatToHalf(value))));
    } else {
      EXPECT_EQ(tensor::FloatToHalf(value), half);
    }
  }
  EXPECT_EQ(tensor::HalfToFloat(0x3C00), 1.0F);
  EXPECT_EQ(tensor::FloatToHalf(65520.0F), 0x7C00);  // rounds to infinity
  EXPECT_EQ(tensor::FloatToHalf(65519.0F), 0x7BFF);
  EXPECT_EQ(tensor::FloatToHalf(1.0F + 0x1p-11F), 0x3C00);  // tie to even
}

TEST(ConvertTest, EveryBfloat16RoundTrips) {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const auto narrow = static_cast<std::uint16_t>(bits);
    const float value = tensor::Bfloat16ToFloat(narrow);
    if (!std::isnan(value)) {
      EXPECT_EQ(tensor::FloatToBfloat16(value), narrow);
    }
  }
}

TEST(ConvertTest, CastsSaturateAndTruncate) {
  const Tensor floats = *Tensor::FromValues<float>(
      {5}, {1.9F, -1.9F, 1e20F, -1e20F, std::numeric_limits<float>::quiet_NaN()});
  const Tensor ints = *tensor::Cast(floats, DType::kInt32);
  const auto values = ints.values<std::int32_t>();
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], -1);
  EXPECT_EQ(values[2], std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(values[3], std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(values[4], 0);
  const Tensor bools =
      *tensor::Cast(*Tensor::FromValues<std::int64_t>({3}, {0, 5, -1}), DType::kBool);
  EXPECT_FALSE(bools.values<bool>()[0]);
  EXPECT_TRUE(bools.values<bool>()[2]);
  EXPECT_FALSE(tensor::Cast(floats, DType::kComplex64).ok());
}

TEST(TensorTest, HoldsStrings) {
  const std::vector<std::string> strings = {"a", "", std::string("b\0c", 3), "d"};
  const Tensor tensor = Tensor::FromStrings({2, 2}, strings).value();
  EXPECT_EQ(tensor.dtype(), DType::kString);
  EXPECT_TRUE(tensor.bytes().empty());
  const Tensor second = tensor.Slice(1, 2).value().Reshaped({2}).value();
  const auto views = second.values<std::string_view>();
  EXPECT_EQ(std::vector<std::string>(views.begin(), views.end()),
            (std::vector<std::string>{strings[2], "d"}));
  EXPECT_TRUE(tensor.values<float>().empty());
  EXPECT_FALSE(Tensor::FromStrings({3}, strings).ok());
  EXPECT_FALSE(Tensor::Zeros(DType::kString, {2}).ok());
}

}  // namespace
}  // namespace sidecar
