#include "report/events/event.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/memory_file_system.h"
#include "report/events/event_file_writer.h"
#include "report/events/event_reader.h"

namespace sidecar::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kTime = 1'700'000'000.0;

std::string Hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string Record(const std::string& data) {
  std::string out;
  AppendRecord(out, data);
  return out;
}

struct FileContent {
  std::vector<Event> events;
  Status status;  // why the rest of the file could not be read
  std::uint64_t torn_bytes = 0;
};

FileContent ReadAll(base::FileSystem& fs, const std::string& path) {
  FileContent content;
  Result<EventReader> reader = EventReader::Open(fs, path);
  if (!reader.ok()) return {{}, reader.status(), 0};
  while (true) {
    Result<std::optional<Event>> event = reader->Next();
    content.status = event.status();
    content.torn_bytes = reader->torn_bytes();
    if (!event.ok() || !event->has_value()) return content;
    content.events.push_back(**std::move(event));
  }
}

/// The numbers below `directory`, as "tag@step=value", file by file.
std::vector<std::string> Scalars(base::FileSystem& fs, const std::string& path) {
  std::vector<std::string> scalars;
  for (const Event& event : ReadAll(fs, path).events) {
    for (const EventValue& value : event.values) {
      if (value.scalar)
        scalars.push_back(fmt::format("{}@{}={}", value.tag, event.step, *value.scalar));
    }
  }
  return scalars;
}

TEST(EventTest, HasTensorFlowsBytes) {
  EXPECT_EQ(
      Hex(Record(EncodeVersionEvent(kTime))),
      "3e00000000000000d9d240e70900000040fc54d9411a0d627261696e2e4576656e743a3252240a2274656e736f"
      "72666c6f772e636f72652e7574696c2e6576656e74735f777269746572248c2258");
  EXPECT_EQ(
      Hex(Record(EncodeScalarEvent({kTime, 100, "evaluation_loss_vs_iterations", 0.5F}))),
      "4700000000000000bac3fb9b0900000040fc54d94110642a3a0a380a1d6576616c756174696f6e5f6c6f73735f"
      "76735f697465726174696f6e73420a0801120022040000003f4a0b0a090a077363616c617273de91991e");
}

TEST(EventTest, WritesWhatTensorFlowWroteWhenGivenItsTimes) {
  for (const char* name : {"summary", "sidecar_validation"}) {
    const std::string path = fmt::format("{}/events/{}.tfevents.v2", SIDECAR_TEST_DATA, name);
    const FileContent content = ReadAll(base::PosixFileSystem(), path);
    ASSERT_TRUE(content.status.ok()) << content.status;
    const std::string file = base::ReadWholeFile(base::PosixFileSystem(), path, 1 << 20).value();
    int compared = 0;
    for (const Event& event : content.events) {
      std::string record = Record(EncodeVersionEvent(event.wall_time));
      if (event.file_version.empty()) {
        ASSERT_EQ(event.values.size(), 1U);
        const EventValue& value = event.values[0];
        // The file also has a summary with a description, which Keras never gives.
        if (!value.tag.starts_with("evaluation_")) continue;
        ASSERT_TRUE(value.scalar.has_value());
        record = Record(EncodeScalarEvent(
            {event.wall_time, event.step, value.tag, static_cast<float>(*value.scalar)}));
      }
      EXPECT_EQ(Hex(record), Hex(file.substr(event.offset, record.size())));
      ++compared;
    }
    EXPECT_GE(compared, 3);
  }
}

TEST(EventReaderTest, ReadsWhatTensorBoardReads) {
  for (const char* name : {"summary", "sidecar_validation", "sidecar_train"}) {
    SCOPED_TRACE(name);
    const std::string path = fmt::format("{}/events/{}", SIDECAR_TEST_DATA, name);
    const auto expected = nlohmann::json::parse(std::ifstream(path + ".json"));
    const FileContent content = ReadAll(base::PosixFileSystem(), path + ".tfevents.v2");
    ASSERT_TRUE(content.status.ok()) << content.status;
    EXPECT_EQ(content.torn_bytes, 0U);
    EXPECT_EQ(content.events[0].file_version, expected["file_version"].get<std::string>());
    std::size_t next = 0;
    for (const Event& event : content.events) {
      for (const EventValue& value : event.values) {
        if (!value.scalar) continue;
        ASSERT_LT(next, expected["scalars"].size());
        const auto& scalar = expected["scalars"][next++];
        EXPECT_EQ(value.tag, scalar["tag"].get<std::string>());
        EXPECT_EQ(value.plugin, "scalars");
        EXPECT_EQ(value.dtype, DType::kFloat32);
        EXPECT_EQ(event.step, scalar["step"].get<std::int64_t>());
        if (scalar["value"].is_string()) {
          EXPECT_EQ(fmt::format("{}", *value.scalar), scalar["value"].get<std::string>());
        } else {
          EXPECT_EQ(*value.scalar, scalar["value"].get<double>());
        }
      }
    }
    EXPECT_EQ(next, expected["scalars"].size());
  }
}

TEST(EventReaderTest, TellsATornRecordFromADamagedOne) {
  const std::string first = Record(EncodeVersionEvent(kTime));
  const std::string whole = first + Record(EncodeScalarEvent({kTime, 1, "a", 1}));
  base::MemoryFileSystem fs;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    fs.Write("f", whole.substr(0, size));
    const FileContent content = ReadAll(fs, "f");
    EXPECT_TRUE(content.status.ok()) << size << ": " << content.status;
    const std::size_t complete = size == whole.size() ? 2 : size >= first.size() ? 1 : 0;
    EXPECT_EQ(content.events.size(), complete);
    EXPECT_EQ(content.torn_bytes, complete == 2 ? 0 : complete == 1 ? size - first.size() : size);
  }
  for (std::size_t i = first.size(); i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    fs.Write("f", damaged);
    const FileContent content = ReadAll(fs, "f");
    EXPECT_EQ(content.status.code(), StatusCode::kDataLoss) << i;
    EXPECT_THAT(content.status.message(),
                HasSubstr(fmt::format("f: damaged record at byte {}", first.size())));
    EXPECT_EQ(content.events.size(), 1U);
  }
}

TEST(EventReaderTest, RefusesMessagesThatAreNotEvents) {
  base::MemoryFileSystem fs;
  fs.Write("f", Record("\x0a\xff\xff"));
  EXPECT_EQ(ReadAll(fs, "f").status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(ReadAll(fs, "missing").status.code(), StatusCode::kNotFound);
}

/// An event file writer on a file system in memory of which single operations can be made to fail.
class EventFileWriterTest : public testing::Test {
 protected:
  Status Write(std::int64_t step) {
    const ScalarEvent events[] = {{clock_.WallSeconds(), step, "a", 1}};
    return writer_.Write(events);
  }

  /// All numbers in all event files, in the order in which TensorBoard reads the files.
  std::vector<std::string> AllScalars() {
    std::vector<std::string> scalars;
    for (const std::string& name : Names()) {
      for (std::string& scalar : Scalars(memory_, "logs/" + name))
        scalars.push_back(std::move(scalar));
    }
    return scalars;
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names = memory_.List("logs").value();
    std::ranges::sort(names);
    return names;
  }

  base::MemoryFileSystem memory_;
  base::FakeClock clock_;
  std::string failing_;       // the operation that fails
  std::string torn_content_;  // what a failing append leaves in the file
  base::FaultyFileSystem fs_{memory_, [this](std::string_view operation, const std::string& path) {
                               if (operation != failing_) return Status();
                               if (operation == "append" && !torn_content_.empty())
                                 memory_.Overwrite(path, memory_.Content(path) + torn_content_);
                               return Status(StatusCode::kIoError, path + ": disk full");
                             }};
  EventFileWriter writer_{"logs", {"host", 42}, fs_, clock_};
};

TEST_F(EventFileWriterTest, CreatesItsFileAtTheFirstWrite) {
  EXPECT_FALSE(memory_.Stat("logs").ok());
  ASSERT_TRUE(Write(1).ok());
  EXPECT_THAT(Names(), ElementsAre("events.out.tfevents.1700000000.host.42.0.v2"));
  ASSERT_TRUE(Write(2).ok());
  EXPECT_THAT(AllScalars(), ElementsAre("a@1=1", "a@2=1"));
  const FileContent content = ReadAll(memory_, writer_.path());
  EXPECT_EQ(content.events[0].file_version, "brain.Event:2");
  EXPECT_EQ(content.events[0].wall_time, kTime);
  EXPECT_TRUE(writer_.Flush().ok());
}

TEST_F(EventFileWriterTest, SortsBehindAllExistingFiles) {
  memory_.Write("logs/events.out.tfevents.1700000005.host.1.0.v2", "");
  memory_.Write("logs/events.out.tfevents.1700000003.zzz.1.0.v2", "");
  memory_.Write("logs/events.out.tfevents.garbage", "");
  ASSERT_TRUE(Write(1).ok());
  EXPECT_EQ(writer_.path(), "logs/events.out.tfevents.1700000006.host.42.0.v2");
}

TEST_F(EventFileWriterTest, NeverWritesToAFileOfAnotherProcess) {
  ASSERT_TRUE(Write(1).ok());
  const std::string first = memory_.Content(writer_.path());
  EventFileWriter second("logs", {"host", 42}, fs_, clock_);
  const ScalarEvent events[] = {{kTime, 2, "a", 1}};
  ASSERT_TRUE(second.Write(events).ok());
  EXPECT_GT(second.path(), writer_.path());
  EXPECT_EQ(memory_.Content(writer_.path()), first);
}

TEST_F(EventFileWriterTest, KeepsEventsThatCouldNotBeWritten) {
  for (const char* operation : {"mkdir", "list", "create", "append"}) {
    SCOPED_TRACE(operation);
    failing_ = operation;
    EventFileWriter writer(std::string("logs/") + operation, {"host", 42}, fs_, clock_);
    const ScalarEvent first[] = {{kTime, 1, "a", 1}};
    const ScalarEvent second[] = {{kTime, 2, "a", 1}};
    EXPECT_FALSE(writer.Write(first).ok());
    failing_.clear();
    EXPECT_TRUE(writer.Write(second).ok());
    EXPECT_THAT(Scalars(memory_, writer.path()), ElementsAre("a@1=1", "a@2=1"));
  }
}

TEST_F(EventFileWriterTest, GoesOnInAFileThatWasCutBack) {
  ASSERT_TRUE(Write(1).ok());
  failing_ = "append";
  EXPECT_EQ(Write(2).code(), StatusCode::kIoError);
  failing_.clear();
  EXPECT_TRUE(writer_.Flush().ok());
  EXPECT_EQ(Names().size(), 1U);
  EXPECT_THAT(AllScalars(), ElementsAre("a@1=1", "a@2=1"));
}

TEST_F(EventFileWriterTest, LeavesAFileWithATornRecord) {
  ASSERT_TRUE(Write(1).ok());
  failing_ = "append";
  torn_content_ = "torn";
  EXPECT_FALSE(Write(2).ok());
  failing_.clear();
  ASSERT_TRUE(Write(3).ok());
  EXPECT_EQ(Names().size(), 2U);
  EXPECT_THAT(AllScalars(), ElementsAre("a@1=1", "a@2=1", "a@3=1"));
  EXPECT_TRUE(ReadAll(memory_, writer_.path()).status.ok());
}

TEST_F(EventFileWriterTest, StartsAnewWhenTheFileWasRemoved) {
  ASSERT_TRUE(Write(1).ok());
  ASSERT_TRUE(memory_.Remove(writer_.path()).ok());
  ASSERT_TRUE(Write(2).ok());
  EXPECT_THAT(AllScalars(), ElementsAre("a@2=1"));
}

TEST_F(EventFileWriterTest, SyncsOnlyWhatIsNew) {
  EXPECT_TRUE(writer_.Flush().ok());
  EXPECT_TRUE(writer_.path().empty());
  ASSERT_TRUE(Write(1).ok());
  failing_ = "sync";
  EXPECT_FALSE(writer_.Flush().ok());
  failing_.clear();
  EXPECT_TRUE(writer_.Flush().ok());
  failing_ = "sync";
  EXPECT_TRUE(writer_.Flush().ok());
}

TEST_F(EventFileWriterTest, BoundsWhatItKeeps) {
  failing_ = "create";
  const std::vector<ScalarEvent> many(10'000, ScalarEvent{kTime, 1, "a", 1});
  EXPECT_FALSE(writer_.Write(many).ok());
  const Status lost = writer_.Write(many);
  EXPECT_EQ(lost.code(), StatusCode::kIoError);
  EXPECT_THAT(lost.message(), HasSubstr("10000 summaries are lost"));
  failing_.clear();
  EXPECT_TRUE(writer_.Flush().ok());
  EXPECT_EQ(AllScalars().size(), 10'000U);
}

TEST(EventFileIdentityTest, NamesThisMachineAndProcess) {
  const EventFileIdentity identity = CurrentEventFileIdentity();
  EXPECT_FALSE(identity.hostname.empty());
  EXPECT_GT(identity.process_id, 0);
}

}  // namespace
}  // namespace sidecar::report
