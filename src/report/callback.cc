// The hooks' default implementations, and callbacks made of functions.
#include <utility>

#include "sidecar/callbacks.h"

namespace sidecar {

Status Callback::Begin(const EvaluationInfo& /*info*/,
                       std::optional<std::int64_t> /*num_batches*/) {
  return {};
}
Status Callback::OnTestBegin(const Logs& /*logs*/) { return {}; }
Status Callback::OnTestBatchBegin(std::int64_t /*batch*/, const Logs& /*logs*/) { return {}; }
Status Callback::OnTestBatchEnd(std::int64_t /*batch*/, const Logs& /*logs*/) { return {}; }
Status Callback::OnTestEnd(const Logs& /*logs*/) { return {}; }
Status Callback::End(const EvaluationResult& /*result*/) { return {}; }
Status Callback::Flush() { return {}; }

namespace {

class FunctionsCallback final : public Callback {
 public:
  explicit FunctionsCallback(LambdaCallbackOptions functions) : functions_(std::move(functions)) {}

  Status Begin(const EvaluationInfo& info, std::optional<std::int64_t> /*num_batches*/) override {
    if (functions_.begin) functions_.begin(info);
    return {};
  }
  Status OnTestBegin(const Logs& logs) override {
    if (functions_.on_test_begin) functions_.on_test_begin(logs);
    return {};
  }
  Status OnTestBatchBegin(std::int64_t batch, const Logs& logs) override {
    if (functions_.on_test_batch_begin) functions_.on_test_batch_begin(batch, logs);
    return {};
  }
  Status OnTestBatchEnd(std::int64_t batch, const Logs& logs) override {
    if (functions_.on_test_batch_end) functions_.on_test_batch_end(batch, logs);
    return {};
  }
  Status OnTestEnd(const Logs& logs) override {
    if (functions_.on_test_end) functions_.on_test_end(logs);
    return {};
  }
  [[nodiscard]] bool wants_batches() const override {
    return functions_.on_test_batch_begin || functions_.on_test_batch_end;
  }
  [[nodiscard]] std::string name() const override { return "LambdaCallback"; }

 private:
  LambdaCallbackOptions functions_;
};

}  // namespace

CallbackPtr LambdaCallback(LambdaCallbackOptions functions) {
  return std::make_shared<FunctionsCallback>(std::move(functions));
}

}  // namespace sidecar
