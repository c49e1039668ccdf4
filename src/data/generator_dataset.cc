// Batches that code makes one after another.
#include <fmt/format.h>

#include <exception>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "data/array_dataset.h"
#include "sidecar/dataset.h"

namespace sidecar {
namespace {

using Components = std::vector<DatasetSpec::Component>;

std::string Describe(std::string_view kind, const DatasetSpec::Component& component) {
  return component.name.empty() ? std::string(kind) : fmt::format("{} '{}'", kind, component.name);
}

/// Runs user code; what it throws becomes kFailedPrecondition.
template <class Function>
auto CallUser(Function&& function, std::string_view what) -> Result<decltype(function())> {
  try {
    return function();
  } catch (const BadResult& error) {
    return error.status().WithContext(fmt::format("{} threw", what));
  } catch (const std::exception& error) {
    return Status(StatusCode::kFailedPrecondition, fmt::format("{} threw: {}", what, error.what()));
  } catch (...) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{} threw something that is not a std::exception", what));
  }
}

Result<BatchGenerator> StartGenerator(const std::function<BatchGenerator()>& start) {
  SIDECAR_ASSIGN_OR_RETURN(BatchGenerator generator,
                           CallUser(start, "the function that starts a pass over the data"));
  if (!generator) {
    return Status(StatusCode::kFailedPrecondition,
                  "the function that starts a pass over the data returned no generator");
  }
  return generator;
}

Result<std::optional<Batch>> NextBatch(const BatchGenerator& generator, std::int64_t index) {
  SIDECAR_ASSIGN_OR_RETURN(Result<std::optional<Batch>> batch,
                           CallUser(generator, fmt::format("the generator of batch {}", index)));
  if (!batch.ok()) return batch.status().WithContext(fmt::format("batch {}", index));
  return batch;
}

/// The shape of one sample, or why the tensor is not rows of samples.
Result<std::int64_t> RowsOf(const Tensor& tensor, const std::string& what) {
  if (tensor.shape().rank() == 0) {
    return Status(StatusCode::kFailedPrecondition,
                  what + " is a single number, expected a first dimension that counts the samples");
  }
  return tensor.shape()[0];
}

Result<Components> PeekComponents(const std::vector<Tensor>& tensors, std::string_view kind) {
  Components components;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string name = tensors.size() > 1 ? std::to_string(i) : "";
    SIDECAR_RETURN_IF_ERROR(RowsOf(tensors[i], fmt::format("batch 0: {} {}", kind, name)).status());
    components.push_back({name, tensors[i].dtype(), tensors[i].shape().WithoutFirst()});
  }
  return components;
}

/// What the first batch looks like.
Result<DatasetSpec> PeekSpec(const Batch& batch) {
  DatasetSpec spec;
  SIDECAR_ASSIGN_OR_RETURN(spec.x, PeekComponents(batch.x, "x"));
  SIDECAR_ASSIGN_OR_RETURN(spec.y, PeekComponents(batch.y, "y"));
  SIDECAR_ASSIGN_OR_RETURN(spec.sample_weight,
                           PeekComponents(batch.sample_weight, "sample_weight"));
  if (spec.x.empty())
    return Status(StatusCode::kFailedPrecondition, "batch 0 has no x (inputs of the model)");
  SIDECAR_ASSIGN_OR_RETURN(spec.batch_size, RowsOf(batch.x[0], "batch 0: x"));
  return spec;
}

/// Checks each batch of one pass against the spec and casts it as Keras does.
class BatchChecker {
 public:
  explicit BatchChecker(const DatasetSpec& spec) : spec_(spec) {}

  Result<Batch> Check(Batch batch, std::int64_t index) {
    rows_.reset();
    const std::string where = fmt::format("batch {}", index);
    SIDECAR_RETURN_IF_ERROR_CONTEXT(CheckKind(batch.x, spec_.x, "x"), where);
    SIDECAR_RETURN_IF_ERROR_CONTEXT(CheckKind(batch.y, spec_.y, "y"), where);
    SIDECAR_RETURN_IF_ERROR_CONTEXT(
        CheckKind(batch.sample_weight, spec_.sample_weight, "sample_weight"), where);
    SIDECAR_RETURN_IF_ERROR_CONTEXT(CheckRows(), where);
    return batch;
  }

 private:
  Status CheckKind(std::vector<Tensor>& tensors, const Components& components,
                   std::string_view kind) {
    if (tensors.size() != components.size()) {
      return {StatusCode::kFailedPrecondition,
              fmt::format("has {} tensors for {}, expected {}", tensors.size(), kind,
                          components.size())};
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const std::string what = Describe(kind, components[i]);
      SIDECAR_RETURN_IF_ERROR(CheckTensor(tensors[i], components[i], what));
      SIDECAR_ASSIGN_OR_RETURN_CONTEXT(tensors[i], data::CastToFloatx(tensors[i]), what);
    }
    return {};
  }

  Status CheckTensor(const Tensor& tensor, const DatasetSpec::Component& component,
                     const std::string& what) {
    // Types that Keras casts to float32 may change from batch to batch.
    if (data::FloatxType(tensor.dtype()) != component.dtype) {
      return {StatusCode::kFailedPrecondition,
              fmt::format("{} is {}, expected {}", what, DTypeName(tensor.dtype()),
                          DTypeName(component.dtype))};
    }
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t rows, RowsOf(tensor, what));
    if (!Fits(tensor.shape(), component.shape)) {
      return {StatusCode::kFailedPrecondition,
              fmt::format("{} has shape {}, expected {}", what, tensor.shape().ToString(),
                          component.shape.WithFirst(Shape::kUnknown).ToString())};
    }
    if (rows_.value_or(rows) != rows) {
      return {StatusCode::kFailedPrecondition,
              fmt::format("{} has {} rows, the tensors before it have {}", what, rows, *rows_)};
    }
    rows_ = rows;
    return {};
  }

  Status CheckRows() {
    const std::int64_t rows = rows_.value_or(0);
    if (rows == 0) return {StatusCode::kFailedPrecondition, "has no rows"};
    if (rows > spec_.batch_size) {
      return {StatusCode::kFailedPrecondition,
              fmt::format("has {} rows, expected at most {}", rows, spec_.batch_size)};
    }
    if (short_rows_ > 0) {
      return {StatusCode::kFailedPrecondition,
              fmt::format("follows a batch of {} rows: only the last batch may have fewer than {}",
                          short_rows_, spec_.batch_size)};
    }
    if (rows < spec_.batch_size) short_rows_ = rows;
    return {};
  }

  /// Whether `shape` is `sample` with any number of rows before it.
  static bool Fits(const Shape& shape, const Shape& sample) {
    if (shape.rank() != sample.rank() + 1) return false;
    for (std::size_t axis = 0; axis < sample.rank(); ++axis) {
      if (sample[axis] != Shape::kUnknown && sample[axis] != shape[axis + 1]) return false;
    }
    return true;
  }

  const DatasetSpec& spec_;
  std::optional<std::int64_t> rows_;  // of the batch being checked
  std::int64_t short_rows_ = 0;       // of a batch that must be the last
};

/// One pass; `first` is a batch that has been read already.
class GeneratorIterator final : public BatchIterator {
 public:
  GeneratorIterator(std::shared_ptr<const DatasetSpec> spec, BatchGenerator generator,
                    std::optional<Batch> first)
      : spec_(std::move(spec)),
        checker_(*spec_),
        generator_(std::move(generator)),
        first_(std::move(first)) {}

  Result<std::optional<Batch>> Next() override {
    std::optional<Batch> batch;
    if (first_) {
      batch = std::exchange(first_, std::nullopt);
    } else {
      SIDECAR_ASSIGN_OR_RETURN(batch, NextBatch(generator_, index_));
    }
    if (!batch) {
      if (index_ > 0) return batch;
      return Status(StatusCode::kFailedPrecondition,
                    "the generator gave no batch: each pass needs a generator that starts anew");
    }
    SIDECAR_ASSIGN_OR_RETURN(batch, checker_.Check(*std::move(batch), index_));
    ++index_;
    return batch;
  }

 private:
  std::shared_ptr<const DatasetSpec> spec_;
  BatchChecker checker_;
  BatchGenerator generator_;
  std::optional<Batch> first_;
  std::int64_t index_ = 0;
};

class GeneratorDataset final : public Dataset {
 public:
  GeneratorDataset(std::function<BatchGenerator()> start, DatasetSpec spec)
      : start_(std::move(start)), spec_(std::make_shared<const DatasetSpec>(std::move(spec))) {}

  /// Keeps the pass that was begun to learn the spec for the first Begin().
  void KeepFirstPass(BatchGenerator generator, Batch first) {
    peeked_.emplace(std::move(generator), std::move(first));
  }

  [[nodiscard]] const DatasetSpec& spec() const override { return *spec_; }

  Result<std::unique_ptr<BatchIterator>> Begin() override {
    std::optional<Batch> first;
    BatchGenerator generator;
    if (peeked_) {
      generator = std::move(peeked_->first);
      first = std::move(peeked_->second);
      peeked_.reset();
    } else {
      SIDECAR_ASSIGN_OR_RETURN(generator, StartGenerator(start_));
    }
    return std::unique_ptr<BatchIterator>(
        std::make_unique<GeneratorIterator>(spec_, std::move(generator), std::move(first)));
  }

 private:
  std::function<BatchGenerator()> start_;
  std::shared_ptr<const DatasetSpec> spec_;
  std::optional<std::pair<BatchGenerator, Batch>> peeked_;
};

/// Checks a spec and brings it into the form in which batches are handed on.
Status NormalizeSpec(DatasetSpec& spec) {
  if (spec.batch_size < 1) {
    return {
        StatusCode::kFailedPrecondition,
        fmt::format("the data set's batches have {} rows, expected 1 or more", spec.batch_size)};
  }
  if (spec.x.empty())
    return {StatusCode::kFailedPrecondition, "the data set has no x (inputs of the model)"};
  const std::pair<Components*, std::string_view> kinds[] = {
      {&spec.x, "x"}, {&spec.y, "y"}, {&spec.sample_weight, "sample_weight"}};
  for (const auto& [components, kind] : kinds) {
    std::vector<std::string*> names;
    for (DatasetSpec::Component& component : *components) {
      names.push_back(&component.name);
      component.dtype = data::FloatxType(component.dtype);
    }
    SIDECAR_RETURN_IF_ERROR(data::NameComponents(std::move(names), kind));
  }
  return {};
}

}  // namespace

Result<DatasetPtr> DatasetFromGenerator(std::function<BatchGenerator()> start,
                                        std::optional<DatasetSpec> spec) {
  if (!start) {
    return Status(StatusCode::kInvalidArgument,
                  "DatasetFromGenerator() needs a function that starts a pass over the data");
  }
  if (spec) {
    SIDECAR_RETURN_IF_ERROR(NormalizeSpec(*spec));
    return DatasetPtr(std::make_shared<GeneratorDataset>(std::move(start), *std::move(spec)));
  }
  SIDECAR_ASSIGN_OR_RETURN(BatchGenerator generator, StartGenerator(start));
  SIDECAR_ASSIGN_OR_RETURN(std::optional<Batch> first, NextBatch(generator, 0));
  if (!first)
    return Status(StatusCode::kFailedPrecondition, "the data set is empty: no batch was generated");
  SIDECAR_ASSIGN_OR_RETURN(DatasetSpec peeked, PeekSpec(*first));
  SIDECAR_RETURN_IF_ERROR(NormalizeSpec(peeked));
  auto dataset = std::make_shared<GeneratorDataset>(std::move(start), std::move(peeked));
  dataset->KeepFirstPass(std::move(generator), *std::move(first));
  return DatasetPtr(std::move(dataset));
}

}  // namespace sidecar
