#include "watch/checkpoint_number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace sidecar::watch {
namespace {

TEST(CheckpointNumberTest, IsWhatFollowsTheLastDash) {
  EXPECT_EQ(CheckpointNumber("ckpt-7"), 7);
  EXPECT_EQ(CheckpointNumber("/a/b-3/ckpt-0010"), 10);
  EXPECT_EQ(CheckpointNumber("ckpt-0"), 0);
  EXPECT_EQ(CheckpointNumber("my-model-12"), 12);
  EXPECT_EQ(CheckpointNumber("-5"), 5);
  EXPECT_EQ(CheckpointNumber("ckpt-9223372036854775807"), INT64_MAX);
}

TEST(CheckpointNumberTest, CutsOneExtension) {
  EXPECT_EQ(CheckpointNumber("ckpt-7.index"), 7);
  EXPECT_EQ(CheckpointNumber("ckpt-7.weights.h5"), 7);
  EXPECT_EQ(CheckpointNumber("ckpt-7.h5"), 7);
  EXPECT_EQ(CheckpointNumber("ckpt-7.hdf5"), 7);
  EXPECT_EQ(CheckpointNumber("ckpt-7.keras"), 7);
  EXPECT_EQ(CheckpointNumber("ckpt-7.h5.index"), std::nullopt);
  EXPECT_EQ(CheckpointNumber("ckpt-7.ckpt"), std::nullopt);
}

TEST(CheckpointNumberTest, IsNothingWithoutDigits) {
  for (const char* name : {"", "ckpt", "ckpt-", "ckpt-best", "ckpt-3-0.25", "ckpt-3a", "ckpt-+3",
                           "ckpt- 3", "/run-3/ckpt", "ckpt-3/"}) {
    EXPECT_EQ(CheckpointNumber(name), std::nullopt) << name;
  }
}

TEST(CheckpointNumberTest, IsNothingWhereItDoesNotFit) {
  EXPECT_EQ(CheckpointNumber("ckpt-9223372036854775808"), std::nullopt);
  EXPECT_EQ(CheckpointNumber("ckpt-" + std::string(100'000, '9')), std::nullopt);
  EXPECT_EQ(CheckpointNumber("ckpt-" + std::string(100'000, '0') + "8"), 8);
}

}  // namespace
}  // namespace sidecar::watch
