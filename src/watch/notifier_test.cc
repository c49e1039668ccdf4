#include "watch/notifier.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "base/stop_signal.h"

namespace sidecar::watch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Waits end by what the test does; this is only how long a failure takes.
constexpr seconds kLong{60};

class NotifierTest : public testing::Test {
 protected:
  NotifierTest() {
    std::string name =
        (std::filesystem::temp_directory_path() / "sidecar-notifier-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    directory_ = root_ / "run" / "ckpts";
  }
  ~NotifierTest() override { std::filesystem::remove_all(root_); }

  Wake WaitLong(Waiter& waiter) { return waiter.Wait(base::SystemClock().Now() + kLong); }
  Wake WaitNot(Waiter& waiter) { return waiter.Wait(base::SystemClock().Now()); }
  // Takes what is queued, so that the next wait is for something new.
  void Drain(Waiter& waiter) {
    while (waiter.Wait(base::SystemClock().Now() + milliseconds(1)) == Wake::kChange) {
    }
  }
  static void Write(const std::filesystem::path& path) { std::ofstream(path) << "x"; }
  std::unique_ptr<Waiter> Watch() {
    return WatchDirectory(directory_.string(), base::SystemClock(), stop_);
  }

  std::filesystem::path root_;
  std::filesystem::path directory_;
  base::StopSignal stop_;
};

TEST_F(NotifierTest, WakesForARename) {
  std::filesystem::create_directories(directory_);
  const auto waiter = Watch();
  Write(directory_ / "checkpoint.tmp1");
  Drain(*waiter);
  std::filesystem::rename(directory_ / "checkpoint.tmp1", directory_ / "checkpoint");
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
}

TEST_F(NotifierTest, WakesWhileItWaits) {
  std::filesystem::create_directories(directory_);
  Write(directory_ / "checkpoint.tmp1");
  const auto waiter = Watch();
  std::promise<void> waits;
  auto woken = std::async(std::launch::async, [&] {
    waits.set_value();
    return WaitLong(*waiter);
  });
  waits.get_future().wait();
  const auto start = std::chrono::steady_clock::now();
  std::filesystem::rename(directory_ / "checkpoint.tmp1", directory_ / "checkpoint");
  EXPECT_EQ(woken.get(), Wake::kChange);
  // Microseconds on an idle machine; a poll would take a minute.
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(20));
}

TEST_F(NotifierTest, SeesWhatHappenedSinceItWasMade) {
  std::filesystem::create_directories(directory_);
  const auto waiter = Watch();
  Write(directory_ / "checkpoint");
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
}

TEST_F(NotifierTest, SleepsThroughTemporaryFiles) {
  std::filesystem::create_directories(directory_);
  const auto waiter = Watch();
  Write(directory_ / "checkpoint.tmp1");
  Write(directory_ / "part.index.tempstate77");
  EXPECT_EQ(waiter->Wait(base::SystemClock().Now() + milliseconds(5)), Wake::kDeadline);
}

TEST_F(NotifierTest, FollowsTheParentsUntilTheDirectoryIsThere) {
  const auto waiter = Watch();
  std::filesystem::create_directory(root_ / "run");
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
  std::filesystem::create_directory(directory_);
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
  Drain(*waiter);
  Write(directory_ / "checkpoint");
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
}

TEST_F(NotifierTest, SeesADirectoryThatWasMadeAtOnce) {
  const auto waiter = Watch();
  std::filesystem::create_directories(directory_);
  Write(directory_ / "checkpoint");
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
  Drain(*waiter);
  Write(directory_ / "ckpt-2.index");
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
}

TEST_F(NotifierTest, SurvivesAReplacedDirectory) {
  std::filesystem::create_directories(directory_);
  const auto waiter = Watch();
  std::filesystem::rename(directory_, root_ / "old");
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
  std::filesystem::create_directory(directory_);
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
  Drain(*waiter);
  Write(directory_ / "checkpoint");
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
}

TEST_F(NotifierTest, SurvivesADeletedDirectory) {
  std::filesystem::create_directories(directory_);
  const auto waiter = Watch();
  std::filesystem::remove(directory_);
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
  Drain(*waiter);
  std::filesystem::create_directory(directory_);
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
}

TEST_F(NotifierTest, EndsWithTheDeadline) {
  const auto waiter = Watch();
  EXPECT_EQ(WaitNot(*waiter), Wake::kDeadline);
  const auto until = base::SystemClock().Now() + milliseconds(3);
  EXPECT_EQ(waiter->Wait(until), Wake::kDeadline);
  EXPECT_GE(base::SystemClock().Now(), until);
}

TEST_F(NotifierTest, EndsWithAStopRequest) {
  const auto waiter = Watch();
  auto woken = std::async(std::launch::async, [&] { return WaitLong(*waiter); });
  stop_.Request();
  EXPECT_EQ(woken.get(), Wake::kStop);
  EXPECT_EQ(WaitLong(*waiter), Wake::kStop);
}

TEST_F(NotifierTest, MissesNothingInABurst) {
  std::filesystem::create_directories(directory_);
  const auto waiter = Watch();
  for (int i = 0; i < 2000; ++i) Write(directory_ / ("ckpt-" + std::to_string(i) + ".index"));
  EXPECT_EQ(WaitLong(*waiter), Wake::kChange);
  EXPECT_EQ(WaitNot(*waiter), Wake::kDeadline) << "all events of the burst make one wake-up";
}

}  // namespace
}  // namespace sidecar::watch
