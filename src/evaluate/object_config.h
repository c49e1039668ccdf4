// Reads the configuration of one loss or metric.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// The `config` of a serialised loss or metric: keyword arguments of its constructor or function.
/// Values of a wrong type and arguments that nothing asked for are mistakes, reported by Finish();
/// until then defaults stand in. Not thread-safe.
class ObjectConfig {
 public:
  /// `config` is an object or null (no arguments); `owner` says whose it is in messages.
  ObjectConfig(nlohmann::json config, std::string owner);

  /// The value of an argument, or the default where it is absent or null.
  bool Bool(const std::string& key, bool otherwise);
  double Number(const std::string& key, double otherwise);
  std::int64_t Integer(const std::string& key, std::int64_t otherwise);
  std::optional<std::int64_t> OptionalInteger(const std::string& key);
  /// A number or a list of numbers, also a tuple or array as Keras serialises them.
  std::optional<std::vector<double>> Numbers(const std::string& key);
  /// The same of integers.
  std::optional<std::vector<std::int64_t>> Integers(const std::string& key);
  std::string Text(const std::string& key, const std::string& otherwise);
  /// Whether the argument is there and null.
  [[nodiscard]] bool HasNull(const std::string& key) const;
  /// Whether the argument is there and not null.
  [[nodiscard]] bool Has(const std::string& key) { return Find(key) != nullptr; }
  /// The raw value, null where it is absent.
  nlohmann::json Raw(const std::string& key);
  /// Takes `dtype`: the floating-point type that Keras computes in, by name or as a policy, float32
  /// where it is absent. Other types are an unsupported().
  DType FloatDtype(KerasVersion version);
  /// Whether `dtype` is absent or the name of one of these integers, which FloatDtype() then
  /// minds no more.
  bool TakeDtypeAmong(std::initializer_list<std::string_view> integers);

  /// What is asked for in a valid way but not supported, empty where there is nothing.
  [[nodiscard]] const std::string& unsupported() const { return unsupported_; }
  /// kInvalidArgument for the first mistake.
  [[nodiscard]] Status Finish() const;
  /// The same without minding arguments that nothing asked for.
  [[nodiscard]] const Status& mistake() const { return mistake_; }

  [[nodiscard]] const std::string& owner() const { return owner_; }
  /// Further mistakes found by whoever interprets a value; the first counts.
  void Mistake(const std::string& key, const std::string& allowed);

 private:
  const nlohmann::json* Find(const std::string& key);
  [[nodiscard]] nlohmann::json DtypeName();

  nlohmann::json config_;
  std::string owner_;
  std::set<std::string> read_;
  Status mistake_;
  std::string unsupported_;
  bool integer_dtype_ = false;
};

}  // namespace sidecar::evaluate
