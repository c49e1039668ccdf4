#include "evaluate/custom/registry.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/loss_table.h"
#include "evaluate/metrics/metric_table.h"
#include "evaluate/rank_rules.h"
#include "sidecar/custom.h"

namespace sidecar {
namespace evaluate {
namespace {

// Registered factories of one kind by name.
template <class Factory>
class Registry {
 public:
  bool Add(const std::string& name, Factory factory) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return factories_.emplace(name, std::move(factory)).second;
  }

  // An empty function where there is none.
  Factory Find(const Identifier& identifier) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const std::string* name : {&identifier.registered_name, &identifier.name}) {
      const auto found = factories_.find(*name);
      if (found != factories_.end()) return found->second;
    }
    return {};
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Factory> factories_;
};

Registry<CustomLossFactory>& Losses() {
  static Registry<CustomLossFactory> registry;
  return registry;
}

Registry<CustomMetricFactory>& Metrics() {
  static Registry<CustomMetricFactory> registry;
  return registry;
}

class Arguments final : public CustomArguments {
 public:
  explicit Arguments(ObjectConfig& config) : config_(config) {}
  bool Bool(const std::string& key, bool otherwise) override {
    return config_.Bool(key, otherwise);
  }
  double Number(const std::string& key, double otherwise) override {
    return config_.Number(key, otherwise);
  }
  std::int64_t Integer(const std::string& key, std::int64_t otherwise) override {
    return config_.Integer(key, otherwise);
  }
  std::string Text(const std::string& key, const std::string& otherwise) override {
    return config_.Text(key, otherwise);
  }
  std::vector<double> Numbers(const std::string& key) override {
    return config_.Numbers(key).value_or(std::vector<double>());
  }

 private:
  ObjectConfig& config_;
};

// Runs code of the user's, whose exceptions end here.
template <class Function>
auto Guarded(const std::string& owner, const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    return Status(StatusCode::kInternal, fmt::format("{} failed: {}", owner, error.what()));
  }
}

Result<CustomBatch> BatchOf(const FunctionInput& input) {
  CustomBatch batch;
  SIDECAR_ASSIGN_OR_RETURN(batch.labels, input.labels->Floats());
  batch.label_shape = input.label_shape;
  batch.prediction = input.prediction;
  batch.prediction_shape = input.prediction_shape;
  if (input.logits != nullptr) batch.logits = {input.logits, input.prediction.size()};
  return batch;
}

class CustomFunction final : public PerSampleFunction {
 public:
  CustomFunction(std::unique_ptr<CustomLoss> loss, std::string owner)
      : loss_(std::move(loss)), owner_(std::move(owner)) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    return Guarded(owner_, [&] { return loss_->ValueShape(labels, prediction); });
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const CustomBatch batch, BatchOf(input));
    return Guarded(owner_, [&] { return loss_->Compute(batch, values.data); });
  }

 private:
  std::unique_ptr<CustomLoss> loss_;
  std::string owner_;
};

class CustomAccumulator final : public MetricAccumulator {
 public:
  CustomAccumulator(std::unique_ptr<CustomMetric> metric, std::size_t state_size, std::string owner,
                    KerasVersion version)
      : MetricAccumulator(state_size),
        metric_(std::move(metric)),
        owner_(std::move(owner)),
        version_(version) {}

  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape*) const override {
    const AlignedShapes shapes = AlignLabels(labels, prediction, version_);
    return Guarded(owner_, [&] { return metric_->Check(shapes.labels, shapes.prediction); });
  }

  Status Update(const OutputView& view) override {
    const OutputView own = version_ == KerasVersion::kKeras2 ? view.CastTo(dtype()) : view;
    SIDECAR_ASSIGN_OR_RETURN(CustomBatch batch, BatchOf(Align(own, version_)));
    if (view.weights != nullptr) {
      batch.weight_shape = view.weights->shape;
      batch.weights = view.weights->data;
    }
    return Guarded(owner_, [&] { return metric_->Update(batch, state_); });
  }

  [[nodiscard]] MetricValue Result() const override { return metric_->Result(state_); }

 private:
  std::unique_ptr<CustomMetric> metric_;
  std::string owner_;
  KerasVersion version_;
};

Status NothingMade(const ObjectConfig& config) {
  return Status(StatusCode::kInternal, fmt::format("{}: its factory made nothing", config.owner()));
}

}  // namespace

bool HasCustomLoss(const Identifier& identifier) { return Losses().Find(identifier) != nullptr; }
bool HasCustomMetric(const Identifier& identifier) { return Metrics().Find(identifier) != nullptr; }

Result<std::unique_ptr<PerSampleFunction>> MakeCustomLoss(const Identifier& identifier,
                                                          ObjectConfig& config) {
  Arguments arguments(config);
  const CustomLossFactory factory = Losses().Find(identifier);
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<CustomLoss> loss,
                           Guarded(config.owner(), [&] { return factory(arguments); }));
  if (loss == nullptr) return NothingMade(config);
  return std::unique_ptr<PerSampleFunction>(
      std::make_unique<CustomFunction>(std::move(loss), config.owner()));
}

Result<std::unique_ptr<MetricAccumulator>> MakeCustomMetric(const Identifier& identifier,
                                                            ObjectConfig& config,
                                                            KerasVersion version) {
  Arguments arguments(config);
  const CustomMetricFactory factory = Metrics().Find(identifier);
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<CustomMetric> metric,
                           Guarded(config.owner(), [&] { return factory(arguments); }));
  if (metric == nullptr) return NothingMade(config);
  const std::size_t size = metric->StateSize();
  return std::unique_ptr<MetricAccumulator>(
      std::make_unique<CustomAccumulator>(std::move(metric), size, config.owner(), version));
}

}  // namespace evaluate

namespace {

using evaluate::FindLossClass;
using evaluate::FindLossFunction;

Status CannotRegister(const std::string& name, const char* why) {
  return Status(StatusCode::kInvalidArgument, fmt::format("'{}' {}", name, why));
}

bool IsKerasLoss(const std::string& name) {
  for (const KerasVersion version : {KerasVersion::kKeras2, KerasVersion::kKeras3}) {
    if (FindLossClass(name, version) != nullptr) return true;
    if (FindLossFunction(name, version) != nullptr) return true;
  }
  return false;
}

bool IsKerasMetric(const std::string& name) {
  for (const evaluate::MetricEntry& entry : evaluate::MetricTable()) {
    if (entry.class_name == name || entry.snake_name == name || entry.function_name == name) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<Shape> CustomLoss::ValueShape(const Shape& labels, const Shape& prediction) const {
  (void)labels;
  if (prediction.rank() == 0) return prediction;
  std::vector<std::int64_t> sizes = prediction.sizes();
  sizes.pop_back();
  return Shape(std::move(sizes));
}

Status CustomMetric::Check(const Shape& labels, const Shape& prediction) const {
  (void)labels;
  (void)prediction;
  return Status();
}

Status RegisterLoss(const std::string& name, CustomLossFactory factory) {
  if (name.empty() || factory == nullptr) return CannotRegister(name, "needs a name and a factory");
  if (IsKerasLoss(name)) return CannotRegister(name, "is a loss of Keras's own");
  if (!evaluate::Losses().Add(name, std::move(factory))) {
    return CannotRegister(name, "is registered already");
  }
  return Status();
}

Status RegisterMetric(const std::string& name, CustomMetricFactory factory) {
  if (name.empty() || factory == nullptr) return CannotRegister(name, "needs a name and a factory");
  if (IsKerasMetric(name)) return CannotRegister(name, "is a metric of Keras's own");
  if (!evaluate::Metrics().Add(name, std::move(factory))) {
    return CannotRegister(name, "is registered already");
  }
  return Status();
}

}  // namespace sidecar
