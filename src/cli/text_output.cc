#include "cli/text_output.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ostream>
#include <vector>

#include "sidecar/log.h"

namespace sidecar::cli {
namespace {

constexpr std::size_t kMaxDetails = 20;

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

LogLevel LowestLevel(Verbosity verbosity) {
  switch (verbosity) {
    case Verbosity::kQuiet:
      return LogLevel::kWarning;
    case Verbosity::kNormal:
      return LogLevel::kInfo;
    case Verbosity::kVerbose:
      return LogLevel::kDebug;
  }
  return LogLevel::kInfo;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      safe += fmt::format("\\x{:02x}", byte);
    } else {
      safe += c;
    }
  }
  return safe;
}

void PrintError(const Status& status, std::ostream& out) {
  out << "sidecar: " << Printable(status.message()) << '\n';
  const std::vector<std::string>& details = status.details();
  // One line of the twenty says how many are left out.
  const std::size_t shown = details.size() <= kMaxDetails ? details.size() : kMaxDetails - 1;
  for (std::size_t i = 0; i < shown; ++i) out << "  " << Printable(details[i]) << '\n';
  if (shown < details.size()) out << "  ... and " << details.size() - shown << " more\n";
  out.flush();
}

void StartLogging(Verbosity verbosity) {
  auto logger = std::make_shared<spdlog::logger>("sidecar",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::debug);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l: %v");
  SetLogLevel(LowestLevel(verbosity));
  SetLogSink([logger](LogLevel level, std::string_view line) {
    logger->log(ToSpdlog(level), "{}", Printable(line));
  });
}

}  // namespace sidecar::cli
