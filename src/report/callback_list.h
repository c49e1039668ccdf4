// Several callbacks as one, which never fails.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sidecar/callbacks.h"
#include "sidecar/status.h"

namespace sidecar::report {

/// What a callback of the library that writes somewhere offers beside the hooks, so that an output
/// that cannot be created is found out before the first wait.
class OutputCallback {
 public:
  OutputCallback() = default;
  OutputCallback(const OutputCallback&) = delete;
  OutputCallback& operator=(const OutputCallback&) = delete;
  virtual ~OutputCallback() = default;
  /// Fails with kCannotCreate when the output cannot be created.
  virtual Status CheckOutput() = 0;
};

/// Passes each hook on to its callbacks in their order. A hook that returns an error or throws is
/// logged (a warning that names callback and hook, repeated for the same hook at most once a
/// minute, with the number left out) and hinders neither the other callbacks nor the evaluation:
/// all hooks of the list itself return OK. Not thread-safe.
class CallbackList final : public Callback {
 public:
  /// `clock` must outlive the list. Null callbacks are left out.
  explicit CallbackList(const std::vector<CallbackPtr>& callbacks,
                        const base::Clock& clock = base::SystemClock());

  /// Asks every OutputCallback among them; the first failure.
  Status CheckOutputs();

  Status Begin(const EvaluationInfo& info, std::optional<std::int64_t> num_batches) override;
  Status OnTestBegin(const Logs& logs) override;
  /// Batch hooks reach those callbacks only that want batches.
  Status OnTestBatchBegin(std::int64_t batch, const Logs& logs) override;
  Status OnTestBatchEnd(std::int64_t batch, const Logs& logs) override;
  Status OnTestEnd(const Logs& logs) override;
  Status End(const EvaluationResult& result) override;
  Status Flush() override;

  [[nodiscard]] bool wants_batches() const override;
  [[nodiscard]] std::string name() const override { return "callback list"; }

  /// How many hook calls have failed so far.
  [[nodiscard]] std::int64_t failures() const { return failures_; }
  /// The first failure that has not been followed by a successful Flush() of the same callback, for
  /// the end of the process: what was to be written may be lost. OK where there is none.
  [[nodiscard]] Status UnflushedFailure() const;

 private:
  enum Hook : std::uint8_t {
    kName,
    kBegin,
    kTestBegin,
    kBatchBegin,
    kBatchEnd,
    kTestEnd,
    kEnd,
    kFlush,
    kNumHooks
  };
  struct Reports {
    std::optional<base::Clock::TimePoint> last;
    std::int64_t left_out = 0;
  };
  struct Entry {
    CallbackPtr callback;
    std::string name;
    bool wants_batches = true;
    std::array<Reports, kNumHooks> reports;
    Status unflushed;
  };

  void Call(Hook hook, const std::function<Status(Callback&)>& call);
  void Report(Entry& entry, Hook hook, const Status& status);

  const base::Clock& clock_;
  std::vector<Entry> entries_;
  std::int64_t failures_ = 0;
};

}  // namespace sidecar::report
