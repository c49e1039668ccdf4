// All metrics of both Kerases, and the making of one from its name or object.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "evaluate/identifier.h"
#include "evaluate/losses/loss_table.h"
#include "evaluate/metrics/metric_accumulator.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// Makes a metric from its constructor's arguments; mistakes are left in `config`.
using MetricFactory = std::unique_ptr<MetricAccumulator> (*)(ObjectConfig& config,
                                                             KerasVersion version);

/// A line of the table. Names of one kind are separated by spaces.
struct MetricEntry {
  std::string_view class_name;
  std::string_view snake_name;      ///< Keras 3's string for the class
  std::string_view keras2_default;  ///< the class's default `name`
  std::string_view keras3_default;
  std::string_view function_name;  ///< of the function of that name among the metrics, if any
  std::string_view keras2_names;   ///< Keras 2's further strings for the function
  std::string_view keras3_names;   ///< Keras 3's further strings for the class
  Known known = Known::kBoth;
  MetricFactory make = nullptr;             ///< null: not supported
  FunctionFactory make_function = nullptr;  ///< the function; null: not supported, or none
  bool counted = false;  ///< a default name gets "_1", "_2", … when it is used again
};
[[nodiscard]] std::span<const MetricEntry> MetricTable();

/// A metric and its name.
struct NamedMetric {
  std::string name;
  bool counted = false;  ///< the name is a default one that counts
  std::unique_ptr<MetricAccumulator> metric;
};

/// What a shape-dependent string needs to know about an output.
struct LabelShapes {
  Shape labels;  ///< with the batch dimension, as the data give them
  Shape prediction;
};

/// The kind of labels that 'accuracy' and 'crossentropy' find out from shapes.
enum class LabelKind { kBinary, kSparse, kCategorical };
[[nodiscard]] LabelKind FindLabelKind(const LabelShapes& shapes);

/// A metric from its name or object, named as Keras names it before prefixes. kInvalidArgument for
/// wrong arguments.
Result<Made<NamedMetric>> MakeMetric(const Identifier& identifier, const LabelShapes& shapes,
                                     KerasVersion version);

}  // namespace sidecar::evaluate
