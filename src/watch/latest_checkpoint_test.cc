#include "watch/latest_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/memory_file_system.h"
#include "watch/selection.h"
#include "watch/wait_explanation.h"

namespace sidecar::watch {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

class LatestCheckpointTest : public testing::Test {
 protected:
  void Name(const std::string& path) {
    fs_.Write("/d/checkpoint", "model_checkpoint_path: \"" + path + "\"\n");
  }
  Look LookAfter(seconds time) {
    Result<Look> look = latest_.LookAt(base::Clock::TimePoint(time));
    EXPECT_TRUE(look.ok()) << look.status();
    return look.ok() ? *look : Look();
  }

  base::MemoryFileSystem fs_;
  LatestCheckpoint latest_{fs_, "/d", seconds(1)};
};

TEST_F(LatestCheckpointTest, TellsMissingDirectoryAndMissingStateFileApart) {
  EXPECT_EQ(LookAfter(seconds(0)).finding, Finding::kNoDirectory);
  fs_.Write("/d/ckpt-1.index", "x");
  EXPECT_EQ(LookAfter(seconds(100)).finding, Finding::kNoStateFile);
  EXPECT_EQ(LookAfter(seconds(200)).finding, Finding::kNoStateFile);
}

TEST_F(LatestCheckpointTest, RefusesAFileInPlaceOfTheDirectory) {
  fs_.Write("/d", "x");
  EXPECT_EQ(latest_.LookAt({}).status().code(), StatusCode::kNotFound);
}

TEST_F(LatestCheckpointTest, FindsWhatTheStateFileNames) {
  fs_.Write("/d/ckpt-7.index", "x");
  fs_.Write("/d/checkpoint",
            "model_checkpoint_path: \"ckpt-7\"\nall_model_checkpoint_paths: \"/old/ckpt-6\"\n"
            "all_model_checkpoint_paths: \"ckpt-7\"\n");
  const Look look = LookAfter(seconds(0));
  ASSERT_TRUE(look.newest);
  EXPECT_EQ(look.newest->prefix, "/d/ckpt-7");
  EXPECT_EQ(look.newest->number, 7);
  EXPECT_EQ(look.newest->index.size, 1U);
  EXPECT_NE(look.newest->state.inode, 0U);
  EXPECT_THAT(look.listed, ElementsAre("/d/ckpt-6", "/d/ckpt-7"));
  EXPECT_FALSE(look.problem);
}

TEST_F(LatestCheckpointTest, TakesPathsInsideTheDirectoryAsTheyAre) {
  fs_.Write("/d/sub/ckpt-1.index", "x");
  for (const char* path : {"sub/ckpt-1", "/d/sub/ckpt-1"}) {
    Name(path);
    const Look look = LookAfter(seconds(0));
    ASSERT_EQ(look.finding, Finding::kCheckpoint) << path;
    EXPECT_FALSE(look.problem) << path;
  }
}

TEST_F(LatestCheckpointTest, FindsTheSameNameOfAMovedDirectory) {
  fs_.Write("/d/ckpt-1.index", "x");
  for (const char* path : {"/old/ckpt-1", "../x/ckpt-1", "/dx/ckpt-1", "/d/../e/ckpt-1"}) {
    Name(path);
    const Look look = LookAfter(seconds(0));
    ASSERT_EQ(look.finding, Finding::kCheckpoint) << path;
    EXPECT_EQ(look.newest->prefix, "/d/ckpt-1");
    ASSERT_TRUE(look.problem) << path;
    EXPECT_THAT(look.problem->message(), HasSubstr(path));
  }
}

TEST_F(LatestCheckpointTest, RefusesPathsOutside) {
  fs_.Write("/old/ckpt-1.index", "x");
  for (const char* path : {"/old/ckpt-1", "../old/ckpt-1", "/old/", "/", ".."}) {
    Name(path);
    const Look look = LookAfter(seconds(0));
    EXPECT_EQ(look.finding, Finding::kPathRefused) << path;
    EXPECT_FALSE(look.newest) << path;
    EXPECT_THAT(look.problem->message(), HasSubstr(path));
  }
}

TEST_F(LatestCheckpointTest, SaysWhatIsNotThere) {
  Name("ckpt-9");
  const Look look = LookAfter(seconds(0));
  EXPECT_EQ(look.finding, Finding::kNotThere);
  EXPECT_EQ(look.problem->message(), "Couldn't match files for checkpoint /d/ckpt-9");
}

TEST_F(LatestCheckpointTest, KnowsTheOldFormat) {
  fs_.Write("/d/model.ckpt-2", "x");
  Name("model.ckpt-2");
  const Look look = LookAfter(seconds(0));
  EXPECT_EQ(look.finding, Finding::kOldFormat);
  EXPECT_EQ(look.newest->number, 2);
}

TEST_F(LatestCheckpointTest, GoesByTheDirectoryOnlyAfterAnotherLook) {
  fs_.Write("/d/ckpt-10.index", "x");
  fs_.Write("/d/ckpt-9.index", "x");
  fs_.Write("/d/checkpoint", "garbage");
  EXPECT_EQ(LookAfter(seconds(10)).finding, Finding::kStateFileUnusable);
  const Look look = LookAfter(seconds(11));
  ASSERT_EQ(look.finding, Finding::kCheckpoint);
  EXPECT_TRUE(look.without_state_file);
  EXPECT_EQ(look.newest->prefix, "/d/ckpt-10");
  // A good state file in between starts the patience anew.
  Name("ckpt-9");
  EXPECT_EQ(LookAfter(seconds(12)).newest->prefix, "/d/ckpt-9");
  fs_.Write("/d/checkpoint", "");
  EXPECT_EQ(LookAfter(seconds(13)).finding, Finding::kStateFileUnusable);
}

TEST_F(LatestCheckpointTest, OneLookHasNoPatience) {
  EXPECT_EQ(NewestCheckpointPrefix(fs_, "/d").status().code(), StatusCode::kNotFound);
  fs_.Write("/d/ckpt-1.index", "x");
  EXPECT_THAT(NewestCheckpointPrefix(fs_, "/d").status().message(),
              HasSubstr("1 .index file but no file named 'checkpoint'"));
  fs_.Write("/d/checkpoint", "");
  ASSERT_TRUE(NewestCheckpointPrefix(fs_, "/d").ok());
  EXPECT_EQ(*NewestCheckpointPrefix(fs_, "/d"), "/d/ckpt-1");
}

TEST(DirectoryListingTest, OrdersByNumberThenTime) {
  base::MemoryFileSystem fs;
  for (const char* name : {"ckpt-10.index", "ckpt-9.index", "b.index", "a.index", "ckpt-0009.index",
                           ".index", "ckpt-11.index.tempstate3", "x_temp", "ckpt-12.data-00000"}) {
    fs.Write(std::string("/d/") + name, "x");
  }
  fs.Write("/d/ckpt-99.index/file", "x");
  const Result<std::vector<Candidate>> found = ListCheckpoints(fs, "/d");
  ASSERT_TRUE(found.ok());
  std::vector<std::string> prefixes;
  for (const Candidate& candidate : *found) prefixes.push_back(candidate.prefix);
  EXPECT_THAT(prefixes, ElementsAre("/d/b", "/d/a", "/d/ckpt-9", "/d/ckpt-0009", "/d/ckpt-10"));
}

TEST(DirectoryListingTest, KnowsTemporaryNames) {
  for (const char* name : {"checkpoint.tmp0123456789abcdef", "ckpt-1_temp", "workertemp_3",
                           "part-00000-of-00001.data-00000-of-00001.tempstate9", "x.tempstate"}) {
    EXPECT_TRUE(IsTemporaryName(name)) << name;
  }
  for (const char* name : {"checkpoint", "ckpt-1.index", "temp-1.index", ""}) {
    EXPECT_FALSE(IsTemporaryName(name)) << name;
  }
}

TEST(DirectoryListingTest, StampsTheShardsThatAreThere) {
  base::MemoryFileSystem fs;
  fs.Write("/d/a.data-00001-of-00002", "12");
  fs.Write("/d/a.data-00000-of-00002", "1");
  fs.Write("/d/ab.data-00000-of-00001", "123");
  Candidate candidate;
  candidate.prefix = "/d/a";
  StampShards(fs, candidate);
  ASSERT_EQ(candidate.shards.size(), 2U);
  EXPECT_EQ(candidate.shards[0].size, 1U);
  candidate.prefix = "/d/ab";
  StampShards(fs, candidate);
  ASSERT_EQ(candidate.shards.size(), 1U);
  EXPECT_EQ(candidate.shards[0].size, 3U);
}

Candidate Seen(const std::string& prefix, std::uint64_t index, std::uint64_t state) {
  Candidate candidate;
  candidate.prefix = prefix;
  candidate.index.inode = index;
  candidate.state.inode = state;
  return candidate;
}

TEST(SelectionTest, ChoosesWhatWasNotUsed) {
  History history;
  EXPECT_EQ(ChooseNewest(Seen("a", 1, 1), false, history), Choice::kEvaluate);
  history.Add({Outcome::kEvaluated, Seen("a", 1, 1), "A"});
  EXPECT_EQ(ChooseNewest(Seen("a", 1, 1), false, history), Choice::kNothing);
  EXPECT_EQ(ChooseNewest(Seen("a", 2, 1), false, history), Choice::kCheckContent);
  EXPECT_EQ(ChooseNewest(Seen("a", 1, 2), false, history), Choice::kCheckContent);
  EXPECT_EQ(ChooseNewest(Seen("b", 1, 1), false, history), Choice::kEvaluate);
  history.Add({Outcome::kEvaluated, Seen("b", 1, 1), "B"});
  // The state file went back.
  EXPECT_EQ(ChooseNewest(Seen("a", 1, 3), false, history), Choice::kEvaluate);
  // A listing did not: it only shows what is there.
  EXPECT_EQ(ChooseNewest(Seen("a", 1, 3), true, history), Choice::kNothing);
  EXPECT_EQ(ChooseNewest(Seen("a", 2, 3), true, history), Choice::kCheckContent);
  history.Refresh(Seen("b", 5, 5));
  EXPECT_EQ(ChooseNewest(Seen("b", 5, 5), false, history), Choice::kNothing);
}

TEST(SelectionTest, LooksAtFailedOnesAgainWhenTheirFilesChange) {
  History history;
  Candidate failed = Seen("a", 1, 1);
  failed.shards.resize(1);
  history.Add({Outcome::kFailed, failed, ""});
  EXPECT_EQ(ChooseNewest(failed, false, history), Choice::kNothing);
  Candidate now = failed;
  now.state.inode = 2;
  EXPECT_EQ(ChooseNewest(now, false, history), Choice::kNothing);
  now.shards[0].size = 7;
  EXPECT_EQ(ChooseNewest(now, false, history), Choice::kEvaluate);
  now = failed;
  now.index.mtime_ns = 9;
  EXPECT_EQ(ChooseNewest(now, false, history), Choice::kEvaluate);
}

TEST(WaitExplanationTest, CountsWhatIsThere) {
  base::MemoryFileSystem fs;
  EXPECT_EQ(DescribeDirectory(fs, "/d"), "the directory does not exist");
  ASSERT_TRUE(fs.CreateDirectories("/d").ok());
  EXPECT_EQ(DescribeDirectory(fs, "/d"), "the directory is empty");
  fs.Write("/d/checkpoint", "x");
  EXPECT_EQ(DescribeDirectory(fs, "/d"), "only a file named 'checkpoint'");
  for (int i = 0; i < 5; ++i) fs.Write("/d/ckpt-" + std::to_string(i) + ".index", "x");
  EXPECT_EQ(DescribeDirectory(fs, "/d"), "5 .index files and a file named 'checkpoint'");
  fs.Write("/d/checkpoint.tmp1", "x");
  fs.Write("/d/log.txt", "x");
  ASSERT_TRUE(fs.Remove("/d/checkpoint").ok());
  EXPECT_EQ(DescribeDirectory(fs, "/d"),
            "5 .index files, 1 temporary file and 1 other file but no file named 'checkpoint'");
  base::MemoryFileSystem keras;
  keras.Write("/d/a.weights.h5", "x");
  keras.Write("/d/b.h5", "x");
  keras.Write("/d/c.keras", "x");
  EXPECT_EQ(DescribeDirectory(keras, "/d"),
            "only 1 .weights.h5 file, 1 .h5 file and 1 .keras file but no file named 'checkpoint'");
}

TEST(ExplanationTimerTest, ComesLessOftenLater) {
  const base::Clock::TimePoint start{};
  ExplanationTimer timer(start);
  std::vector<std::int64_t> times;
  for (int second = 0; second < 1000; ++second) {
    if (const auto waited = timer.Take(start + seconds(second))) times.push_back(waited->count());
  }
  EXPECT_THAT(times, ElementsAre(30, 60, 90, 120, 420, 720));
  timer.Restart(start + seconds(1000));
  EXPECT_EQ(timer.due(), start + seconds(1030));
}

}  // namespace
}  // namespace sidecar::watch
