#include "report/callback_list.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"

namespace sidecar::report {
namespace {

constexpr std::chrono::minutes kReportInterval{1};

/// Runs user code; what it throws becomes a Status.
template <class Function>
Status CallUser(Function&& function) {
  try {
    return function();
  } catch (const std::exception& error) {
    return {StatusCode::kInternal, std::string("exception: ") + error.what()};
  } catch (...) {
    return {StatusCode::kInternal, "exception that is not a std::exception"};
  }
}

}  // namespace

CallbackList::CallbackList(const std::vector<CallbackPtr>& callbacks, const base::Clock& clock)
    : clock_(clock) {
  for (const CallbackPtr& callback : callbacks) {
    if (callback == nullptr) continue;
    Entry entry;
    entry.callback = callback;
    // This is user code, too.
    const Status status = CallUser([&] {
      entry.name = callback->name();
      entry.wants_batches = callback->wants_batches();
      return Status();
    });
    entries_.push_back(std::move(entry));
    if (!status.ok()) Report(entries_.back(), kName, status);
  }
}

Status CallbackList::CheckOutputs() {
  for (const Entry& entry : entries_) {
    auto* output = dynamic_cast<OutputCallback*>(entry.callback.get());
    if (output != nullptr) SIDECAR_RETURN_IF_ERROR(output->CheckOutput());
  }
  return {};
}

Status CallbackList::Begin(const EvaluationInfo& info, std::optional<std::int64_t> num_batches) {
  Call(kBegin, [&](Callback& callback) { return callback.Begin(info, num_batches); });
  return {};
}

Status CallbackList::OnTestBegin(const Logs& logs) {
  Call(kTestBegin, [&](Callback& callback) { return callback.OnTestBegin(logs); });
  return {};
}

Status CallbackList::OnTestBatchBegin(std::int64_t batch, const Logs& logs) {
  for (Entry& entry : entries_) {
    // One that cannot say stays with what it said last.
    (void)CallUser([&] {
      entry.wants_batches = entry.callback->wants_batches();
      return Status();
    });
  }
  Call(kBatchBegin, [&](Callback& callback) { return callback.OnTestBatchBegin(batch, logs); });
  return {};
}

Status CallbackList::OnTestBatchEnd(std::int64_t batch, const Logs& logs) {
  Call(kBatchEnd, [&](Callback& callback) { return callback.OnTestBatchEnd(batch, logs); });
  return {};
}

Status CallbackList::OnTestEnd(const Logs& logs) {
  Call(kTestEnd, [&](Callback& callback) { return callback.OnTestEnd(logs); });
  return {};
}

Status CallbackList::End(const EvaluationResult& result) {
  Call(kEnd, [&](Callback& callback) { return callback.End(result); });
  return {};
}

Status CallbackList::Flush() {
  Call(kFlush, [](Callback& callback) { return callback.Flush(); });
  return {};
}

bool CallbackList::wants_batches() const {
  return std::ranges::any_of(entries_, [](const Entry& entry) { return entry.wants_batches; });
}

Status CallbackList::UnflushedFailure() const {
  for (const Entry& entry : entries_) {
    if (!entry.unflushed.ok()) return entry.unflushed.WithContext(entry.name);
  }
  return {};
}

void CallbackList::Call(Hook hook, const std::function<Status(Callback&)>& call) {
  for (Entry& entry : entries_) {
    if ((hook == kBatchBegin || hook == kBatchEnd) && !entry.wants_batches) continue;
    const Status status = CallUser([&] { return call(*entry.callback); });
    if (!status.ok()) {
      Report(entry, hook, status);
    } else if (hook == kFlush) {
      entry.unflushed = Status();
    }
  }
}

void CallbackList::Report(Entry& entry, Hook hook, const Status& status) {
  static constexpr std::array<std::string_view, kNumHooks> kHookNames = {
      "name",           "Begin",     "OnTestBegin", "OnTestBatchBegin",
      "OnTestBatchEnd", "OnTestEnd", "End",         "Flush"};
  ++failures_;
  if (entry.unflushed.ok()) entry.unflushed = status;
  Reports& reports = entry.reports[hook];
  const base::Clock::TimePoint now = clock_.Now();
  if (reports.last && now - *reports.last < kReportInterval) {
    ++reports.left_out;
    return;
  }
  base::Log(LogLevel::kWarning, "callback '{}' failed in {}: {}{}", entry.name, kHookNames[hook],
            status.message(),
            reports.left_out > 0
                ? fmt::format(" ({} failures before this one were not reported)", reports.left_out)
                : "");
  reports = {now, 0};
}

}  // namespace sidecar::report
