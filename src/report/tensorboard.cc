#include "report/tensorboard.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/status_macros.h"
#include "report/callback_list.h"
#include "report/events/event_file_writer.h"

namespace sidecar {
namespace report {
namespace {

std::string RunDirectory(const std::string& log_dir) {
  return base::JoinPath(log_dir, "validation");
}

class TensorBoardCallback final : public Callback, public OutputCallback {
 public:
  TensorBoardCallback(std::string log_dir, base::FileSystem& fs, const base::Clock& clock)
      : log_dir_(std::move(log_dir)),
        fs_(fs),
        clock_(clock),
        writer_(RunDirectory(log_dir_), CurrentEventFileIdentity(), fs, clock) {}

  Status CheckOutput() override { return CheckLogDir(log_dir_, fs_); }

  Status Begin(const EvaluationInfo& info, std::optional<std::int64_t> /*num_batches*/) override {
    info_ = info;
    return {};
  }

  Status OnTestEnd(const Logs& logs) override {
    const std::optional<std::int64_t> step = Step();
    if (!step) return {};
    const double now = clock_.WallSeconds();
    std::vector<ScalarEvent> events;
    for (const auto& [name, value] : logs) {
      const std::string tag = fmt::format("evaluation_{}_vs_iterations", name);
      if (const double* number = std::get_if<double>(&value)) {
        events.push_back({now, *step, tag, static_cast<float>(*number)});
        continue;
      }
      const auto& numbers = std::get<std::vector<double>>(value);
      for (std::size_t i = 0; i < numbers.size(); ++i)
        events.push_back(
            {now, *step, fmt::format("{}_{}", tag, i), static_cast<float>(numbers[i])});
    }
    return writer_.Write(events);
  }

  Status Flush() override { return writer_.Flush(); }

  [[nodiscard]] bool wants_batches() const override { return false; }
  [[nodiscard]] std::string name() const override { return "TensorBoard"; }

 private:
  /// Where the summaries of this evaluation go; nothing where there is no number for it at all.
  std::optional<std::int64_t> Step() {
    if (info_.step) return info_.step;
    if (!warned_) {
      warned_ = true;
      // Who opened the checkpoint has warned of that; that nothing is written is another matter.
      base::Log(info_.number ? LogLevel::kInfo : LogLevel::kWarning,
                "{}: has no optimizer iterations; TensorBoard summaries are {}", info_.checkpoint,
                info_.number ? "written at the checkpoint's number instead"
                             : "not written, as its name has no number either");
    }
    return info_.number;
  }

  std::string log_dir_;
  base::FileSystem& fs_;
  const base::Clock& clock_;
  EventFileWriter writer_;
  EvaluationInfo info_;
  bool warned_ = false;
};

}  // namespace

Status CheckLogDir(const std::string& log_dir, base::FileSystem& fs) {
  const std::string directory = RunDirectory(log_dir);
  SIDECAR_RETURN_IF_ERROR(fs.CreateDirectories(directory));
  return fs.CheckWritableDirectory(directory);
}

CallbackPtr MakeTensorBoard(std::string log_dir, base::FileSystem& fs, const base::Clock& clock) {
  return std::make_shared<TensorBoardCallback>(std::move(log_dir), fs, clock);
}

}  // namespace report

CallbackPtr TensorBoard(std::string log_dir) {
  return report::MakeTensorBoard(std::move(log_dir), base::PosixFileSystem(), base::SystemClock());
}

}  // namespace sidecar
