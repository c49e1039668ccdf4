#include "cli/program.h"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>
#include <variant>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/signals.h"
#include "cli/text_output.h"
#include "sidecar/log.h"

namespace sidecar::cli {
namespace {

// Calls the command; one overload for each alternative of CommandLine.
struct Dispatch {
  Status operator()(const HelpCommand& help) const {
    std::cout << help.text;
    return {};
  }
  Status operator()(const VersionCommand& command) const { return PrintVersion(command); }
  Status operator()(const RunCommand& command) const {
    StartLogging(command.evaluation.verbosity);
    return Run(command);
  }
  Status operator()(const EvaluateCommand& command) const {
    StartLogging(command.evaluation.verbosity);
    return Evaluate(command);
  }
  Status operator()(const InspectCommand& command) const {
    StartLogging(Verbosity::kQuiet);
    return Inspect(command);
  }
  Status operator()(const ReplayCommand& command) const {
    StartLogging(command.verbosity);
    return Replay(command);
  }
};

// Results that did not arrive are a failure, also where the command itself went well.
Status FlushStandardOutput() {
  errno = 0;
  const bool flushed = static_cast<bool>(std::cout.flush()) && std::fflush(stdout) == 0;
  if (flushed && std::ferror(stdout) == 0) return {};
  const std::string reason = errno == 0 ? "" : ": " + std::generic_category().message(errno);
  return {StatusCode::kIoError, "standard output: cannot write the results" + reason};
}

int Finish(const Status& status) {
  if (status.code() == StatusCode::kCancelled && ReceivedSignal() != 0) {
    return 128 + ReceivedSignal();
  }
  if (!status.ok()) PrintError(status, std::cerr);
  return ExitCode(status.code());
}

int RunCommandLine(const std::vector<std::string>& arguments) {
  InstallSignalHandlers();
  Result<CommandLine> command = ParseCommandLine(arguments);
  if (!command.ok()) return Finish(command.status());
  Status status = std::visit(Dispatch(), *command);
  SetLogSink(nullptr);
  const Status flushed = FlushStandardOutput();
  return Finish(status.ok() ? flushed : status);
}

int InternalError(const char* what) {
  static_cast<void>(std::fprintf(stderr, "sidecar: internal error: %s\n", what));
  return ExitCode(StatusCode::kInternal);
}

}  // namespace

int RunProgram(const std::vector<std::string>& arguments) noexcept {
  try {
    return RunCommandLine(arguments);
  } catch (const std::bad_alloc&) {
    return InternalError("out of memory");
  } catch (const std::exception& error) {
    return InternalError(error.what());
  } catch (...) {
    return InternalError("an exception of unknown type");
  }
}

}  // namespace sidecar::cli
