#include "cli/replay/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/memory_file_system.h"
#include "cli/replay/recording.h"

namespace sidecar::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* kManagerState =
    "model_checkpoint_path: \"ckpt-10\"\n"
    "all_model_checkpoint_paths: \"ckpt-2\"\n"
    "all_model_checkpoint_paths: \"ckpt-10\"\n"
    "all_model_checkpoint_timestamps: 1700000002.5\n"
    "all_model_checkpoint_timestamps: 1700000010.25\n"
    "last_preserved_timestamp: 1700000000.125\n";

class ReplayTest : public ::testing::Test {
 protected:
  void Record(const std::string& name, int shards = 1) {
    fs_.Write("/src/" + name + ".index", "index of " + name);
    for (int shard = 0; shard < shards; ++shard) {
      fs_.Write("/src/" + name + ".data-0000" + std::to_string(shard) + "-of-0000" +
                    std::to_string(shards),
                "data of " + name);
    }
  }

  Recording MustRead() {
    Result<Recording> recording = ReadRecording(fs_, "/src");
    EXPECT_TRUE(recording.ok()) << recording.status();
    return recording.ok() ? std::move(*recording) : Recording();
  }

  std::vector<std::string> Published() {
    Result<std::vector<std::string>> names = fs_.List("/dst");
    return names.ok() ? *names : std::vector<std::string>();
  }

  base::MemoryFileSystem fs_;
  base::FakeClock clock_;
};

TEST_F(ReplayTest, ReadsARecordingInTheOrderOfNumbers) {
  Record("ckpt-10", 2);
  Record("ckpt-2");
  fs_.Write("/src/checkpoint", kManagerState);
  const Recording recording = MustRead();
  ASSERT_EQ(recording.checkpoints.size(), 2U);
  EXPECT_EQ(recording.checkpoints[0].name, "ckpt-2");
  EXPECT_EQ(recording.checkpoints[0].timestamp, 1700000002.5);
  EXPECT_EQ(recording.checkpoints[1].number, 10);
  EXPECT_THAT(recording.checkpoints[1].data_files,
              ElementsAre("ckpt-10.data-00000-of-00002", "ckpt-10.data-00001-of-00002"));
  EXPECT_EQ(recording.writer, Recording::Writer::kCheckpointManager);
  EXPECT_EQ(recording.last_preserved_timestamp, 1700000000.125);
  EXPECT_THAT(recording.warnings, IsEmpty());
}

TEST_F(ReplayTest, TellsSaveWeightsFromAManager) {
  Record("ckpt-1");
  fs_.Write("/src/checkpoint",
            "model_checkpoint_path: \"ckpt-1\"\nall_model_checkpoint_paths: \"ckpt-1\"\n");
  EXPECT_EQ(MustRead().writer, Recording::Writer::kSaveWeights);
}

TEST_F(ReplayTest, WarnsOfWhatItCannotPublish) {
  Record("ckpt-1");
  Record("best");
  const Recording recording = MustRead();
  EXPECT_EQ(recording.checkpoints.size(), 1U);
  EXPECT_THAT(recording.warnings,
              UnorderedElementsAre(HasSubstr("/src/best"), HasSubstr("/src/checkpoint")));
}

TEST_F(ReplayTest, RefusesADirectoryWithoutCheckpoints) {
  EXPECT_EQ(ReadRecording(fs_, "/nothing").status().code(), StatusCode::kNotFound);
  fs_.Write("/src/readme", "");
  EXPECT_EQ(ReadRecording(fs_, "/src").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadRecording(fs_, "/src/readme").status().code(), StatusCode::kNotFound);
}

TEST_F(ReplayTest, PublishesInTheWritersOrder) {
  Record("ckpt-2");
  Record("ckpt-10");
  fs_.Write("/src/checkpoint", kManagerState);
  std::vector<std::string> operations;
  base::FaultyFileSystem watched(fs_, [&](std::string_view operation, const std::string& path) {
    if (path.starts_with("/dst/") && operation != "append" && operation != "stat") {
      operations.push_back(std::string(operation) + " " + path.substr(5));
    }
    return Status();
  });
  Publisher publisher(watched, clock_, MustRead(), "/dst", 1);
  ASSERT_TRUE(publisher.PublishNext().ok());
  EXPECT_EQ(fs_.Content("/dst/checkpoint"),
            "model_checkpoint_path: \"ckpt-2\"\n"
            "all_model_checkpoint_paths: \"ckpt-2\"\n"
            "all_model_checkpoint_timestamps: 1700000002.5\n"
            "last_preserved_timestamp: 1700000000.125\n");
  operations.clear();
  ASSERT_TRUE(publisher.PublishNext().ok());
  EXPECT_TRUE(publisher.done());
  EXPECT_THAT(operations, ElementsAre("remove ckpt-10.data-00000-of-00001.tempstate2",
                                      "create ckpt-10.data-00000-of-00001.tempstate2",
                                      HasSubstr("rename ckpt-10.data-00000-of-00001"),
                                      "remove ckpt-10.index", "create ckpt-10.index",
                                      "create checkpoint.tmp", HasSubstr("rename checkpoint"),
                                      "remove ckpt-2.index", "remove ckpt-2.data-00000-of-00001",
                                      "create checkpoint.tmp", HasSubstr("rename checkpoint")));
  EXPECT_THAT(Published(),
              UnorderedElementsAre("checkpoint", "ckpt-10.index", "ckpt-10.data-00000-of-00001"));
  EXPECT_EQ(fs_.Content("/dst/ckpt-10.index"), "index of ckpt-10");
  EXPECT_EQ(fs_.Content("/dst/ckpt-10.data-00000-of-00001"), "data of ckpt-10");
  EXPECT_THAT(fs_.Content("/dst/checkpoint"), Not(HasSubstr("ckpt-2")));
}

TEST_F(ReplayTest, SaveWeightsNamesTheNewestOnly) {
  Record("ckpt-1");
  Record("ckpt-2");
  fs_.Write("/src/checkpoint",
            "model_checkpoint_path: \"ckpt-2\"\nall_model_checkpoint_paths: \"ckpt-2\"\n");
  Publisher publisher(fs_, clock_, MustRead(), "/dst", std::nullopt);
  ASSERT_TRUE(publisher.PublishNext().ok());
  ASSERT_TRUE(publisher.PublishNext().ok());
  EXPECT_EQ(fs_.Content("/dst/checkpoint"), fs_.Content("/src/checkpoint"));
  EXPECT_EQ(Published().size(), 5U);
}

// Whatever single operation fails, the state file never names a checkpoint that is not whole.
TEST_F(ReplayTest, LeavesNothingHalfWrittenWhenAnOperationFails) {
  Record("ckpt-2");
  Record("ckpt-10");
  fs_.Write("/src/checkpoint", kManagerState);
  const Recording recording = MustRead();
  bool failed = true;
  for (int failing = 0; failed; ++failing) {
    ASSERT_LT(failing, 1000);
    base::MemoryFileSystem fs;
    for (const RecordedCheckpoint& checkpoint : recording.checkpoints) {
      fs.Write("/src/" + checkpoint.name + ".index", "index of " + checkpoint.name);
      fs.Write("/src/" + checkpoint.data_files.at(0), "data of " + checkpoint.name);
    }
    int count = 0;
    base::FaultyFileSystem faulty(fs, [&](std::string_view, const std::string& path) {
      return count++ == failing ? Status(StatusCode::kIoError, path + ": made to fail") : Status();
    });
    Publisher publisher(faulty, clock_, recording, "/dst", 1);
    failed = false;
    while (!failed && !publisher.done()) failed = !publisher.PublishNext().ok();
    const std::string state = fs.Content("/dst/checkpoint");
    for (const std::string name : {"ckpt-2", "ckpt-10"}) {
      if (state.find("model_checkpoint_path: \"" + name) == std::string::npos) continue;
      EXPECT_EQ(fs.Content("/dst/" + name + ".index"), "index of " + name) << failing;
      EXPECT_EQ(fs.Content("/dst/" + name + ".data-00000-of-00001"), "data of " + name);
    }
  }
}

}  // namespace
}  // namespace sidecar::cli
