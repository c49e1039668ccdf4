#include "evaluate/compiled_outputs.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/compile_plan.h"
#include "evaluate/metrics/confusion_metric.h"
#include "evaluate/result_names.h"

namespace sidecar::evaluate {
namespace {

// The shape of a batch whose samples have shape `sample`.
Shape BatchShape(const Shape& sample) { return sample.WithFirst(Shape::kUnknown); }

bool SamplesAreStatic(const Shape& batch) {
  for (std::size_t axis = 1; axis < batch.rank(); ++axis) {
    if (batch[axis] < 0) return false;
  }
  return true;
}

// All metrics together may count so much: 128 MB.
constexpr std::size_t kMaxStateSize = std::size_t{1} << 24;

// What was asked for and is not there, each as a message names it, in order and once.
class MissingObjects {
 public:
  template <class T>
  void Add(const Made<T>& made) {
    std::vector<std::string>& list = made.unknown_name ? unknown_ : unsupported_;
    if (std::find(list.begin(), list.end(), made.unsupported) == list.end()) {
      list.push_back(made.unsupported);
    }
  }

  // A string that Keras does not know is the mistake of whoever wrote it; Keras itself writes those
  // of the user's own functions into HDF5 files.
  [[nodiscard]] Status ToStatus(KerasVersion version, CompileOrigin origin) const {
    if (!unknown_.empty() && origin == CompileOrigin::kUser) {
      return Status(
          StatusCode::kInvalidArgument,
          fmt::format("Keras {} has no {}; docs/supported.md lists the names",
                      version == KerasVersion::kKeras2 ? 2 : 3, fmt::join(unknown_, ", no ")));
    }
    std::vector<std::string> all = unsupported_;
    for (const std::string& name : unknown_) all.push_back(name + " (code of your own)");
    if (all.empty()) return Status();
    return Status(
        StatusCode::kUnimplemented,
        fmt::format("not supported: {}; docs/supported.md lists the losses and metrics "
                    "that are; --compile, --loss and --metrics replace those of the "
                    "model, sidecar::RegisterLoss and RegisterMetric add code of your own",
                    fmt::join(all, ", ")));
  }

 private:
  std::vector<std::string> unsupported_;
  std::vector<std::string> unknown_;
};

// Whether every metric with a dtype has float64, and there is one.
bool HasOnlyDoubleMetrics(const OutputPlan& plan) {
  bool any = false;
  for (const auto* list : {&plan.metrics, &plan.weighted_metrics}) {
    for (const Identifier& metric : *list) {
      const auto dtype = metric.config.find("dtype");
      if (dtype == metric.config.end() || dtype->is_null()) continue;
      if (*dtype != "float64") return false;
      any = true;
    }
  }
  return any;
}

// Makes the objects of one output.
class OutputCompiler {
 public:
  OutputCompiler(const DatasetSpec& data, KerasVersion version, MissingObjects& missing)
      : data_(data), version_(version), missing_(missing) {}

  Status Compile(const OutputPlan& plan, CompiledOutput& output) {
    SIDECAR_RETURN_IF_ERROR(CheckLabels(plan, output));
    if (!output.targets.labels) return Status();
    const LabelShapes shapes = ShapesOf(output);
    output.loss_weight = plan.loss_weight;
    if (plan.loss) {
      SIDECAR_RETURN_IF_ERROR(AddLoss(WithDtype(*plan.loss, plan, output), shapes, output));
    }
    SIDECAR_RETURN_IF_ERROR(AddMetrics(plan.metrics, shapes, output.metrics));
    SIDECAR_RETURN_IF_ERROR(AddMetrics(plan.weighted_metrics, shapes, output.weighted_metrics));
    Share(output.metrics, shapes.prediction);
    Share(output.weighted_metrics, shapes.prediction);
    return Status();
  }

  // Whether losses and metrics can work on the shapes of labels and predictions.
  [[nodiscard]] Status CheckShapes(const CompiledOutput& output) const {
    if (!output.targets.labels) return Status();
    return CheckShapes(ShapesOf(output), output);
  }

 private:
  [[nodiscard]] LabelShapes ShapesOf(const CompiledOutput& output) const {
    return {BatchShape(data_.y[*output.targets.labels].shape), BatchShape(output.spec.shape)};
  }

  // Labels are needed by whatever there is.
  static Status CheckLabels(const OutputPlan& plan, const CompiledOutput& output) {
    if (output.targets.labels) return Status();
    std::string who;
    if (plan.loss) who = fmt::format("its loss '{}'", plan.loss->name);
    for (const auto* list : {&plan.metrics, &plan.weighted_metrics}) {
      if (!who.empty() || list->empty()) continue;
      who = fmt::format("its metric '{}'", list->front().name);
    }
    if (who.empty()) return Status();
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("the data have no targets (y) for the output '{}', which {} needs",
                              output.spec.name, who));
  }

  // Keras 3 does not save the dtype of a loss, which under set_floatx("float64") is that, as are
  // those of the output and of all metrics then.
  [[nodiscard]] Identifier WithDtype(const Identifier& loss, const OutputPlan& plan,
                                     const CompiledOutput& output) const {
    Identifier result = loss;
    const bool is_double = version_ == KerasVersion::kKeras3 &&
                           output.spec.keras_dtype == DType::kFloat64 && HasOnlyDoubleMetrics(plan);
    const bool says_none =
        loss.config.is_null() || (loss.config.is_object() && !loss.config.contains("dtype"));
    if (is_double && says_none && !loss.custom) result.config["dtype"] = "float64";
    return result;
  }

  Status AddLoss(const Identifier& asked, const LabelShapes& shapes, CompiledOutput& output) {
    Identifier identifier = asked;
    if (version_ == KerasVersion::kKeras3 && identifier.kind == Identifier::Kind::kString) {
      ResolveCrossentropy(shapes, identifier.name);
    }
    SIDECAR_ASSIGN_OR_RETURN(Made<OutputLoss> made, MakeLoss(identifier, version_));
    if (made.object == nullptr) missing_.Add(made);
    output.loss = std::move(made.object);
    return Status();
  }

  // Keras 3's loss strings 'crossentropy' and 'ce'.
  static void ResolveCrossentropy(const LabelShapes& shapes, std::string& name) {
    std::string lower = name;
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (lower != "crossentropy" && lower != "ce") return;
    const LabelKind kind = FindLabelKind(shapes);
    name = kind == LabelKind::kBinary   ? "binary_crossentropy"
           : kind == LabelKind::kSparse ? "sparse_categorical_crossentropy"
                                        : "categorical_crossentropy";
  }

  Status AddMetrics(const std::vector<Identifier>& identifiers, const LabelShapes& shapes,
                    std::vector<NamedMetric>& metrics) {
    for (const Identifier& identifier : identifiers) {
      SIDECAR_ASSIGN_OR_RETURN(Made<NamedMetric> made, MakeMetric(identifier, shapes, version_));
      if (made.object == nullptr) {
        missing_.Add(made);
        continue;
      }
      state_size_ += made.object->metric->state().size();
      metrics.push_back(std::move(*made.object));
      if (state_size_ > kMaxStateSize) {
        return Status(StatusCode::kInvalidArgument,
                      fmt::format("metric '{}': the metrics up to this one have more than {} "
                                  "counts; ask for fewer thresholds or classes",
                                  metrics.back().name, kMaxStateSize));
      }
    }
    return Status();
  }

  // The metrics of one list get the same batches with the same weights. Where some count columns
  // apart, those that do not must not make that cost much memory.
  static void Share(const std::vector<NamedMetric>& metrics, const Shape& prediction) {
    constexpr std::int64_t kMaxShared = std::int64_t{1} << 20;
    const std::int64_t columns = prediction.rank() < 2 ? 1 : prediction[prediction.rank() - 1];
    const std::int64_t buckets =
        columns == Shape::kUnknown ? 0 : kMaxShared / std::max<std::int64_t>(columns, 1);
    std::vector<MetricAccumulator*> all;
    all.reserve(metrics.size());
    for (const NamedMetric& metric : metrics) all.push_back(metric.metric.get());
    ShareCounts(all, static_cast<std::size_t>(std::min<std::int64_t>(buckets, 4096)));
  }

  [[nodiscard]] Status CheckShapes(const LabelShapes& shapes, const CompiledOutput& output) const {
    if (!SamplesAreStatic(shapes.labels) || !SamplesAreStatic(shapes.prediction)) return Status();
    std::optional<Shape> weights;
    if (output.targets.weights) {
      weights = BatchShape(data_.sample_weight[*output.targets.weights].shape);
    }
    const Shape* weighted = weights ? &*weights : nullptr;
    if (output.loss != nullptr) {
      SIDECAR_RETURN_IF_ERROR_CONTEXT(
          output.loss->Check(shapes.labels, shapes.prediction, weighted),
          fmt::format("loss of output '{}'", output.spec.name));
    }
    SIDECAR_RETURN_IF_ERROR(CheckMetrics(output, output.metrics, shapes, nullptr));
    return CheckMetrics(output, output.weighted_metrics, shapes, weighted);
  }

  static Status CheckMetrics(const CompiledOutput& output, const std::vector<NamedMetric>& metrics,
                             const LabelShapes& shapes, const Shape* weights) {
    for (const NamedMetric& metric : metrics) {
      SIDECAR_RETURN_IF_ERROR_CONTEXT(
          metric.metric->Check(shapes.labels, shapes.prediction, weights),
          fmt::format("metric '{}' of output '{}'", metric.name, output.spec.name));
    }
    return Status();
  }

  const DatasetSpec& data_;
  KerasVersion version_;
  MissingObjects& missing_;
  std::size_t state_size_ = 0;  // of all metrics so far
};

Status CheckSomethingAsked(const std::vector<OutputPlan>& plans, const AddedNames& added,
                           KerasVersion version) {
  bool loss = added.loss;
  bool metric = !added.metrics.empty();
  for (const OutputPlan& plan : plans) {
    loss |= plan.loss.has_value();
    metric |= !plan.metrics.empty() || !plan.weighted_metrics.empty();
  }
  if (!loss && !metric) {
    return Status(StatusCode::kInvalidArgument,
                  "there is nothing to compute: the model was compiled without loss and metrics; "
                  "give some with --loss and --metrics, or --compile");
  }
  if (!loss && version == KerasVersion::kKeras3) {
    return Status(StatusCode::kInvalidArgument,
                  "there is no loss, which Keras 3 does not evaluate without; give one with "
                  "--loss, or take Keras 2's rules with --keras-version 2");
  }
  return Status();
}

// Keras 2 adds the losses of all outputs, which must have one shape then.
Status CheckUnreducedLosses(const std::vector<CompiledOutput>& outputs, KerasVersion version) {
  std::size_t unreduced = 0;
  std::size_t losses = 0;
  for (const CompiledOutput& output : outputs) {
    if (output.loss == nullptr) continue;
    ++losses;
    if (output.loss->reduction() == LossReduction::kNone) ++unreduced;
  }
  if (version == KerasVersion::kKeras3 || unreduced == 0 || unreduced == losses) return Status();
  return Status(StatusCode::kInvalidArgument,
                "some losses have the reduction 'none' and others do not: Keras 2 cannot add them");
}

// Default names count in the order in which Keras makes the metrics: those of all outputs, then the
// weighted ones (Keras 2: backend.unique_object_name, Keras 3: auto_name).
void CountDefaultNames(std::vector<CompiledOutput>& outputs) {
  std::map<std::string, int> counts;
  const auto count = [&counts](std::vector<NamedMetric>& metrics) {
    for (NamedMetric& metric : metrics) {
      if (!metric.counted) continue;
      const int before = counts[metric.name]++;
      if (before > 0) metric.name += fmt::format("_{}", before);
    }
  };
  for (CompiledOutput& output : outputs) count(output.metrics);
  for (CompiledOutput& output : outputs) count(output.weighted_metrics);
}

Status NameMetrics(std::vector<CompiledOutput>& outputs, KerasVersion version) {
  CountDefaultNames(outputs);
  std::vector<OutputMetricNames> names;
  for (const CompiledOutput& output : outputs) {
    OutputMetricNames& own = names.emplace_back();
    own.output = output.spec.name;
    for (const NamedMetric& metric : output.metrics) own.metrics.push_back(metric.name);
    for (const NamedMetric& metric : output.weighted_metrics) {
      own.weighted_metrics.push_back(metric.name);
    }
  }
  SIDECAR_RETURN_IF_ERROR(NameResults(names, version));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t m = 0; m < names[i].metrics.size(); ++m) {
      outputs[i].metrics[m].name = names[i].metrics[m];
    }
    for (std::size_t m = 0; m < names[i].weighted_metrics.size(); ++m) {
      outputs[i].weighted_metrics[m].name = names[i].weighted_metrics[m];
    }
  }
  return Status();
}

}  // namespace

Result<std::vector<CompiledOutput>> CompileOutputs(const nlohmann::json& config,
                                                   KerasVersion version,
                                                   std::vector<OutputSpec> outputs,
                                                   const DatasetSpec& data, const AddedNames& added,
                                                   CompileOrigin origin) {
  std::vector<std::string> names;
  names.reserve(outputs.size());
  for (const OutputSpec& output : outputs) names.push_back(output.name);
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<OutputPlan> plans,
                           PlanOutputs(config, version, names));
  SIDECAR_RETURN_IF_ERROR(CheckSomethingAsked(plans, added, version));
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<OutputTargets> targets, MatchTargets(outputs, data));
  std::vector<CompiledOutput> compiled(outputs.size());
  MissingObjects missing;
  OutputCompiler compiler(data, version, missing);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    compiled[i].spec = std::move(outputs[i]);
    compiled[i].targets = targets[i];
    SIDECAR_RETURN_IF_ERROR(compiler.Compile(plans[i], compiled[i]));
  }
  SIDECAR_RETURN_IF_ERROR(missing.ToStatus(version, origin));
  for (const CompiledOutput& output : compiled) {
    SIDECAR_RETURN_IF_ERROR(compiler.CheckShapes(output));
  }
  SIDECAR_RETURN_IF_ERROR(CheckUnreducedLosses(compiled, version));
  // Metrics of an HDF5 model or SavedModel carry the names of their results already.
  const auto serialized = config.find("from_serialized");
  if (serialized == config.end() || *serialized != true) {
    SIDECAR_RETURN_IF_ERROR(NameMetrics(compiled, version));
  }
  return compiled;
}

}  // namespace sidecar::evaluate
