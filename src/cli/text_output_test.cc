#include "cli/text_output.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/help_format.h"
#include "cli/suggestion.h"

namespace sidecar::cli {
namespace {

TEST(TextOutputTest, ControlCharactersAreWrittenAsHex) {
  EXPECT_EQ(Printable("a\x1b[31m\n\x7f é"), "a\\x1b[31m\\x0a\\x7f é");
}

TEST(TextOutputTest, ErrorShowsAtMostTwentyDetails) {
  std::ostringstream few;
  PrintError(Status(StatusCode::kDataLoss, "f: bad", std::vector<std::string>(20, "d")), few);
  std::string expected = "sidecar: f: bad\n";
  for (int i = 0; i < 20; ++i) expected += "  d\n";
  EXPECT_EQ(few.str(), expected);

  std::ostringstream many;
  PrintError(Status(StatusCode::kDataLoss, "f: bad", std::vector<std::string>(21, "d")), many);
  expected = "sidecar: f: bad\n";
  for (int i = 0; i < 19; ++i) expected += "  d\n";
  EXPECT_EQ(many.str(), expected + "  ... and 2 more\n");
}

TEST(TextOutputTest, WrapsAtSpaces) {
  EXPECT_EQ(WrapText("one two three", 7), "one two\nthree");
  EXPECT_EQ(WrapText("one two three", 100), "one two three");
  EXPECT_EQ(WrapText("longerthanthat a", 5), "longerthanthat\na");
  EXPECT_EQ(WrapText("", 5), "");
}

TEST(SuggestionTest, FindsTheNearestName) {
  const std::vector<std::string> known = {"--model", "--metrics", "--x"};
  EXPECT_EQ(Suggestion("--modl", known), "--model");
  EXPECT_EQ(Suggestion("--metric", known), "--metrics");
  EXPECT_EQ(Suggestion("--unrelated", known), "");
  EXPECT_EQ(Suggestion(std::string(100000, 'a'), known), "");
}

}  // namespace
}  // namespace sidecar::cli
