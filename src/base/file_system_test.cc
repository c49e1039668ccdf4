#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/memory_file_system.h"

namespace sidecar::base {
namespace {

// The same expectations hold for the machine's file system and for the one in memory.
class FileSystemTest : public testing::TestWithParam<bool> {
 protected:
  FileSystemTest() {
    if (GetParam()) {
      root_ = std::filesystem::temp_directory_path() / ("sidecar-fs-" + std::to_string(::getpid()));
      std::filesystem::create_directories(root_);
    } else {
      root_ = "/memory";
      EXPECT_TRUE(memory_.CreateDirectories(root_).ok());
    }
  }
  ~FileSystemTest() override {
    if (GetParam()) std::filesystem::remove_all(root_);
  }
  FileSystem& fs() { return GetParam() ? PosixFileSystem() : memory_; }
  [[nodiscard]] std::string Path(const std::string& name) const { return JoinPath(root_, name); }

  std::string root_;
  MemoryFileSystem memory_;
};

TEST_P(FileSystemTest, WritesReadsListsRenamesRemoves) {
  ASSERT_TRUE(WriteFileAtomically(fs(), Path("a"), "hello").ok());
  ASSERT_TRUE(WriteFileAtomically(fs(), Path("a"), "hello again").ok());
  EXPECT_EQ(*ReadWholeFile(fs(), Path("a"), 100), "hello again");
  EXPECT_EQ(ReadWholeFile(fs(), Path("a"), 3).status().code(), StatusCode::kDataLoss);
  ASSERT_TRUE(fs().CreateDirectories(Path("d/e")).ok());
  auto names = *fs().List(root_);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "d"}));
  ASSERT_TRUE(fs().Rename(Path("a"), Path("b")).ok());
  EXPECT_EQ(fs().Stat(Path("a")).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(fs().Stat(Path("b"))->size, 11U);
  ASSERT_TRUE(fs().Remove(Path("b")).ok());
  EXPECT_EQ(fs().Remove(Path("b")).code(), StatusCode::kNotFound);
}

TEST_P(FileSystemTest, AnOpenFileOutlivesItsName) {
  ASSERT_TRUE(WriteFileAtomically(fs(), Path("a"), "old").ok());
  auto file = *fs().OpenForRead(Path("a"));
  ASSERT_TRUE(WriteFileAtomically(fs(), Path("a"), "new!").ok());
  EXPECT_EQ(*ReadWholeFile(*file, 100), "old");
  EXPECT_EQ(*ReadWholeFile(fs(), Path("a"), 100), "new!");
}

TEST_P(FileSystemTest, RefusesDirectoriesAndExistingFiles) {
  EXPECT_EQ(fs().OpenForRead(root_).status().code(), StatusCode::kFailedPrecondition);
  ASSERT_TRUE(WriteFileAtomically(fs(), Path("a"), "x").ok());
  EXPECT_EQ(fs().CreateNew(Path("a")).status().code(), StatusCode::kCannotCreate);
  EXPECT_EQ(fs().CreateNew(Path("missing/a")).status().code(), StatusCode::kCannotCreate);
  EXPECT_EQ(fs().List(Path("missing")).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(fs().CheckWritableDirectory(root_).ok());
  EXPECT_EQ(fs().CheckWritableDirectory(Path("missing")).code(), StatusCode::kCannotCreate);
}

INSTANTIATE_TEST_SUITE_P(PosixAndMemory, FileSystemTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "Posix" : "Memory"; });

TEST(PosixFileSystemTest, AFifoDoesNotBlock) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("sidecar-fifo-" + std::to_string(::getpid()));
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(PosixFileSystem().OpenForRead(path).status().code(), StatusCode::kFailedPrecondition);
  std::filesystem::remove(path);
}

TEST(FaultyFileSystemTest, FailsTheOperationItIsToldTo) {
  MemoryFileSystem memory;
  memory.Write("/d/a", "content");
  int operations = 0;
  FaultyFileSystem faulty(memory, [&](std::string_view operation, const std::string&) {
    ++operations;
    return operation == "read" ? Status(StatusCode::kIoError, "injected") : Status();
  });
  EXPECT_EQ(ReadWholeFile(faulty, "/d/a", 100).status().message(), "injected");
  EXPECT_EQ(operations, 3);  // open, fstat, read
}

TEST(PathTest, JoinsAndSplits) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(BaseName("a/b/c"), "c");
  EXPECT_EQ(DirectoryName("a/b/c"), "a/b");
  EXPECT_EQ(DirectoryName("/c"), "/");
  EXPECT_EQ(DirectoryName("c"), ".");
}

}  // namespace
}  // namespace sidecar::base
