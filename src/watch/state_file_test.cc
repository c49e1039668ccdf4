#include "watch/state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/memory_file_system.h"
#include "watch/text_scanner.h"

namespace sidecar::watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string PathIn(const std::string& text) {
  const Result<CheckpointState> state = ParseCheckpointState(text);
  EXPECT_TRUE(state.ok()) << text << ": " << state.status();
  return state.ok() ? state->model_checkpoint_path : "";
}

std::string Problem(const std::string& text) {
  const Result<CheckpointState> state = ParseCheckpointState(text);
  EXPECT_FALSE(state.ok()) << text;
  if (state.ok()) return "";
  EXPECT_EQ(state.status().code(), StatusCode::kDataLoss);
  return state.status().message();
}

// As CheckpointManager of TensorFlow 2.21 wrote it.
constexpr char kManaged[] =
    "model_checkpoint_path: \"ckpt-3\"\n"
    "all_model_checkpoint_paths: \"ckpt-2\"\n"
    "all_model_checkpoint_paths: \"ckpt-3\"\n"
    "all_model_checkpoint_timestamps: 1700000000.1234567\n"
    "all_model_checkpoint_timestamps: 1e+16\n"
    "last_preserved_timestamp: 3.0\n";

TEST(StateFileTest, ReadsAndWritesWhatTensorFlowWrites) {
  const Result<CheckpointState> state = ParseCheckpointState(kManaged);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->model_checkpoint_path, "ckpt-3");
  EXPECT_THAT(state->all_model_checkpoint_paths, ElementsAre("ckpt-2", "ckpt-3"));
  EXPECT_THAT(state->all_model_checkpoint_timestamps, ElementsAre(1700000000.1234567, 1e16));
  EXPECT_EQ(state->last_preserved_timestamp, 3.0);
  EXPECT_EQ(FormatCheckpointState(*state), kManaged);
}

TEST(StateFileTest, FormatsEscapesAsTensorFlowDoes) {
  CheckpointState state;
  state.model_checkpoint_path = "a'b\"\\\n\t\xC3\xBC\x01\x7F";
  const std::string text = FormatCheckpointState(state);
  EXPECT_EQ(text, "model_checkpoint_path: \"a\\'b\\\"\\\\\\n\\t\xC3\xBC\\001\\177\"\n");
  EXPECT_EQ(PathIn(text), state.model_checkpoint_path);
}

// What google.protobuf.text_format.Merge accepted, with the same results.
TEST(StateFileTest, ReadsTextFormat) {
  EXPECT_EQ(PathIn(R"(model_checkpoint_path: "a" 'b')"), "ab");
  EXPECT_EQ(PathIn(R"(model_checkpoint_path:"a"last_preserved_timestamp:1)"), "a");
  EXPECT_EQ(PathIn(R"(model_checkpoint_path: "a"; last_preserved_timestamp: 1.5f,)"), "a");
  EXPECT_EQ(PathIn("# c \"\nmodel_checkpoint_path: \"a#b\" # d"), "a#b");
  EXPECT_EQ(PathIn("model_checkpoint_path:\n# between\n\t\"a\""), "a");
  EXPECT_EQ(PathIn("model_checkpoint_path: \"a\"\nmodel_checkpoint_path: \"b\"\n"), "b");
  EXPECT_EQ(PathIn(R"(model_checkpoint_path: "\303\274\xc3\xbc\u00fc\U000000fc")"),
            "\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC");
  EXPECT_EQ(PathIn(R"(model_checkpoint_path: "\x4\a\b\f\v\r\'\"\\")"), "\x04\a\b\f\v\r'\"\\");
  EXPECT_EQ(PathIn(R"(model_checkpoint_path: "\u20ac\U0001F600")"), "\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(StateFileTest, ReadsLists) {
  const Result<CheckpointState> state = ParseCheckpointState(
      "all_model_checkpoint_paths: [\"a\" \"b\", \"c\"] model_checkpoint_path: \"c\""
      " all_model_checkpoint_timestamps: [] all_model_checkpoint_timestamps: [1, 2]");
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_THAT(state->all_model_checkpoint_paths, ElementsAre("ab", "c"));
  EXPECT_THAT(state->all_model_checkpoint_timestamps, ElementsAre(1, 2));
}

TEST(StateFileTest, ReadsNumbers) {
  const auto number = [](const std::string& text) {
    const auto state =
        ParseCheckpointState("model_checkpoint_path: \"a\" last_preserved_timestamp: " + text);
    EXPECT_TRUE(state.ok()) << text;
    return state.ok() ? state->last_preserved_timestamp.value_or(-1) : -1;
  };
  EXPECT_EQ(number("1."), 1);
  EXPECT_EQ(number(".5"), 0.5);
  EXPECT_EQ(number("+5"), 5);
  EXPECT_EQ(number("-5E-1"), -0.5);
  EXPECT_EQ(number("1e5f"), 1e5);
  EXPECT_EQ(number("inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(number("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(number("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(number("-nan")));
}

TEST(StateFileTest, RefusesWhatTensorFlowRefuses) {
  for (const char* text :
       {"model_checkpoint_path \"a\"", "unknown: 1 model_checkpoint_path: \"a\"",
        "model_checkpoint_path: \"a\";;", "model_checkpoint_path: [\"a\"]",
        "model_checkpoint_path: \"a\" last_preserved_timestamp: 0x10",
        "model_checkpoint_path: \"a\" last_preserved_timestamp: \"1\"",
        "model_checkpoint_path: \"a\" last_preserved_timestamp: - 5",
        "all_model_checkpoint_paths: [\"a\",] model_checkpoint_path: \"b\"",
        "model_checkpoint_path: \"\\377\"", "model_checkpoint_path: \"\\777\"",
        "model_checkpoint_path: \"a\\\nb\"", "\xEF\xBB\xBFmodel_checkpoint_path: \"a\"",
        "model_checkpoint_path: \"\\ud800\"", "model_checkpoint_path: \"\\xg\"",
        "model_checkpoint_path: <a>", "model_checkpoint_path: a"}) {
    Problem(text);
  }
}

TEST(StateFileTest, SaysWhatIsWrongWhere) {
  EXPECT_EQ(Problem(""), "the file is empty");
  EXPECT_EQ(Problem(" \n# nothing\n"), "no model_checkpoint_path in it");
  EXPECT_EQ(Problem("model_checkpoint_path: \"\""), "no model_checkpoint_path in it");
  EXPECT_EQ(Problem("model_checkpoint_path: \"a\"\nall_model"),
            "line 2: all_model is no field of CheckpointState, found the end of the file");
  EXPECT_EQ(Problem("model_checkpoint_path: \"ckpt-"),
            "line 1: a string has no end on its line, found the end of the file");
  EXPECT_THAT(Problem(std::string(4, '\0')), HasSubstr("found '\\x00\\x00\\x00\\x00'"));
  EXPECT_THAT(Problem("model_checkpoint_path: \"a\\000b\""), HasSubstr("holds a NUL"));
}

// Whatever a writer without atomic rename has written so far never reads as another path, but for
// prefixes of the first line that are whole.
TEST(StateFileTest, NeverMisreadsATornFile) {
  const std::string whole = kManaged;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Result<CheckpointState> state = ParseCheckpointState(whole.substr(0, size));
    if (state.ok()) {
      EXPECT_EQ(state->model_checkpoint_path, "ckpt-3") << size;
    }
  }
}

TEST(StateFileTest, ReadsOnlyTheFirstLineOfAHugeFile) {
  base::MemoryFileSystem fs;
  fs.Write("/d/checkpoint",
           "model_checkpoint_path: \"ckpt-9\"\n" + std::string((16 << 20) + 1, 'x'));
  const Result<CheckpointState> state = ReadCheckpointState(fs, "/d/checkpoint");
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->model_checkpoint_path, "ckpt-9");
  fs.Write("/d/checkpoint", std::string((16 << 20) + 1, ' '));
  EXPECT_EQ(ReadCheckpointState(fs, "/d/checkpoint").status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(ReadCheckpointState(fs, "/d/checkpoint").status().message(),
              HasSubstr("/d/checkpoint: more than 16777216 bytes"));
}

TEST(StateFileTest, ReadsManyPathsInOnePass) {
  std::string text = "model_checkpoint_path: \"ckpt-100000\"\n";
  for (int i = 1; i <= 100'000; ++i) {
    text += "all_model_checkpoint_paths: \"ckpt-" + std::to_string(i) + "\"\n";
  }
  const Result<CheckpointState> state = ParseCheckpointState(text);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->all_model_checkpoint_paths.size(), 100'000U);
}

TEST(StateFileTest, NamesAMissingFile) {
  base::MemoryFileSystem fs;
  EXPECT_EQ(ReadCheckpointState(fs, "/d/checkpoint").status().code(), StatusCode::kNotFound);
}

TEST(TextScannerTest, KnowsPlainUtf8) {
  for (const char* good : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80",
                           "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsPlainUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x80\x80", "\xED\xA0\x80",
                          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(IsPlainUtf8(bad)) << bad;
  }
  EXPECT_FALSE(IsPlainUtf8(std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace sidecar::watch
