// The compile config as whole-model HDF5 files have it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sidecar/model.h"

namespace sidecar::model::keras {

/// The attribute `training_config` as the compile config of a `.keras` file would say it:
///
/// - Keras 2 writes metrics that have been built, one list for each output, with the output's name
///   before theirs where there are several (tf_keras/src/engine/compile_utils.py
///   `_set_metric_names`). It is taken off, since naming the results adds it again.
/// - Keras 3 makes a metric's object of a string when it reads the file, which then has the name of
///   its class (`mse`: `mean_squared_error`), except for those that depend on the output's shape
///   (keras/src/legacy/saving/saving_utils.py `_deserialize_metric`).
///
/// What is not of that form stays as it is: the reader of compile configs says what is wrong.
[[nodiscard]] nlohmann::json FromTrainingConfig(nlohmann::json config, KerasVersion version,
                                                const std::vector<std::string>& output_names);

}  // namespace sidecar::model::keras
