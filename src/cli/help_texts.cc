#include "cli/help_texts.h"

namespace sidecar::cli {
namespace {

constexpr const char* kEvaluationExitCodes = R"(Exit codes:
    0  finished
   64  wrong usage: an unknown or missing option, a value out of range
   65  the model, the data or the checkpoint is damaged, or they do not fit each other
   66  a named input does not exist or cannot be opened
   69  layers, ops, losses, metrics or a kind of file are not supported; the message names them all
   70  an internal error
   73  an output cannot be created
   74  reading or writing failed
)";

constexpr const char* kStopExitCodes = "  130  stopped by SIGINT\n  143  stopped by SIGTERM";

}  // namespace

CommandHelp ProgramHelp() {
  return {"Evaluates Keras models on the checkpoints of a running training job.",
          "sidecar COMMAND [OPTIONS]",
          R"(Examples:
  sidecar run --model model.keras --data val.npz --checkpoint-dir ckpts --log-dir logs
  sidecar evaluate --model model.keras --data val.npz --checkpoint ckpts/ckpt-7
  sidecar inspect ckpts
  sidecar replay recording/ckpts ckpts

'sidecar COMMAND --help' says more. Results go to standard output, everything else to standard
error. Options and exit codes in full: docs/cli.md.)"};
}

CommandHelp RunHelp() {
  return {
      "Follows a checkpoint directory and evaluates each newest checkpoint.",
      "sidecar run --model PATH --data PATH --checkpoint-dir DIR [OPTIONS]",
      std::string(
          R"(Waits for a checkpoint, evaluates it, reports, and waits for the next one until a stop rule holds.
Training may start before, beside or after it. Checkpoints that appear while an evaluation runs are
skipped, all but the newest; one that cannot be used is reported and passed over.

Examples:
  Follow a training job of 20 epochs and write TensorBoard summaries to logs/validation:
    sidecar run --model model.keras --data val.npz --checkpoint-dir ckpts --log-dir logs \
        --max-evaluations 20
  A model with code of its own, saved by tf.saved_model.save(model, "model"):
    sidecar run --model model --compile compile.json --data val.npz --checkpoint-dir ckpts
  A model saved without compile(), results for another program:
    sidecar run --model model.json --loss sparse_categorical_crossentropy --metrics accuracy \
        --x x.npy --y y.npy --checkpoint-dir ckpts --json

)") + kEvaluationExitCodes +
          "   76  --timeout ran out\n" + kStopExitCodes};
}

CommandHelp EvaluateHelp() {
  return {"Evaluates one checkpoint, or the model file's own weights, once.",
          "sidecar evaluate --model PATH --data PATH [--checkpoint PATH] [OPTIONS]",
          std::string(R"(Examples:
  One checkpoint, named by its prefix (the files' common name without .index or .data-...):
    sidecar evaluate --model model.keras --data val.npz --checkpoint ckpts/ckpt-7
  The newest checkpoint of a directory:
    sidecar evaluate --model model.keras --data val.npz --checkpoint ckpts
  The weights inside the model file:
    sidecar evaluate --model model.keras --data val.npz

)") + kEvaluationExitCodes +
              kStopExitCodes};
}

CommandHelp InspectHelp() {
  return {
      "Says what a path is, what it holds, and whether it is whole.",
      "sidecar inspect PATH [--json]",
      R"(PATH is a checkpoint (its prefix, .index or data file), a checkpoint directory, a weights file, a
model file (.keras, whole-model .h5 or JSON), a SavedModel directory (its signatures, variables with
their places in checkpoints, and ops with their support), an event file, or arrays (.npz, .npy).
Every size and checksum is verified.

Examples:
  sidecar inspect ckpts/ckpt-7
  sidecar inspect model.keras --json

Exit codes:
    0  whole
   64  wrong usage
   65  damaged: the output says where
   66  does not exist or cannot be opened
   69  of a kind that is not supported, or a model with layers or ops that are not
   74  reading failed)"};
}

CommandHelp ReplayHelp() {
  return {
      "Publishes recorded checkpoints as a training job would.", "sidecar replay SRC DST [OPTIONS]",
      std::string(
          R"(Copies the checkpoints of SRC to DST one after another, in the order of their numbers and with the
writer's own order of operations: data files renamed into place, then .index, then the 'checkpoint'
state file replaced, with the contents that the recording's writer gives it. For demonstrations and
tests.

Example:
  sidecar replay demo/recordings/digits_mlp/ckpts /tmp/ckpts --interval 0.5 --keep 3

Exit codes:
    0  everything is published
   64  wrong usage
   66  SRC does not exist or holds no checkpoints
   73  DST cannot be created
   74  reading or writing failed
)") + kStopExitCodes};
}

}  // namespace sidecar::cli
