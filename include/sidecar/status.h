// Errors as values: every function that can fail returns a Status or a Result<T>.
#pragma once

#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sidecar {

/// What kind of failure it is, by what the caller does about it. The comment gives the program's
/// exit code.
enum class StatusCode : std::uint8_t {
  kOk,                  ///< 0
  kUnavailable,         ///< try again later (74 once retries end)
  kNotFound,            ///< a named input does not exist or cannot be opened (66)
  kDataLoss,            ///< damaged data (65)
  kInvalidArgument,     ///< wrong usage (64)
  kFailedPrecondition,  ///< model, data or checkpoint do not fit each other (65)
  kUnimplemented,       ///< a layer, loss, metric or feature that is not supported (69)
  kCannotCreate,        ///< an output cannot be created (73)
  kIoError,             ///< reading or writing failed (74)
  kTimeout,             ///< the time allowed has passed (76)
  kCancelled,           ///< stopped on request (130, 143)
  kInternal,            ///< a defect of this library (70)
};

/// The code's name without its `k`, for instance "DataLoss".
[[nodiscard]] std::string_view StatusCodeName(StatusCode code);

/// The process exit status for a code, as docs/cli.md lists them. kCancelled maps to 130; the
/// program itself tells SIGINT from SIGTERM.
[[nodiscard]] int ExitCode(StatusCode code);

/// Success, or a code with a message. The message is one line: what was read, where, what was
/// found, what is allowed, what to do. `details` hold further lines, for instance the names of all
/// variables that did not match. Thread-compatible. A moved-from Status is valid but unspecified.
class [[nodiscard]] Status {
 public:
  /// Success.
  Status() = default;
  /// A failure; `code` must not be kOk.
  Status(StatusCode code, std::string message, std::vector<std::string> details = {})
      : code_(code), message_(std::move(message)), details_(std::move(details)) {}

  [[nodiscard]] bool ok() const { return code_ == StatusCode::kOk; }
  [[nodiscard]] StatusCode code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] const std::vector<std::string>& details() const { return details_; }

  /// The same failure with "context: " before its message; success stays success.
  [[nodiscard]] Status WithContext(std::string_view context) const;
  /// "OK", or "<CodeName>: <message>" and the details, each on an indented line of its own.
  [[nodiscard]] std::string ToString() const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
  std::vector<std::string> details_;
};

std::ostream& operator<<(std::ostream& out, const Status& status);

/// Thrown by Result<T>::value() when there is no value, for programs that prefer exceptions.
class BadResult : public std::runtime_error {
 public:
  explicit BadResult(Status status)
      : std::runtime_error(status.ToString()), status_(std::move(status)) {}
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  Status status_;
};

/// Throws BadResult if `status` is a failure, for programs that prefer exceptions.
inline void ThrowIfError(const Status& status) {
  if (!status.ok()) throw BadResult(status);
}

/// A T, or the Status that says why there is none. Member names follow std::expected where they
/// can. operator* and operator-> require ok().
template <class T>
class [[nodiscard]] Result {
 public:
  // `return value;` and `return status;` are the point of the type.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {
    if (std::get<1>(state_).ok()) {
      std::get<1>(state_) =
          Status(StatusCode::kInternal, "a Result was made from an OK status without a value");
    }
  }

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  [[nodiscard]] bool has_value() const { return ok(); }
  explicit operator bool() const { return ok(); }

  /// The failure, or an OK status.
  [[nodiscard]] Status status() const { return ok() ? Status() : std::get<1>(state_); }

  /// The value; throws BadResult where there is none.
  [[nodiscard]] T& value() & {
    ThrowIfError(status());
    return std::get<0>(state_);
  }
  [[nodiscard]] const T& value() const& {
    ThrowIfError(status());
    return std::get<0>(state_);
  }
  [[nodiscard]] T&& value() && {
    ThrowIfError(status());
    return std::get<0>(std::move(state_));
  }

  // Checked all the same: a Result without a value throws std::bad_variant_access, a defect of the
  // caller.
  [[nodiscard]] T& operator*() & { return std::get<0>(state_); }
  [[nodiscard]] const T& operator*() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& operator*() && { return std::get<0>(std::move(state_)); }
  [[nodiscard]] T* operator->() { return &std::get<0>(state_); }
  [[nodiscard]] const T* operator->() const { return &std::get<0>(state_); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace sidecar
