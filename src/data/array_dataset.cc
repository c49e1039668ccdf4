#include "data/array_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "tensor/convert.h"

namespace sidecar {
namespace {

using data::CastToFloatx;
using data::NameComponents;

/// "x" or "x 'name'", as messages call a component.
std::string Describe(std::string_view kind, const std::string& name) {
  return name.empty() ? std::string(kind) : fmt::format("{} '{}'", kind, name);
}

/// The tensors of a Batch and the arrays they are cut from, kind by kind.
struct Kind {
  std::string_view name;
  std::vector<NamedTensor> Arrays::*arrays;
  std::vector<DatasetSpec::Component> DatasetSpec::*components;
  std::vector<Tensor> Batch::*tensors;
};
constexpr std::array kKinds = {
    Kind{"x", &Arrays::x, &DatasetSpec::x, &Batch::x},
    Kind{"y", &Arrays::y, &DatasetSpec::y, &Batch::y},
    Kind{"sample_weight", &Arrays::sample_weight, &DatasetSpec::sample_weight,
         &Batch::sample_weight},
};

class ArrayDataset final : public Dataset {
 public:
  ArrayDataset(Arrays arrays, DatasetSpec spec, std::int64_t rows)
      : content_(
            std::make_shared<const Content>(Content{std::move(arrays), std::move(spec), rows})) {}

  [[nodiscard]] const DatasetSpec& spec() const override { return content_->spec; }
  Result<std::unique_ptr<BatchIterator>> Begin() override {
    return std::unique_ptr<BatchIterator>(std::make_unique<Iterator>(content_));
  }

 private:
  struct Content {
    Arrays arrays;
    DatasetSpec spec;
    std::int64_t rows;
  };

  class Iterator final : public BatchIterator {
   public:
    explicit Iterator(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

    Result<std::optional<Batch>> Next() override {
      if (position_ == content_->rows) return std::optional<Batch>();
      const std::int64_t left = content_->rows - position_;
      const std::int64_t end = position_ + std::min(left, content_->spec.batch_size);
      Batch batch;
      for (const Kind& kind : kKinds) {
        for (const NamedTensor& array : content_->arrays.*kind.arrays) {
          SIDECAR_ASSIGN_OR_RETURN(Tensor rows, array.tensor.Slice(position_, end));
          (batch.*kind.tensors).push_back(std::move(rows));
        }
      }
      position_ = end;
      return std::optional<Batch>(std::move(batch));
    }

   private:
    std::shared_ptr<const Content> content_;
    std::int64_t position_ = 0;
  };

  std::shared_ptr<const Content> content_;
};

Status CheckLengths(const Arrays& arrays) {
  std::optional<std::int64_t> rows;
  bool equal = true;
  std::string lengths;
  for (const Kind& kind : kKinds) {
    for (const NamedTensor& array : arrays.*kind.arrays) {
      const std::string what = Describe(kind.name, array.name);
      if (array.tensor.shape().rank() == 0) {
        return {StatusCode::kFailedPrecondition,
                what +
                    " is a single number, expected an array whose first dimension counts the "
                    "samples"};
      }
      const std::int64_t length = array.tensor.shape()[0];
      // No file is too small to declare any number of them.
      if (length > 0 && array.tensor.num_elements() == 0) {
        return {StatusCode::kFailedPrecondition,
                fmt::format("{} has shape {}: its samples have no elements", what,
                            array.tensor.shape().ToString())};
      }
      equal = equal && rows.value_or(length) == length;
      rows = length;
      lengths += fmt::format("{}{} has {}", lengths.empty() ? "" : ", ", what, length);
    }
  }
  if (!equal) {
    return {StatusCode::kFailedPrecondition,
            "the arrays of the data set differ in their number of samples: " + lengths};
  }
  if (rows.value_or(0) == 0)
    return {StatusCode::kFailedPrecondition, "the data set is empty: " + lengths};
  return {};
}

}  // namespace

namespace data {

DType FloatxType(DType dtype) { return IsFloating(dtype) ? DType::kFloat32 : dtype; }

Result<Tensor> CastToFloatx(const Tensor& tensor) {
  return tensor::Cast(tensor, FloatxType(tensor.dtype()));
}

Status NameComponents(std::vector<std::string*> names, std::string_view kind) {
  const bool unnamed = std::ranges::all_of(names, [](const auto* name) { return name->empty(); });
  if (unnamed && names.size() > 1) {
    for (std::size_t i = 0; i < names.size(); ++i) *names[i] = std::to_string(i);
  }
  std::set<std::string_view> seen;
  for (const std::string* name : names) {
    if (name->empty() && names.size() > 1) {
      return {
          StatusCode::kInvalidArgument,
          fmt::format("one of {} arrays for {} has no name: name all of them", names.size(), kind)};
    }
    if (!seen.insert(*name).second) {
      return {StatusCode::kInvalidArgument,
              fmt::format("two arrays are given for {} '{}'", kind, *name)};
    }
  }
  return {};
}

}  // namespace data

Result<DatasetPtr> DatasetFromArrays(Arrays arrays, std::int64_t batch_size) {
  if (batch_size < 1) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("batch size {}, expected 1 or more", batch_size));
  }
  if (arrays.x.empty())
    return Status(StatusCode::kFailedPrecondition, "the data set has no x (inputs of the model)");
  DatasetSpec spec;
  for (const Kind& kind : kKinds) {
    std::vector<std::string*> names;
    for (NamedTensor& array : arrays.*kind.arrays) names.push_back(&array.name);
    SIDECAR_RETURN_IF_ERROR(NameComponents(std::move(names), kind.name));
  }
  SIDECAR_RETURN_IF_ERROR(CheckLengths(arrays));
  for (const Kind& kind : kKinds) {
    for (NamedTensor& array : arrays.*kind.arrays) {
      SIDECAR_ASSIGN_OR_RETURN_CONTEXT(array.tensor, CastToFloatx(array.tensor),
                                       Describe(kind.name, array.name));
      (spec.*kind.components)
          .push_back({array.name, array.tensor.dtype(), array.tensor.shape().WithoutFirst()});
    }
  }
  const std::int64_t rows = arrays.x[0].tensor.shape()[0];
  spec.batch_size = batch_size;
  spec.num_batches = rows / batch_size + (rows % batch_size == 0 ? 0 : 1);
  return DatasetPtr(std::make_shared<ArrayDataset>(std::move(arrays), std::move(spec), rows));
}

Result<DatasetPtr> DatasetFromArrays(Tensor x, Tensor y, std::int64_t batch_size) {
  Arrays arrays;
  arrays.x.push_back({"", std::move(x)});
  arrays.y.push_back({"", std::move(y)});
  return DatasetFromArrays(std::move(arrays), batch_size);
}

}  // namespace sidecar
