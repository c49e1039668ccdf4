#include "sidecar/status.h"

namespace sidecar {

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "OK";
    case StatusCode::kUnavailable:
      return "Unavailable";
    case StatusCode::kNotFound:
      return "NotFound";
    case StatusCode::kDataLoss:
      return "DataLoss";
    case StatusCode::kInvalidArgument:
      return "InvalidArgument";
    case StatusCode::kFailedPrecondition:
      return "FailedPrecondition";
    case StatusCode::kUnimplemented:
      return "Unimplemented";
    case StatusCode::kCannotCreate:
      return "CannotCreate";
    case StatusCode::kIoError:
      return "IoError";
    case StatusCode::kTimeout:
      return "Timeout";
    case StatusCode::kCancelled:
      return "Cancelled";
    case StatusCode::kInternal:
      return "Internal";
  }
  return "Unknown";
}

int ExitCode(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 0;
    case StatusCode::kInvalidArgument:
      return 64;
    case StatusCode::kDataLoss:
    case StatusCode::kFailedPrecondition:
      return 65;
    case StatusCode::kNotFound:
      return 66;
    case StatusCode::kUnimplemented:
      return 69;
    case StatusCode::kCannotCreate:
      return 73;
    case StatusCode::kUnavailable:
    case StatusCode::kIoError:
      return 74;
    case StatusCode::kTimeout:
      return 76;
    case StatusCode::kCancelled:
      return 130;
    case StatusCode::kInternal:
      return 70;
  }
  return 70;
}

Status Status::WithContext(std::string_view context) const {
  if (ok()) return *this;
  std::string message(context);
  message += ": ";
  message += message_;
  return {code_, std::move(message), details_};
}

std::string Status::ToString() const {
  std::string text(StatusCodeName(code_));
  if (ok()) return text;
  text += ": ";
  text += message_;
  for (const std::string& detail : details_) {
    text += "\n  ";
    text += detail;
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const Status& status) {
  return out << status.ToString();
}

}  // namespace sidecar
