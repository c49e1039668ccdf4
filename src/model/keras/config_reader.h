// Reads the fields of a JSON object and says where one is wrong.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::keras {

/// A list of numbers, nested to any depth, as NumPy's tolist() writes an array.
struct NumberArray {
  std::vector<double> values;      ///< row-major
  std::vector<std::size_t> shape;  ///< empty for a single number
  /// The widest kind among the numbers, as Python's promotion has it; what Keras's `__numpy__` and
  /// `__tensor__` objects say is `dtype`.
  enum class Kind : std::uint8_t { kBool, kInt, kFloat };
  Kind kind = Kind::kBool;
  std::string dtype = {};
};

/// Fields of an object by key. A key that is missing and one that is null are the same. Every
/// failure is kDataLoss naming the field's path, what was found and what is allowed. Refers to the
/// document; cheap to copy.
class ConfigReader {
 public:
  /// `path` names the object in messages.
  ConfigReader(const nlohmann::json& object, std::string path)
      : object_(&object), path_(std::move(path)) {}

  /// The value, or null where there is none.
  [[nodiscard]] const nlohmann::json* Find(std::string_view key) const;
  [[nodiscard]] bool Has(std::string_view key) const { return Find(key) != nullptr; }

  /// Without a default the field is required.
  [[nodiscard]] Result<std::int64_t> Int(
      std::string_view key, std::optional<std::int64_t> otherwise = std::nullopt) const;
  /// As Int(), from 1 to 2^31 - 1.
  [[nodiscard]] Result<std::int64_t> PositiveInt(
      std::string_view key, std::optional<std::int64_t> otherwise = std::nullopt) const;
  [[nodiscard]] Result<bool> Bool(std::string_view key,
                                  std::optional<bool> otherwise = std::nullopt) const;
  /// A finite number.
  [[nodiscard]] Result<double> Number(std::string_view key,
                                      std::optional<double> otherwise = std::nullopt) const;
  /// A number, which may be NaN or infinite.
  [[nodiscard]] Result<double> AnyNumber(std::string_view key,
                                         std::optional<double> otherwise = std::nullopt) const;
  [[nodiscard]] Result<std::string> String(
      std::string_view key, std::optional<std::string> otherwise = std::nullopt) const;
  /// A string that is one of `allowed`.
  [[nodiscard]] Result<std::string> OneOf(std::string_view key,
                                          const std::vector<std::string>& allowed,
                                          const std::string& otherwise) const;
  /// An integer, or a list of them.
  [[nodiscard]] Result<std::vector<std::int64_t>> Ints(
      std::string_view key,
      const std::optional<std::vector<std::int64_t>>& otherwise = std::nullopt) const;
  /// `count` positive integers: one for all, or a list.
  [[nodiscard]] Result<std::vector<std::int64_t>> PositiveInts(
      std::string_view key, std::size_t count,
      const std::optional<std::vector<std::int64_t>>& otherwise = std::nullopt) const;
  /// A shape whose unknown sizes are null; others from 0 to 2^31 - 1, at most 32 of them.
  [[nodiscard]] Result<Shape> DynamicShape(std::string_view key) const;
  /// A number or a nested list, NaN and infinities among them; also Keras's `__numpy__` and
  /// `__tensor__` objects.
  [[nodiscard]] Result<NumberArray> Numbers(std::string_view key) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const nlohmann::json& object() const { return *object_; }
  /// The path of one field.
  [[nodiscard]] std::string PathOf(std::string_view key) const;
  /// "PATH.KEY is FOUND; ALLOWED".
  [[nodiscard]] Status Wrong(std::string_view key, std::string_view allowed) const;

 private:
  const nlohmann::json* object_;
  std::string path_;
};

/// The numbers as integers; nothing where one is none, or beyond 2^53.
[[nodiscard]] std::optional<std::vector<std::int64_t>> AsIntegers(const NumberArray& numbers);

/// The string member of an object; empty where there is none.
[[nodiscard]] std::string TextMember(const nlohmann::json& object, std::string_view key);

/// The items of a list; those inside Keras's `__tuple__` object; null for anything else.
[[nodiscard]] const nlohmann::json* ListItems(const nlohmann::json& value);

/// Reads `value` as ConfigReader::Numbers(). `path` names it in messages. With `booleans`, true and
/// false are numbers too.
Result<NumberArray> ReadNumbers(const nlohmann::json& value, const std::string& path,
                                bool booleans = false);

}  // namespace sidecar::model::keras
