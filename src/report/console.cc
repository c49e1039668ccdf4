#include "report/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "report/log_text.h"

namespace sidecar::report {
namespace {

class ConsoleCallback final : public Callback {
 public:
  explicit ConsoleCallback(std::ostream& out) : out_(out) {}

  Status End(const EvaluationResult& result) override {
    const std::string checkpoint(base::BaseName(result.info.checkpoint));
    std::vector<std::string> names;
    for (const auto& [name, value] : result.metrics) names.push_back(name);
    if (!header_written_ || names != names_) WriteHeader(std::move(names), checkpoint);

    std::string row = fmt::format("{:<{}}  {:>8}", checkpoint, checkpoint_width_,
                                  result.info.step ? std::to_string(*result.info.step) : "-");
    for (const auto& [name, value] : result.metrics)
      row += fmt::format("  {:>{}}", ShortText(value), MetricWidth(name));
    out_ << row + fmt::format("  {:>7}  {:>7.3f}\n", result.batches, result.seconds);
    return Flush();
  }

  Status Flush() override {
    if (out_.flush()) return {};
    return {StatusCode::kIoError, "cannot write to the standard output"};
  }
  [[nodiscard]] bool wants_batches() const override { return false; }
  [[nodiscard]] std::string name() const override { return "table"; }

 private:
  void WriteHeader(std::vector<std::string> names, const std::string& checkpoint) {
    // Room for the numbers of later checkpoints to grow.
    checkpoint_width_ = std::max<std::size_t>(10, checkpoint.size() + 2);
    std::string header = fmt::format("{:<{}}  {:>8}", "checkpoint", checkpoint_width_, "step");
    for (const std::string& name : names)
      header += fmt::format("  {:>{}}", name, MetricWidth(name));
    out_ << header + fmt::format("  {:>7}  {:>7}\n", "batches", "seconds");
    names_ = std::move(names);
    header_written_ = true;
  }

  /// "-1.2345e-07" fits.
  static std::size_t MetricWidth(const std::string& name) {
    return std::max<std::size_t>(11, name.size());
  }

  std::ostream& out_;
  bool header_written_ = false;
  std::vector<std::string> names_;
  std::size_t checkpoint_width_ = 0;
};

}  // namespace

CallbackPtr ConsoleTable(std::ostream& out) { return std::make_shared<ConsoleCallback>(out); }

}  // namespace sidecar::report
