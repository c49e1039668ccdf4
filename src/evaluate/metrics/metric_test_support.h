// Single metrics and batches for tests.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "evaluate/metrics/metric_table.h"

namespace sidecar::evaluate {

inline NamedMetric Make(const nlohmann::json& object, KerasVersion version,
                        const LabelShapes& shapes = {Shape{-1}, Shape{-1, 3}}) {
  Result<Made<NamedMetric>> made = MakeMetric(ReadIdentifier(object).value(), shapes, version);
  EXPECT_TRUE(made.ok()) << made.status();
  EXPECT_NE(made->object, nullptr) << made->unsupported;
  return std::move(*made->object);
}

// A batch with storage of its own.
struct TestBatch {
  TestBatch(Tensor y, Tensor p) : labels(std::move(y)), prediction(std::move(p)) {}
  TestBatch(Tensor y, Tensor p, Tensor w) : TestBatch(std::move(y), std::move(p)) {
    weight_tensor = std::move(w);
    weights = {weight_tensor.shape(), weight_tensor.values<float>()};
    weighted = true;
  }
  OutputView View() {
    OutputView view;
    view.labels = &labels;
    view.prediction_shape = prediction.shape();
    view.prediction = prediction.values<float>();
    view.weights = weighted ? &weights : nullptr;
    return view;
  }
  Labels labels;
  Tensor prediction;
  Tensor weight_tensor;
  Weights weights;
  bool weighted = false;
};

}  // namespace sidecar::evaluate
