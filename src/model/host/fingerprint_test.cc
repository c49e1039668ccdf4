#include "model/host/fingerprint.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sidecar::model {
namespace {

constexpr std::uint64_t kBuckets = std::uint64_t{1} << 62U;

std::string Pattern(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>((i * 37 + 11) % 256);
  return bytes;
}

using Vectors = std::vector<std::pair<std::size_t, std::uint64_t>>;

// Of tf.strings.to_hash_bucket_fast(Pattern(size), 2**62).
TEST(FingerprintTest, IsTensorFlowsFastBucket) {
  const Vectors vectors = {
      {0, 1936946117179621455U},   {1, 176124231402506090U},    {2, 3353133560205292659U},
      {3, 3979540680440595841U},   {4, 873266774625119593U},    {5, 2571827612821036054U},
      {7, 1587581522672208245U},   {8, 4418154542647930109U},   {9, 1939850469236035038U},
      {15, 238444545388239199U},   {16, 1744661084023387350U},  {17, 2080336246966180550U},
      {24, 2818584590587072555U},  {31, 1343312837083321634U},  {32, 2320199202392403367U},
      {33, 257079882033485462U},   {48, 2994777367643501011U},  {63, 4392780176047650430U},
      {64, 4226431515964725U},     {65, 4266611235320368566U},  {66, 281637217600553972U},
      {127, 1661323104753175812U}, {128, 3742283891066476345U}, {129, 219130151501489373U},
      {191, 3109595593867778425U}, {192, 2483689760058694947U}, {193, 2575120096880988131U},
      {255, 1046464241994134791U}, {256, 1157472962730208475U}, {257, 3622838534059056509U},
      {1000, 494220876285168116U},
  };
  for (const auto& [size, expected] : vectors) {
    EXPECT_EQ(Fingerprint64(Pattern(size)) % kBuckets, expected) << size;
  }
}

// Of tf.strings.to_hash_bucket_strong(Pattern(size), 2**62, [133, 137]).
TEST(FingerprintTest, IsTensorFlowsStrongBucket) {
  const Vectors vectors = {
      {0, 316627932347062996U},   {1, 1997506353430628033U},  {7, 3557740260218828792U},
      {8, 2800931012296362239U},  {9, 1691738843716843421U},  {15, 551468079025874049U},
      {16, 369832352104277326U},  {17, 1116775944268439800U}, {31, 1183714358735731594U},
      {32, 1398730156938136829U}, {64, 3091970696059116764U}, {100, 315514331382767905U},
  };
  for (const auto& [size, expected] : vectors) {
    EXPECT_EQ(SipHash({133, 137}, Pattern(size)) % kBuckets, expected) << size;
  }
  const std::array<std::uint64_t, 2> large = {~std::uint64_t{0}, ~std::uint64_t{0} >> 1U};
  EXPECT_EQ(SipHash(large, Pattern(9)) % kBuckets, 2984601684141398336U);
}

// Of tf.sparse.cross_hashed with 2**62 buckets.
TEST(FingerprintTest, ConcatenatesAsTensorFlowCrosses) {
  constexpr std::uint64_t kKey = 0xDECAFCAFFE;
  const auto cross = [](std::uint64_t a, std::uint64_t b) {
    return FingerprintCat64(FingerprintCat64(kKey, a), b) % kBuckets;
  };
  EXPECT_EQ(cross(Fingerprint64("a"), Fingerprint64("x")), 1484974617627318892U);
  EXPECT_EQ(cross(~std::uint64_t{1}, Fingerprint64("y")), 1218063250343896644U);
  EXPECT_EQ(cross(1, 2), 424434634604213453U);
}

}  // namespace
}  // namespace sidecar::model
