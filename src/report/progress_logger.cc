#include "report/progress_logger.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "report/log_text.h"

namespace sidecar {
namespace report {
namespace {

class ProgressLoggerCallback final : public Callback {
 public:
  ProgressLoggerCallback(double interval_seconds, const base::Clock& clock)
      : interval_seconds_(interval_seconds), clock_(clock) {}

  Status Begin(const EvaluationInfo& info, std::optional<std::int64_t> num_batches) override {
    checkpoint_ = info.checkpoint;
    num_batches_ = num_batches;
    last_ = clock_.Now();
    return {};
  }

  Status OnTestBatchEnd(std::int64_t batch, const Logs& logs) override {
    if (!wants_batches()) return {};
    last_ = clock_.Now();
    std::string results;
    for (const auto& [name, value] : logs) results += fmt::format(" {}={}", name, ShortText(value));
    base::Log(LogLevel::kInfo, "Evaluating {}: {}{} batches,{}", checkpoint_, batch + 1,
              num_batches_ ? fmt::format("/{}", *num_batches_) : "", results);
    return {};
  }

  // Only when a line is due: results over many thresholds cost more than a batch.
  [[nodiscard]] bool wants_batches() const override {
    return std::chrono::duration<double>(clock_.Now() - last_).count() >= interval_seconds_;
  }
  [[nodiscard]] std::string name() const override { return "ProgressLogger"; }

 private:
  double interval_seconds_;
  const base::Clock& clock_;
  std::string checkpoint_;
  std::optional<std::int64_t> num_batches_;
  base::Clock::TimePoint last_;
};

}  // namespace

CallbackPtr MakeProgressLogger(double interval_seconds, const base::Clock& clock) {
  return std::make_shared<ProgressLoggerCallback>(interval_seconds, clock);
}

}  // namespace report

CallbackPtr ProgressLogger(double interval_seconds) {
  return report::MakeProgressLogger(interval_seconds, base::SystemClock());
}

}  // namespace sidecar
