#include "model/host/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sidecar::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

constexpr const char* kBad = "\xEF\xBF\xBD";

TEST(TextTest, LowersAsciiAlone) {
  EXPECT_EQ(LowerAscii("ABCxyz \xC3\x80\xFFZ"), "abcxyz \xC3\x80\xFFz");
}

TEST(TextTest, StripsAsciiPunctuation) {
  EXPECT_EQ(WithoutPunctuation("a.b,c!\xC3\xA9\xC2\xA1-_`{|}~'\"\\[]^@?/:;"),
            "abc\xC3\xA9\xC2\xA1");
  EXPECT_EQ(WithoutPunctuation("\xFF.a"),
            "\xFF"
            "a");
}

TEST(TextTest, SplitsAtAsciiSpaces) {
  EXPECT_THAT(SplitAtSpaces(" a\xC2\xA0"
                            "b  c\td\ne\vf\fg\rh\x1Ci "),
              ElementsAre("a\xC2\xA0"
                          "b",
                          "c", "d", "e", "f", "g", "h\x1Ci"));
  EXPECT_THAT(SplitAtSpaces(" \t "), IsEmpty());
  EXPECT_THAT(SplitAtSpaces(""), IsEmpty());
}

TEST(TextTest, SplitsCharacters) {
  EXPECT_THAT(SplitCharacters("a\xC3\xA9\xF0\x9F\x98\x80"),
              ElementsAre("a", "\xC3\xA9", "\xF0\x9F\x98\x80"));
  EXPECT_THAT(SplitCharacters("a\0b"s), ElementsAre("a", "\0"s, "b"));
}

TEST(TextTest, SplitsBadUtf8AsTensorFlow) {
  EXPECT_THAT(SplitCharacters("a\xFF\xFE"
                              "b"),
              ElementsAre("a", kBad, kBad, "b"));
  EXPECT_THAT(SplitCharacters("\xE2\x82"), ElementsAre(kBad));
  EXPECT_THAT(SplitCharacters("\xF0\x9F\x98"), ElementsAre(kBad));
  EXPECT_THAT(SplitCharacters("\xED\xA0\x80x"), ElementsAre(kBad, kBad, kBad, "x"));
  EXPECT_THAT(SplitCharacters("\xC0\x80z"), ElementsAre(kBad, kBad, "z"));
  EXPECT_THAT(SplitCharacters("\xF5\x80\x80\x80"), ElementsAre(kBad, kBad, kBad, kBad));
}

TEST(TextTest, JoinsNgramsWidthByWidth) {
  EXPECT_THAT(NgramsOf({"a", "b", "c"}, {1, 2}), ElementsAre("a", "b", "c", "a b", "b c"));
  EXPECT_THAT(NgramsOf({"a", "b", "c"}, {2, 1}), ElementsAre("a b", "b c", "a", "b", "c"));
  EXPECT_THAT(NgramsOf({"a", "b"}, {3}), IsEmpty());
  EXPECT_THAT(NgramsOf({}, {1}), IsEmpty());
}

TEST(TextTest, FindsPythonsLines) {
  EXPECT_THAT(PythonLines("\n[UNK]\r\nb\xE2\x80\xA8"
                          "c\x85\n"),
              ElementsAre("", "[UNK]", "b", "c\x85"));
  EXPECT_THAT(PythonLines(""), IsEmpty());
}

}  // namespace
}  // namespace sidecar::model
