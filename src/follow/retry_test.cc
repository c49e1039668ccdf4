#include "follow/retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "follow/follow_log.h"
#include "follow/follow_state.h"
#include "follow/ledger.h"
#include "follow/stop_rule.h"

namespace sidecar::follow {
namespace {

using base::Clock;
using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

const Status kTorn(StatusCode::kUnavailable, "torn");

TEST(RetryTest, WaitsTwiceAsLongEachTimeUntilTheEnd) {
  const Clock::TimePoint start{};
  Retry retry({}, kTorn, start, seconds(20));
  std::vector<double> times;
  while (!retry.is_over()) {
    times.push_back(duration<double>(retry.next() - start).count());
    retry.Fail(kTorn, retry.next());
  }
  const auto at = [](double time) { return DoubleNear(time, 1e-9); };
  EXPECT_THAT(times, ElementsAre(at(0.1), at(0.3), at(0.7), at(1.5), at(3.1), at(6.3), at(11.3),
                                 at(16.3), at(20)));
  EXPECT_EQ(retry.attempts(), 10);
}

TEST(RetryTest, EndsAtOnceWithoutTime) {
  EXPECT_TRUE(Retry({}, kTorn, Clock::TimePoint{}, seconds(0)).is_over());
}

TEST(RetryTest, BeginsAnewWhenFilesChange) {
  Clock::TimePoint now{};
  Retry retry({}, kTorn, now, seconds(1));
  now += seconds(10);
  watch::Candidate changed;
  changed.prefix = "changed";
  retry.Restart(changed, now);
  EXPECT_EQ(retry.next(), now);
  EXPECT_EQ(retry.seen().prefix, "changed");
  retry.Fail(kTorn, now);
  EXPECT_FALSE(retry.is_over());
  EXPECT_EQ(retry.next(), now + milliseconds(100));
}

TEST(LedgerTest, TellsWhatWasNotEvaluated) {
  Ledger ledger;
  EXPECT_TRUE(ledger.Summary().empty());
  ledger.Skipped("/d/ckpt-10");
  ledger.Skipped("/d/ckpt-9");
  ledger.Unusable("/d/ckpt-8", "torn");
  ledger.Skipped("/d/ckpt-8");
  ledger.Skipped("/d/ckpt-7");
  ledger.Evaluated("/d/ckpt-7");
  ledger.Evaluated("/d/ckpt-6");
  ledger.Skipped("/d/ckpt-6");
  EXPECT_TRUE(ledger.has_unusable());
  EXPECT_THAT(ledger.Summary(), ElementsAre("3 checkpoints were not evaluated:", "  ckpt-8: torn",
                                            "  ckpt-9: a newer one was there first",
                                            "  ckpt-10: a newer one was there first"));
  ledger.Evaluated("ckpt-8");
  EXPECT_FALSE(ledger.has_unusable());
}

TEST(LedgerTest, StaysSmall) {
  Ledger ledger;
  for (int i = 0; i < 20'000; ++i) ledger.Skipped("/d/ckpt-" + std::to_string(i));
  const std::vector<std::string> lines = ledger.Summary();
  EXPECT_EQ(lines.front(), "20000 checkpoints were not evaluated:");
  EXPECT_EQ(lines.size(), 21U);
  EXPECT_EQ(lines.back(), "  and 19981 more");
}

TEST(StopRuleTest, GoesByNumber) {
  watch::Candidate candidate;
  EXPECT_FALSE(ReachesLimit(candidate, 1));
  candidate.number = 5;
  EXPECT_TRUE(ReachesLimit(candidate, 5));
  EXPECT_TRUE(ReachesLimit(candidate, 1));
  EXPECT_FALSE(ReachesLimit(candidate, 6));
  EXPECT_FALSE(ReachesLimit(candidate, 0));
  EXPECT_FALSE(ReachesLimit(candidate, std::nullopt));
}

TEST(StopRuleTest, EndsWithDamagedOrUnfitting) {
  const auto code = [](StatusCode failure) {
    return LimitReachedByFailure({}, 3, Status(failure, "why")).code();
  };
  EXPECT_EQ(code(StatusCode::kFailedPrecondition), StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(StatusCode::kUnimplemented), StatusCode::kFailedPrecondition);
  for (const StatusCode failure : {StatusCode::kUnavailable, StatusCode::kNotFound,
                                   StatusCode::kDataLoss, StatusCode::kIoError}) {
    EXPECT_EQ(code(failure), StatusCode::kDataLoss);
  }
}

TEST(FollowStateTest, AllowsTheListedTransitions) {
  using enum FollowState;
  const std::vector<FollowState> all{kWaiting, kLoading, kRetrying, kEvaluating, kEnded};
  std::string legal;
  for (const FollowState from : all) {
    for (const FollowState to : all) {
      if (IsLegal(from, to)) {
        legal += std::string(FollowStateName(from)) + ">" + std::string(FollowStateName(to)) + " ";
      }
    }
  }
  EXPECT_EQ(legal,
            "waiting>loading waiting>ended "
            "loading>waiting loading>retrying loading>evaluating loading>ended "
            "retrying>waiting retrying>loading retrying>ended "
            "evaluating>waiting evaluating>retrying evaluating>ended ");
}

TEST(FollowLogTest, ShowsAtMostTwentyDetails) {
  std::vector<std::string> lines;
  SetLogSink([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  const Status status(StatusCode::kFailedPrecondition, "does not fit",
                      std::vector<std::string>(25, "missing"));
  LogWithDetails(LogLevel::kError, "first", status);
  SetLogSink({});
  ASSERT_EQ(lines.size(), 22U);
  EXPECT_EQ(lines.front(), "first");
  EXPECT_EQ(lines.back(), "  and 5 more");
}

TEST(FollowLogTest, NamesErrorsAsTensorFlowDoes) {
  EXPECT_EQ(PythonErrorName(StatusCode::kDataLoss), "DataLossError");
  EXPECT_EQ(PythonErrorName(StatusCode::kNotFound), "NotFoundError");
  EXPECT_EQ(PythonErrorName(StatusCode::kIoError), "UnknownError");
}

}  // namespace
}  // namespace sidecar::follow
