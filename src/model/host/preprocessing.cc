#include "model/host/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "model/host/fingerprint.h"
#include "model/host/text.h"
#include "tensor/convert.h"

namespace sidecar::model {
namespace {

Status NotInVocabulary(const std::string& token, std::size_t row) {
  constexpr std::size_t kMostBytes = 60;
  return {StatusCode::kFailedPrecondition,
          "sample " + std::to_string(row) + " of the batch: '" + token.substr(0, kMostBytes) +
              "' is not in the vocabulary, and config.num_oov_indices is 0"};
}

std::string TextOf(std::string_view token) { return std::string(token); }
std::string TextOf(std::int64_t token) { return std::to_string(token); }

std::size_t RowOf(const Tensor& tensor, std::size_t element) {
  const auto elements = static_cast<std::size_t>(tensor.num_elements());
  const auto rows = static_cast<std::size_t>(tensor.shape()[0]);
  return element / (elements / rows);
}

// Elements In to numbers by a function of the element.
template <class In, class Function>
class Elementwise final : public HostFunction {
 public:
  explicit Elementwise(Function function) : function_(std::move(function)) {}

  [[nodiscard]] Result<Tensor> Run(std::span<const Tensor> inputs) const override {
    SIDECAR_ASSIGN_OR_RETURN(const Tensor input, tensor::Cast(inputs.front(), DTypeOf<In>::kValue));
    SIDECAR_ASSIGN_OR_RETURN(Tensor result, Tensor::Uninitialized(DType::kInt64, input.shape()));
    const auto values = input.values<In>();
    const auto numbers = result.mutable_values<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::optional<std::int64_t> number = function_(values[i]);
      if (!number) return NotInVocabulary(Text(values[i]), RowOf(input, i));
      numbers[i] = *number;
    }
    return result;
  }

 private:
  static std::string Text(const In& value) {
    if constexpr (std::is_same_v<In, float>) {
      return std::to_string(value);
    } else {
      return TextOf(value);
    }
  }

  Function function_;
};

template <class In, class Function>
HostFunctionPtr MakeElementwise(Function function) {
  return std::make_shared<Elementwise<In, Function>>(std::move(function));
}

class StringsOfIdsFunction final : public HostFunction {
 public:
  explicit StringsOfIdsFunction(InverseLookup<std::string> lookup)
      : lookup_(std::make_shared<const InverseLookup<std::string>>(std::move(lookup))) {}

  [[nodiscard]] Result<Tensor> Run(std::span<const Tensor> inputs) const override {
    struct Content {
      std::shared_ptr<const InverseLookup<std::string>> lookup;  // has the characters
      std::vector<std::string_view> views;
    };
    const auto content = std::make_shared<Content>(Content{lookup_, {}});
    SIDECAR_ASSIGN_OR_RETURN(const Tensor ids, tensor::Cast(inputs.front(), DType::kInt64));
    for (const std::int64_t id : ids.values<std::int64_t>()) {
      content->views.emplace_back(lookup_->TokenOf(id));
    }
    return Tensor::BorrowStrings(ids.shape(), content->views, content);
  }

 private:
  std::shared_ptr<const InverseLookup<std::string>> lookup_;
};

// Bin 0 is the masked value's where there is one and another bin is left.
template <class Value, class View, class Hash>
std::int64_t BinOf(const Bins<Value>& bins, const View& value, const Hash& hash) {
  if (!bins.mask || bins.count == 1) return hash(value, bins.count);
  return value == *bins.mask ? 0 : 1 + hash(value, bins.count - 1);
}

class CrossedBinsFunction final : public HostFunction {
 public:
  explicit CrossedBinsFunction(std::int64_t count) : count_(static_cast<std::uint64_t>(count)) {}

  [[nodiscard]] Result<Tensor> Run(std::span<const Tensor> inputs) const override {
    constexpr std::uint64_t kKey = 0xDECAFCAFFE;
    SIDECAR_ASSIGN_OR_RETURN(Tensor result,
                             Tensor::Uninitialized(DType::kInt64, inputs.front().shape()));
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(result.num_elements()), kKey);
    for (const Tensor& input : inputs) {
      if (input.shape() != result.shape()) {
        return Status(StatusCode::kFailedPrecondition,
                      "inputs of shapes " + result.shape().ToString() + " and " +
                          input.shape().ToString() + " cannot be crossed");
      }
      SIDECAR_RETURN_IF_ERROR(AddColumn(input, hashes));
    }
    const auto bins = result.mutable_values<std::int64_t>();
    for (std::size_t i = 0; i < bins.size(); ++i) {
      bins[i] = static_cast<std::int64_t>(hashes[i] % count_);
    }
    return result;
  }

 private:
  static Status AddColumn(const Tensor& input, std::vector<std::uint64_t>& hashes) {
    if (input.dtype() == DType::kString) {
      const auto strings = input.values<std::string_view>();
      for (std::size_t i = 0; i < hashes.size(); ++i) {
        hashes[i] = FingerprintCat64(hashes[i], Fingerprint64(strings[i]));
      }
      return {};
    }
    SIDECAR_ASSIGN_OR_RETURN(const Tensor numbers, tensor::Cast(input, DType::kInt64));
    const auto values = numbers.values<std::int64_t>();
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      hashes[i] = FingerprintCat64(hashes[i], static_cast<std::uint64_t>(values[i]));
    }
    return {};
  }

  std::uint64_t count_;
};

class IdsOfTextsFunction final : public HostFunction {
 public:
  IdsOfTextsFunction(TextRules rules, StringLookup lookup)
      : rules_(std::move(rules)), lookup_(std::move(lookup)) {}

  [[nodiscard]] Result<Tensor> Run(std::span<const Tensor> inputs) const override {
    const Tensor& texts = inputs.front();
    const auto rows = static_cast<std::size_t>(texts.shape()[0]);
    const auto strings = texts.values<std::string_view>();
    const std::size_t width = rows == 0 ? 0 : strings.size() / rows;
    std::vector<std::vector<std::int64_t>> ids(rows);
    std::size_t length = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      for (const std::string& token : rules_.TokensOf(strings.subspan(row * width, width))) {
        const std::optional<std::int64_t> id = lookup_.IdOf(token);
        if (!id) return NotInVocabulary(token, row);
        ids[row].push_back(*id);
      }
      length = std::max(length, ids[row].size());
    }
    if (rules_.length) length = static_cast<std::size_t>(*rules_.length);
    // Nothing but empty texts: one number that stands for none still makes a tensor.
    if (length == 0 && rules_.padding < 0) length = 1;
    if (length == 0) {
      return Status(StatusCode::kFailedPrecondition,
                    "none of the batch's texts has a token, and config.output_sequence_length is "
                    "not set");
    }
    return Padded(ids, length);
  }

 private:
  [[nodiscard]] Result<Tensor> Padded(const std::vector<std::vector<std::int64_t>>& ids,
                                      std::size_t length) const {
    SIDECAR_ASSIGN_OR_RETURN(
        Tensor result,
        Tensor::Uninitialized(DType::kInt64, Shape{static_cast<std::int64_t>(ids.size()),
                                                   static_cast<std::int64_t>(length)}));
    const auto numbers = result.mutable_values<std::int64_t>();
    std::fill(numbers.begin(), numbers.end(), rules_.padding);
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const std::size_t count = std::min(length, ids[row].size());
      std::copy_n(ids[row].begin(), count,
                  numbers.begin() + static_cast<std::ptrdiff_t>(row * length));
    }
    return result;
  }

  TextRules rules_;
  StringLookup lookup_;
};

}  // namespace

HostFunctionPtr IdsOfStrings(StringLookup lookup) {
  return MakeElementwise<std::string_view>(
      [lookup = std::move(lookup)](std::string_view token) { return lookup.IdOf(token); });
}

HostFunctionPtr IdsOfIntegers(IntegerLookup lookup) {
  return MakeElementwise<std::int64_t>(
      [lookup = std::move(lookup)](std::int64_t token) { return lookup.IdOf(token); });
}

HostFunctionPtr StringsOfIds(InverseLookup<std::string> lookup) {
  return std::make_shared<StringsOfIdsFunction>(std::move(lookup));
}

HostFunctionPtr IntegersOfIds(InverseLookup<std::int64_t> lookup) {
  return MakeElementwise<std::int64_t>(
      [lookup = std::move(lookup)](std::int64_t id) { return std::optional(lookup.TokenOf(id)); });
}

HostFunctionPtr BinsOfStrings(Bins<std::string> bins) {
  return MakeElementwise<std::string_view>([bins = std::move(bins)](std::string_view value) {
    return std::optional(BinOf(bins, value, [&bins](std::string_view bytes, std::int64_t count) {
      return bins.hash.Bucket(bytes, count);
    }));
  });
}

HostFunctionPtr BinsOfIntegers(Bins<std::int64_t> bins) {
  return MakeElementwise<std::int64_t>([bins](std::int64_t value) {
    return std::optional(BinOf(bins, value, [&bins](std::int64_t number, std::int64_t count) {
      return bins.hash.Bucket(number, count);
    }));
  });
}

HostFunctionPtr BinsOfFloats(Bins<float> bins) {
  return MakeElementwise<float>([bins](float value) {
    return std::optional(BinOf(bins, value, [&bins](float number, std::int64_t count) {
      // What does not fit is TensorFlow's least number, as a conversion on x86 makes it.
      constexpr float kLimit = 0x1p63F;
      const bool fits = number >= -kLimit && number < kLimit;
      const std::int64_t cut = fits ? static_cast<std::int64_t>(number) : INT64_MIN;
      return bins.hash.Bucket(cut, count);
    }));
  });
}

HostFunctionPtr CrossedBins(std::int64_t count) {
  return std::make_shared<CrossedBinsFunction>(count);
}

HostFunctionPtr Intervals(std::vector<float> boundaries) {
  return MakeElementwise<float>([boundaries = std::move(boundaries)](float value) {
    return std::optional<std::int64_t>(
        std::upper_bound(boundaries.begin(), boundaries.end(), value) - boundaries.begin());
  });
}

std::vector<std::string> TextRules::TokensOf(std::span<const std::string_view> row) const {
  std::vector<std::string> tokens;
  for (const std::string_view original : row) {
    std::string text(original);
    if (lower) text = LowerAscii(text);
    if (strip_punctuation) text = WithoutPunctuation(text);
    switch (split) {
      case Split::kNone:
        tokens.push_back(std::move(text));
        break;
      case Split::kSpaces:
        tokens = SplitAtSpaces(text);
        break;
      case Split::kCharacters:
        tokens = SplitCharacters(text);
        break;
    }
  }
  return ngrams.empty() ? tokens : NgramsOf(tokens, ngrams);
}

HostFunctionPtr IdsOfTexts(TextRules rules, StringLookup lookup) {
  return std::make_shared<IdsOfTextsFunction>(std::move(rules), std::move(lookup));
}

}  // namespace sidecar::model
