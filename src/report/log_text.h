// Results as text: as Python prints them, and short ones for people.
#pragma once

#include <span>
#include <string>

#include "sidecar/callbacks.h"

namespace sidecar::report {

/// repr() of a Python float: the shortest digits that read back as the same double, with a decimal
/// point or an exponent ("0.3333333432674408", "1.0", "1e-07", "nan", "-inf").
[[nodiscard]] std::string PythonFloat(double value);

/// str() of a one-dimensional NumPy array of float32 with NumPy's default print options: aligned
/// columns, at most 8 digits after the point, lines of 75 characters, "..." in the middle of more
/// than 1000 values (numpy/_core/arrayprint.py). Values are rounded to float32 first.
[[nodiscard]] std::string NumpyArray(std::span<const double> values);

/// "name=value name=value": the end-of-evaluation log line of the reference (reference-behaviour
/// notes: `"{}={}".format(name, value.numpy())`), with PythonFloat() and NumpyArray().
[[nodiscard]] std::string MetricsText(const Logs& metrics);

/// As Keras's progress line shows a result: four decimals, or an exponent with four decimals for
/// values of 0.001 and less; several values as their mean (keras/utils/generic_utils.py, Progbar,
/// verbose=2).
[[nodiscard]] std::string ShortText(const MetricValue& value);

}  // namespace sidecar::report
