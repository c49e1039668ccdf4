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
    const base::Clock::TimePoint now = clock_.Now();
    if (std::chrono::duration<double>(now - last_).count() < interval_seconds_) return {};
    last_ = now;
    std::string results;
    for (const auto& [name, value] : logs) results += fmt::format(" {}={}", name, ShortText(value));
    base::Log(LogLevel::kInfo, "Evaluating {}: {}{} batches,{}", checkpoint_, batch + 1,
              num_batches_ ? fmt::format("/{}", *num_batches_) : "", results);
    return {};
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
