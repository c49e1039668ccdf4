#include "evaluate/added_terms.h"

#include <cmath>

#include "base/status_macros.h"
#include "evaluate/values.h"
#include "tensor/convert.h"

namespace sidecar::evaluate {
namespace {

double AbsoluteSum(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += std::fabs(static_cast<double>(value));
  return sum;
}

double SquareSum(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum;
}

// The vectors of a matrix [rows, columns] divided by their lengths, as tf.math.l2_normalize and
// Keras 3's normalize do.
std::vector<double> UnitVectors(const Tensor& matrix, bool columns, double least) {
  const auto rows = static_cast<std::size_t>(matrix.shape()[0]);
  const auto width = static_cast<std::size_t>(matrix.shape()[1]);
  const std::span<const float> values = matrix.values<float>();
  const std::size_t count = columns ? width : rows;
  const std::size_t length = columns ? rows : width;
  std::vector<double> vectors(values.size());
  for (std::size_t v = 0; v < count; ++v) {
    double square = 0;
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t at = columns ? i * width + v : v * width + i;
      vectors[v * length + i] = static_cast<double>(values[at]);
      square += vectors[v * length + i] * vectors[v * length + i];
    }
    const double scale = 1 / std::sqrt(square < least ? least : square);
    for (std::size_t i = 0; i < length; ++i) vectors[v * length + i] *= scale;
  }
  return vectors;
}

// The mean over pairs of |cosine similarity|.
double Orthogonality(const Tensor& matrix, bool columns, KerasVersion version) {
  const double least = version == KerasVersion::kKeras2 ? 1e-12 : 1e-14;
  const std::vector<double> vectors = UnitVectors(matrix, columns, least);
  const auto count = static_cast<std::size_t>(matrix.shape()[columns ? 1 : 0]);
  const std::size_t length = count == 0 ? 0 : vectors.size() / count;
  double sum = 0;
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      double product = 0;
      for (std::size_t i = 0; i < length; ++i) {
        product += vectors[a * length + i] * vectors[b * length + i];
      }
      sum += std::fabs(product);
    }
  }
  const auto pairs = static_cast<double>(count) * (static_cast<double>(count) - 1) / 2;
  return sum / pairs;
}

// The values of a term that count: a batch may have been filled up with rows.
Result<Tensor> TermValues(const Tensor& result, model::TermKind kind, std::int64_t rows) {
  Tensor counted = result;
  if (kind == model::TermKind::kPerSample && result.shape().rank() > 0 &&
      result.shape()[0] > rows) {
    SIDECAR_ASSIGN_OR_RETURN(counted, result.Slice(0, rows));
  }
  return tensor::Cast(counted, DType::kFloat32);
}

}  // namespace

Result<float> RegularizationLoss(std::span<const model::ModelVariable> variables,
                                 std::span<const Tensor> weights, KerasVersion version) {
  double total = 0;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const model::Regularizer& regularizer = variables[i].regularizer;
    if (regularizer.empty()) continue;
    SIDECAR_ASSIGN_OR_RETURN(const Tensor value, tensor::Cast(weights[i], DType::kFloat32));
    const std::span<const float> values = value.values<float>();
    total += static_cast<double>(regularizer.l1) * AbsoluteSum(values) +
             static_cast<double>(regularizer.l2) * SquareSum(values);
    if (regularizer.orthogonal != 0) {
      total += static_cast<double>(regularizer.orthogonal) *
               Orthogonality(value, regularizer.columns, version);
    }
  }
  return static_cast<float>(total);
}

Result<AddedValues> ReadAddedValues(const model::LoadedModel& model,
                                    std::span<const Tensor> results, std::int64_t rows) {
  AddedValues added;
  double loss = 0;
  for (const model::LossTerm& term : model.loss_terms) {
    SIDECAR_ASSIGN_OR_RETURN(const Tensor values,
                             TermValues(results[term.result], term.kind, rows));
    const double sum = Sum(values.values<float>());
    const bool per_sample = term.kind == model::TermKind::kPerSample;
    loss += per_sample && rows > 0 ? sum / static_cast<double>(rows) : sum;
  }
  added.loss = static_cast<float>(loss);
  for (const model::MetricTerm& term : model.metric_terms) {
    SIDECAR_ASSIGN_OR_RETURN(Tensor values, TermValues(results[term.result], term.kind, rows));
    added.metrics.push_back(std::move(values));
  }
  return added;
}

}  // namespace sidecar::evaluate
