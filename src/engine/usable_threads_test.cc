#include "engine/usable_threads.h"

#include <gtest/gtest.h>

#include "base/memory_file_system.h"
#include "engine/engine.h"

namespace sidecar::engine {
namespace {

TEST(CgroupCpusTest, TakesTheLeastQuotaOfVersion2GroupsUpwards) {
  base::MemoryFileSystem fs;
  fs.Write("/cg/cpu.max", "max 100000\n");
  fs.Write("/cg/a/cpu.max", "150000 100000\n");
  fs.Write("/cg/a/b/cpu.max", "400000 100000\n");
  EXPECT_EQ(CgroupCpus(fs, "0::/a/b\n", "/cg"), 1.5);
  EXPECT_EQ(CgroupCpus(fs, "0::/\n", "/cg"), std::nullopt);
  EXPECT_EQ(CgroupCpus(fs, "0::/not/visible/here\n", "/cg"), std::nullopt);
}

TEST(CgroupCpusTest, ReadsVersion1) {
  base::MemoryFileSystem fs;
  fs.Write("/cg/cpu/job/cpu.cfs_quota_us", "250000\n");
  fs.Write("/cg/cpu/job/cpu.cfs_period_us", "100000\n");
  fs.Write("/cg/cpu/cpu.cfs_quota_us", "-1\n");
  fs.Write("/cg/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpus(fs, "3:memory:/job\n4:cpu,cpuacct:/job\n", "/cg"), 2.5);
}

TEST(CgroupCpusTest, IgnoresWhatItCannotRead) {
  base::MemoryFileSystem fs;
  fs.Write("/cg/a/cpu.max", "garbage");
  fs.Write("/cg/cpu.max", "100000 0\n");
  EXPECT_EQ(CgroupCpus(fs, "0::/a\n", "/cg"), std::nullopt);
  EXPECT_EQ(CgroupCpus(fs, "nonsense without colons\n:\n", "/cg"), std::nullopt);
}

TEST(UsableThreadsTest, IsAtLeastOne) { EXPECT_GE(UsableThreads(), 1); }

}  // namespace
}  // namespace sidecar::engine
