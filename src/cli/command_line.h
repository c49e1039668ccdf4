// What the user asked for: the command line as a value, checked as far as that needs no file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "data/array_files.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::cli {

/// How much goes to standard error.
enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };

/// Options that `run` and `evaluate` share: what is evaluated, on which data, and how.
struct EvaluationOptions {
  std::string model;
  std::optional<std::string> signature;
  std::vector<std::string> output_names;  ///< empty: not given
  std::optional<std::string> compile;
  std::optional<std::string> loss;
  std::vector<std::string> metrics;  ///< empty: not given
  std::optional<KerasVersion> keras_version;

  std::optional<std::string> data;
  data::ArrayFiles arrays;  ///< --x, --y, --sample-weight
  std::int64_t batch_size = 32;
  std::optional<std::int64_t> steps;

  std::optional<std::string> checkpoint_root;
  std::optional<std::string> log_dir;
  std::optional<int> threads;
  bool json = false;
  Verbosity verbosity = Verbosity::kNormal;
};

struct RunCommand {
  EvaluationOptions evaluation;
  std::string checkpoint_dir;
  std::optional<std::int64_t> max_evaluations;
  std::optional<std::chrono::milliseconds> timeout;
  std::chrono::milliseconds poll_interval{1000};
  std::chrono::milliseconds retry_for{60000};
};

struct EvaluateCommand {
  EvaluationOptions evaluation;
  std::optional<std::string> checkpoint;
};

struct InspectCommand {
  std::string path;
  bool json = false;
};

struct ReplayCommand {
  std::string source;
  std::string destination;
  std::chrono::milliseconds interval{1000};
  std::optional<std::int64_t> keep;
  Verbosity verbosity = Verbosity::kNormal;
};

struct VersionCommand {
  bool json = false;
};

/// Asked for help: the text goes to standard output.
struct HelpCommand {
  std::string text;
};

using CommandLine = std::variant<HelpCommand, VersionCommand, RunCommand, EvaluateCommand,
                                 InspectCommand, ReplayCommand>;

/// Reads the arguments after the program's name. Fails with kInvalidArgument naming the option,
/// what was given and what is allowed: unknown options and commands, missing and repeated ones,
/// values out of range, options that exclude each other. No file is looked at. Thread-safe.
Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments);

}  // namespace sidecar::cli
