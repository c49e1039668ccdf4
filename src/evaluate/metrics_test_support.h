// Evaluations of one output or two, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evaluate/compiled_metrics.h"

namespace sidecar::evaluate {

inline Tensor Floats(Shape shape, const std::vector<float>& values) {
  return Tensor::FromValues<float>(std::move(shape), values).value();
}

inline Tensor Ints(Shape shape, const std::vector<std::int64_t>& values) {
  return Tensor::FromValues<std::int64_t>(std::move(shape), values).value();
}

/// A model with the output "out", and all of its data.
struct OneOutput {
  std::string compile;
  Tensor prediction;
  Tensor labels;
  std::optional<Tensor> weights = std::nullopt;
  std::optional<Tensor> logits = std::nullopt;
  KerasVersion version = KerasVersion::kKeras2;
  float regularization = 0;
  DType keras_dtype = DType::kFloat32;
  CompileOrigin origin = CompileOrigin::kUser;
};

inline Result<std::unique_ptr<CompiledMetrics>> Create(const OneOutput& model) {
  DatasetSpec data;
  data.y.push_back({"", model.labels.dtype(), model.labels.shape().WithoutFirst()});
  if (model.weights) {
    data.sample_weight.push_back(
        {"", model.weights->dtype(), model.weights->shape().WithoutFirst()});
  }
  OutputSpec output{"out", DType::kFloat32, model.prediction.shape().WithoutFirst(),
                    model.keras_dtype};
  return CompiledMetrics::Create(model.compile, model.version, {output}, data, {}, model.origin);
}

/// Rows [begin, end) of the data.
inline Status UpdateRows(CompiledMetrics& metrics, const OneOutput& model, std::int64_t begin,
                         std::int64_t end) {
  OutputValue output;
  output.prediction = model.prediction.Slice(begin, end).value();
  if (model.logits) output.logits = model.logits->Slice(begin, end).value();
  Batch batch;
  batch.y.push_back(model.labels.Slice(begin, end).value());
  if (model.weights) batch.sample_weight.push_back(model.weights->Slice(begin, end).value());
  return metrics.Update({&output, 1}, batch, end - begin, {model.regularization});
}

/// The results over all rows in batches of `batch_size` (all at once where it is 0), or the first
/// failure.
inline Result<Logs> Evaluate(const OneOutput& model, std::int64_t batch_size = 0) {
  Result<std::unique_ptr<CompiledMetrics>> metrics = Create(model);
  if (!metrics.ok()) return metrics.status();
  (*metrics)->Reset();
  const std::int64_t rows = model.prediction.shape()[0];
  if (batch_size == 0) batch_size = rows;
  for (std::int64_t begin = 0; begin < rows; begin += batch_size) {
    const std::int64_t end = std::min(begin + batch_size, rows);
    const Status status = UpdateRows(**metrics, model, begin, end);
    if (!status.ok()) return status;
  }
  return (*metrics)->Results();
}

/// The result with that name; a failed test and NaN where there is none.
inline double ValueOf(const Result<Logs>& logs, const std::string& name) {
  EXPECT_TRUE(logs.ok()) << logs.status();
  if (logs.ok()) {
    for (const auto& [key, value] : *logs) {
      if (key == name) return std::get<double>(value);
    }
  }
  ADD_FAILURE() << "no result " << name;
  return std::numeric_limits<double>::quiet_NaN();
}

inline std::vector<std::string> NamesOf(const Logs& logs) {
  std::vector<std::string> names;
  for (const auto& entry : logs) names.push_back(entry.first);
  return names;
}

/// Predictions 1, 2, 3, labels 1.
inline OneOutput Regression(std::string compile, KerasVersion version = KerasVersion::kKeras2) {
  return {.compile = std::move(compile),
          .prediction = Floats({3, 1}, {1, 2, 3}),
          .labels = Floats({3, 1}, {1, 1, 1}),
          .version = version};
}

/// Two samples of three classes, of which the first is predicted right.
inline OneOutput Classes(std::string compile, KerasVersion version = KerasVersion::kKeras2) {
  return {.compile = std::move(compile),
          .prediction = Floats({2, 3}, {.05F, .95F, 0, .1F, .8F, .1F}),
          .labels = Ints({2}, {1, 2}),
          .version = version};
}

/// Two outputs, "zz" and "aa", with targets of their names; predictions 1, targets 2 and 3.
inline DatasetSpec TwoTargets() {
  DatasetSpec data;
  data.y = {{"zz", DType::kFloat32, Shape{1}}, {"aa", DType::kFloat32, Shape{1}}};
  return data;
}

inline std::vector<OutputSpec> TwoOutputs() {
  return {{"zz", DType::kFloat32, Shape{1}}, {"aa", DType::kFloat32, Shape{1}}};
}

/// The results of one batch of two samples, or the first failure.
inline Result<Logs> EvaluateTwo(const std::string& compile, KerasVersion version) {
  auto metrics = CompiledMetrics::Create(compile, version, TwoOutputs(), TwoTargets());
  if (!metrics.ok()) return metrics.status();
  (*metrics)->Reset();
  const std::vector<OutputValue> outputs(2, {Floats({2, 1}, {1, 1}), std::nullopt});
  Batch batch;
  batch.y = {Floats({2, 1}, {2, 2}), Floats({2, 1}, {3, 3})};
  const Status status = (*metrics)->Update(outputs, batch, 2, {});
  if (!status.ok()) return status;
  return (*metrics)->Results();
}

}  // namespace sidecar::evaluate
