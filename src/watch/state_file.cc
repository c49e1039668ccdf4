#include "watch/state_file.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <span>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "watch/text_scanner.h"

namespace sidecar::watch {
namespace {

// 100,000 kept checkpoints make about 10 MB.
constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 20U;
// Far more than the longest path there can be.
constexpr std::size_t kMaxFirstLineBytes = std::size_t{64} << 10U;

Status TakePath(TextScanner& scanner, std::string& path) {
  const TextScanner before = scanner;
  SIDECAR_ASSIGN_OR_RETURN(path, scanner.TakeString());
  if (!IsPlainUtf8(path)) return before.Error("a path is not UTF-8 or holds a NUL");
  return {};
}

// One value of `field`.
Status TakeValue(TextScanner& scanner, std::string_view field, CheckpointState& state) {
  if (field == "model_checkpoint_path") return TakePath(scanner, state.model_checkpoint_path);
  if (field == "all_model_checkpoint_paths") {
    return TakePath(scanner, state.all_model_checkpoint_paths.emplace_back());
  }
  SIDECAR_ASSIGN_OR_RETURN(const double number, scanner.TakeNumber());
  if (field == "last_preserved_timestamp") {
    state.last_preserved_timestamp = number;
  } else {
    state.all_model_checkpoint_timestamps.push_back(number);
  }
  return {};
}

// The rest of `[value, value, …]`.
Status TakeList(TextScanner& scanner, std::string_view field, CheckpointState& state) {
  if (!field.starts_with("all_")) return scanner.Error("a list for a field that is not repeated");
  scanner.SkipToToken();
  if (scanner.Take(']')) return {};
  while (true) {
    scanner.SkipToToken();
    SIDECAR_RETURN_IF_ERROR(TakeValue(scanner, field, state));
    scanner.SkipToToken();
    if (scanner.Take(']')) return {};
    if (!scanner.Take(',')) return scanner.Error("expected ',' or ']'");
  }
}

Status TakeField(TextScanner& scanner, CheckpointState& state) {
  const std::string_view field = scanner.TakeName();
  if (field != "model_checkpoint_path" && field != "all_model_checkpoint_paths" &&
      field != "all_model_checkpoint_timestamps" && field != "last_preserved_timestamp") {
    return scanner.Error(field.empty() ? "expected the name of a field"
                                       : fmt::format("{} is no field of CheckpointState", field));
  }
  scanner.SkipToToken();
  if (!scanner.Take(':')) return scanner.Error(fmt::format("expected ':' after {}", field));
  scanner.SkipToToken();
  if (scanner.Take('[')) {
    SIDECAR_RETURN_IF_ERROR(TakeList(scanner, field, state));
  } else {
    SIDECAR_RETURN_IF_ERROR(TakeValue(scanner, field, state));
  }
  scanner.SkipToToken();
  if (!scanner.Take(';')) scanner.Take(',');
  return {};
}

// The beginning of a file that is too large to be read whole.
Result<std::string> ReadFirstLine(const base::ReadableFile& file) {
  std::string text(kMaxFirstLineBytes, '\0');
  SIDECAR_ASSIGN_OR_RETURN(const std::size_t count,
                           file.ReadAt(0, std::as_writable_bytes(std::span(text))));
  text.resize(count);
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: more than {} bytes, and no line ends within the first {}",
                              file.path(), kMaxBytes, kMaxFirstLineBytes));
  }
  text.resize(end);
  return text;
}

// As Python prints it: always recognisable as a floating-point number.
std::string FormatDouble(double value) {
  std::string text = fmt::format("{}", value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') {
      out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

Result<CheckpointState> ParseCheckpointState(std::string_view text) {
  if (text.empty()) return Status(StatusCode::kDataLoss, "the file is empty");
  CheckpointState state;
  TextScanner scanner(text);
  while (scanner.SkipToToken()) SIDECAR_RETURN_IF_ERROR(TakeField(scanner, state));
  if (state.model_checkpoint_path.empty()) {
    return Status(StatusCode::kDataLoss, "no model_checkpoint_path in it");
  }
  return state;
}

Result<CheckpointState> ReadCheckpointState(base::FileSystem& fs, const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<base::ReadableFile> file, fs.OpenForRead(path));
  SIDECAR_ASSIGN_OR_RETURN(const base::FileInfo info, file->Stat());
  Result<std::string> text =
      info.size > kMaxBytes ? ReadFirstLine(*file) : base::ReadWholeFile(*file, kMaxBytes);
  if (!text.ok()) return text.status();
  Result<CheckpointState> state = ParseCheckpointState(*text);
  if (!state.ok()) return state.status().WithContext(path);
  return state;
}

std::string FormatCheckpointState(const CheckpointState& state) {
  std::string text = fmt::format("model_checkpoint_path: {}\n", Quote(state.model_checkpoint_path));
  for (const std::string& path : state.all_model_checkpoint_paths) {
    text += fmt::format("all_model_checkpoint_paths: {}\n", Quote(path));
  }
  for (const double timestamp : state.all_model_checkpoint_timestamps) {
    text += fmt::format("all_model_checkpoint_timestamps: {}\n", FormatDouble(timestamp));
  }
  if (state.last_preserved_timestamp) {
    text += fmt::format("last_preserved_timestamp: {}\n",
                        FormatDouble(*state.last_preserved_timestamp));
  }
  return text;
}

}  // namespace sidecar::watch
