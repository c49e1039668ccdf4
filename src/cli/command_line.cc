#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "cli/help_format.h"
#include "cli/help_texts.h"
#include "cli/option_values.h"
#include "cli/suggestion.h"

namespace sidecar::cli {
namespace {

constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMaxBatchSize = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxThreads = 1024;
constexpr double kMaxSeconds = 1e9;  // about thirty years

// How a refused value leaves CLI11's parser.
class BadValue final : public CLI::ParseError {
 public:
  explicit BadValue(const Status& status)
      : CLI::ParseError("BadValue", status.message(), ExitCode(status.code())) {}
};

template <class T>
T OrThrow(Result<T> result) {
  if (!result.ok()) throw BadValue(result.status());
  return std::move(*result);
}

// The options of one command. Every value arrives as text and is read by our own functions: CLI11's
// number parser takes "010" for eight and "1e3" for one.
class OptionSet {
 public:
  explicit OptionSet(CLI::App& app) : app_(app) {}

  void Group(std::string name) { group_ = std::move(name); }

  /// `name` with one value; `store` is called with its text.
  CLI::Option* Add(const std::string& name, const std::string& value_name,
                   const std::string& description, const std::function<void(std::string)>& store) {
    const std::string shown = name.substr(0, name.find(','));
    CLI::Option* option = app_.add_option_function<std::string>(
        name, [shown, store](const std::string& text) { store(CheckText(shown, text)); },
        description);
    return option->type_name(value_name)->group(group_);
  }

  void Text(const std::string& name, const std::string& value_name, const std::string& description,
            std::string& target) {
    Add(name, value_name, description, [&target](std::string text) { target = std::move(text); });
  }

  void Text(const std::string& name, const std::string& value_name, const std::string& description,
            std::optional<std::string>& target) {
    Add(name, value_name, description, [&target](std::string text) { target = std::move(text); });
  }

  template <class T>
  void Integer(const std::string& name, const std::string& description, std::int64_t minimum,
               std::int64_t maximum, T& target) {
    Add(name, "N", description, [name, minimum, maximum, &target](const std::string& text) {
      using Number = std::remove_cvref_t<decltype(std::optional(target).value())>;
      target = static_cast<Number>(OrThrow(ParseInteger(name, text, minimum, maximum)));
    });
  }

  template <class T>
  void Seconds(const std::string& name, const std::string& description, double minimum, T& target) {
    Add(name, "S", description, [name, minimum, &target](const std::string& text) {
      target = OrThrow(ParseSeconds(name, text, minimum, kMaxSeconds));
    });
  }

  void Files(const std::string& name, const std::string& description,
             std::vector<data::ArrayFile>& target) {
    auto store = [name, &target](const std::vector<std::string>& texts) {
      for (const std::string& text : texts) {
        target.push_back(OrThrow(ParseNamedFile(name, CheckText(name, text))));
      }
    };
    app_.add_option_function<std::vector<std::string>>(name, store, description)
        ->type_name("[NAME=]FILE")
        ->allow_extra_args(false)
        ->group(group_);
  }

  void Flag(const std::string& name, const std::string& description, bool& target) {
    app_.add_flag(name, target, description)->group(group_);
  }

  void Verbosity(Verbosity& target) {
    auto quiet = [&target](std::int64_t) { target = cli::Verbosity::kQuiet; };
    auto verbose = [&target](std::int64_t) { target = cli::Verbosity::kVerbose; };
    CLI::Option* first =
        app_.add_flag_function("--quiet", quiet, "warnings and errors only on standard error");
    CLI::Option* second = app_.add_flag_function("--verbose", verbose, "more on standard error");
    first->group(group_);
    second->group(group_)->excludes(first);
  }

 private:
  // An option that lost its value takes the next one for it.
  static const std::string& CheckText(const std::string& option, const std::string& text) {
    if (text.empty() || text.starts_with("--")) {
      throw BadValue(Status(StatusCode::kInvalidArgument,
                            fmt::format("{} needs a value, found {}", option,
                                        text.empty() ? "an empty one" : "'" + text + "'")));
    }
    return text;
  }

  CLI::App& app_;
  std::string group_ = "Options";
};

void AddModelOptions(OptionSet& options, EvaluationOptions& target) {
  options.Group("Model");
  options.Text(
      "--model", "PATH",
      "the model: a .keras file, a whole-model .h5 file, the JSON of model.to_json(), or a "
      "SavedModel directory; required",
      target.model);
  options.Text("--signature", "NAME",
               "the SavedModel's signature that is evaluated (default: serving_default)",
               target.signature);
  options.Add("--output-names", "A,B",
              "the SavedModel's outputs for losses and metrics: names in the signature's order, or "
              "the signature's names in the model's order (default: the signature's)",
              [&target](const std::string& text) {
                target.output_names = OrThrow(ParseNameList("--output-names", text));
              });
  options.Text("--compile", "FILE",
               "losses and metrics: JSON in the form of Keras's compile config, in place of the "
               "model file's own",
               target.compile);
  options.Text("--loss", "ID", "the loss, for instance 'mse'; replaces the one given otherwise",
               target.loss);
  options.Add("--metrics", "ID,ID",
              "the metrics, for instance 'accuracy'; replace those given otherwise",
              [&target](const std::string& text) {
                target.metrics = OrThrow(ParseNameList("--metrics", text));
              });
  options.Add("--keras-version", "2|3",
              "whose rules hold where Keras 2 and 3 differ (default: what the model file says)",
              [&target](const std::string& text) {
                const std::int64_t version = OrThrow(ParseInteger("--keras-version", text, 2, 3));
                target.keras_version = version == 2 ? KerasVersion::kKeras2 : KerasVersion::kKeras3;
              });
  options.Text("--checkpoint-root", "NAME",
               "the attribute of the checkpoint's root that is the model (default: found)",
               target.checkpoint_root);
}

void AddDataOptions(OptionSet& options, EvaluationOptions& target) {
  options.Group("Data");
  options.Text("--data", "PATH",
               "an .npz file with x, y and sample_weight (x/NAME, y/NAME, ... where there are "
               "several), or an .npy file with x alone",
               target.data);
  options.Files("--x", "inputs from an .npy file, in place of --data; repeatable", target.arrays.x);
  options.Files("--y", "targets from an .npy file; repeatable", target.arrays.y);
  options.Files("--sample-weight", "sample weights from an .npy file; repeatable",
                target.arrays.sample_weight);
  options.Integer("--batch-size", "samples per batch (default: 32)", 1, kMaxBatchSize,
                  target.batch_size);
  options.Integer("--steps", "batches per evaluation (default: all data)", 1, kMaxInteger,
                  target.steps);
}

void AddOutputOptions(OptionSet& options, EvaluationOptions& target) {
  options.Group("Output and resources");
  options.Text("--log-dir", "DIR", "write TensorBoard summaries to DIR/validation", target.log_dir);
  options.Flag("--json", "results as JSON on standard output, one object per line", target.json);
  options.Integer("--threads",
                  "compute threads (default: what CPU affinity and the cgroup quota allow)", 1,
                  kMaxThreads, target.threads);
  options.Verbosity(target.verbosity);
}

void AddRunOptions(CLI::App& app, RunCommand& command) {
  OptionSet options(app);
  AddModelOptions(options, command.evaluation);
  AddDataOptions(options, command.evaluation);
  options.Group("Following");
  options.Text("--checkpoint-dir", "DIR",
               "the directory that training writes to; it need not exist yet; required",
               command.checkpoint_dir);
  options.Integer("--max-evaluations",
                  "stop once the checkpoint numbered N or higher has been evaluated (exit 0) or "
                  "has failed for good (exit 65); 0: never (default)",
                  0, kMaxInteger, command.max_evaluations);
  options.Seconds("--timeout",
                  "end (exit 76) when S seconds have passed since the start or since the last "
                  "newly published checkpoint (default: never)",
                  0.001, command.timeout);
  options.Seconds("--poll-interval",
                  "look at the directory at least this often, also where the file system sends no "
                  "notifications (default: 1)",
                  0.001, command.poll_interval);
  options.Seconds("--retry-for",
                  "how long a checkpoint that cannot be read is tried again before it is reported "
                  "as failed (default: 60)",
                  0, command.retry_for);
  AddOutputOptions(options, command.evaluation);
}

void AddEvaluateOptions(CLI::App& app, EvaluateCommand& command) {
  OptionSet options(app);
  AddModelOptions(options, command.evaluation);
  options.Text("--checkpoint", "PATH",
               "a checkpoint's prefix (DIR/ckpt-7), a weights file, or a directory: its newest "
               "checkpoint (default: the model file's own weights)",
               command.checkpoint);
  AddDataOptions(options, command.evaluation);
  AddOutputOptions(options, command.evaluation);
}

void AddInspectOptions(CLI::App& app, InspectCommand& command) {
  OptionSet options(app);
  options.Text("PATH", "PATH", "what to look at", command.path);
  options.Flag("--json", "one JSON object on standard output", command.json);
}

void AddReplayOptions(CLI::App& app, ReplayCommand& command) {
  OptionSet options(app);
  options.Text("SRC", "DIR", "the directory with the recorded checkpoints", command.source);
  options.Text("DST", "DIR", "the directory to publish them in; created where it does not exist",
               command.destination);
  options.Seconds("--interval", "seconds between two checkpoints (default: 1)", 0,
                  command.interval);
  options.Integer(
      "--keep", "keep the newest N and delete older ones as CheckpointManager does (default: all)",
      1, kMaxInteger, command.keep);
  options.Verbosity(command.verbosity);
}

Status Missing(std::string_view command, std::string_view option) {
  return {StatusCode::kInvalidArgument,
          fmt::format("{} is required; see 'sidecar {} --help'", option, command)};
}

Status CheckEvaluation(std::string_view command, const EvaluationOptions& options) {
  if (options.model.empty()) return Missing(command, "--model");
  const data::ArrayFiles& arrays = options.arrays;
  const bool has_arrays = !arrays.x.empty() || !arrays.y.empty() || !arrays.sample_weight.empty();
  if (options.data && has_arrays) {
    const char* other = !arrays.x.empty() ? "--x" : !arrays.y.empty() ? "--y" : "--sample-weight";
    return {StatusCode::kInvalidArgument,
            fmt::format("--data and {} exclude each other; give the data one way", other)};
  }
  if (!options.data && !has_arrays) return Missing(command, "--data (or --x)");
  if (!options.data && arrays.x.empty()) return Missing(command, "--x, beside --y,");
  return {};
}

// The parser of the whole program, and what it fills.
struct Parser {
  CLI::App app{ProgramHelp().summary};
  CLI::App* run = nullptr;
  CLI::App* evaluate = nullptr;
  CLI::App* inspect = nullptr;
  CLI::App* replay = nullptr;
  RunCommand run_command;
  EvaluateCommand evaluate_command;
  InspectCommand inspect_command;
  ReplayCommand replay_command;
  VersionCommand version_command;
  bool version = false;

  Parser() {
    app.require_subcommand(0, 1);
    app.formatter(std::make_shared<HelpFormatter>(ProgramHelp().usage));
    app.footer(ProgramHelp().footer);
    OptionSet options(app);
    options.Flag("--version", "print the version and exit", version);
    options.Flag("--json", "with --version: as JSON, with compiler and engine",
                 version_command.json);
    run = AddCommand("run", RunHelp());
    AddRunOptions(*run, run_command);
    evaluate = AddCommand("evaluate", EvaluateHelp());
    AddEvaluateOptions(*evaluate, evaluate_command);
    inspect = AddCommand("inspect", InspectHelp());
    AddInspectOptions(*inspect, inspect_command);
    replay = AddCommand("replay", ReplayHelp());
    AddReplayOptions(*replay, replay_command);
  }

  CLI::App* AddCommand(const std::string& name, const CommandHelp& help) {
    CLI::App* command = app.add_subcommand(name, help.summary);
    command->group("Commands");
    command->formatter(std::make_shared<HelpFormatter>(help.usage));
    command->footer(help.footer);
    return command;
  }

  /// The command that was named, or the program itself.
  [[nodiscard]] const CLI::App& Named() const {
    const std::vector<CLI::App*> named = app.get_subcommands();
    return named.empty() ? app : *named.front();
  }

  Result<CommandLine> Taken() {
    if (run->parsed()) {
      SIDECAR_RETURN_IF_ERROR(CheckEvaluation("run", run_command.evaluation));
      if (run_command.checkpoint_dir.empty()) return Missing("run", "--checkpoint-dir");
      return CommandLine(std::move(run_command));
    }
    if (evaluate->parsed()) {
      SIDECAR_RETURN_IF_ERROR(CheckEvaluation("evaluate", evaluate_command.evaluation));
      return CommandLine(std::move(evaluate_command));
    }
    if (inspect->parsed()) {
      if (inspect_command.path.empty()) return Missing("inspect", "PATH");
      return CommandLine(std::move(inspect_command));
    }
    if (replay->parsed()) {
      if (replay_command.source.empty()) return Missing("replay", "SRC");
      if (replay_command.destination.empty()) return Missing("replay", "DST");
      return CommandLine(std::move(replay_command));
    }
    if (version) return CommandLine(version_command);
    return Status(StatusCode::kInvalidArgument,
                  "no command given; the commands are run, evaluate, inspect and replay; see "
                  "'sidecar --help'");
  }
};

// What CLI11 did not know, with the nearest thing it would have known.
Status Unknown(const CLI::App& app, const CLI::App& named) {
  const std::vector<std::string> rest = app.remaining(true);
  const std::string found = rest.empty() ? std::string() : rest.front();
  std::vector<std::string> known;
  const bool is_option = found.starts_with("-");
  if (is_option) {
    for (const CLI::Option* option : named.get_options()) {
      if (option->nonpositional()) known.push_back(option->get_name());
    }
  } else if (&named == &app) {
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
      known.push_back(command->get_name());
    }
  }
  const std::string given = found.substr(0, is_option ? found.find('=') : found.size());
  const char* kind = is_option ? "option" : &named == &app ? "command" : "argument";
  std::string hint = Suggestion(given, known);
  hint = hint.empty() ? "." : fmt::format("; did you mean {}?", hint);
  const std::string help = &named == &app ? "sidecar" : "sidecar " + named.get_name();
  return {StatusCode::kInvalidArgument,
          fmt::format("unknown {} '{}'{} See '{} --help'", kind, given, hint, help)};
}

Status FromParseError(const CLI::ParseError& error, const Parser& parser) {
  const CLI::App& named = parser.Named();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) return Unknown(parser.app, named);
  const std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    // CLI11 says "--model: At Most 1 required but received 2" or "--model: 1 required PATH
    // missing".
    const bool repeated = what.find("received") != std::string::npos;
    return {StatusCode::kInvalidArgument,
            fmt::format("{} {}", what.substr(0, what.find(':')),
                        repeated ? "stands more than once; it takes one value" : "needs a value")};
  }
  return {StatusCode::kInvalidArgument, what};
}

}  // namespace

Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments) {
  Parser parser;
  try {
    parser.app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return CommandLine(HelpCommand{HelpText(parser.Named())});
  } catch (const CLI::ParseError& error) {
    return FromParseError(error, parser);
  }
  return parser.Taken();
}

}  // namespace sidecar::cli
