#!/usr/bin/env bash
# The main job, on recorded checkpoints of two real Keras trainings: `sidecar replay` publishes them one after another
# as training does, `sidecar run` follows, evaluates each newest one, and stops after the last.
# What is missing on the machine is installed first (Debian 12, root or sudo).
set -euo pipefail
cd "$(dirname "$0")"

tools/install-deps.sh
if ! [ -f build/build.ninja ]; then cmake --preset release >/dev/null; fi
cmake --build --preset release --target sidecar_program | tail -n 1

out=$(mktemp -d "${TMPDIR:-/tmp}/sidecar-demo.XXXXXX")

follow() {  # recording, what it is
  local recording=demo/recordings/$1 ckpts=$out/$1/ckpts logs=$out/$1/logs
  local command=(build/sidecar run --model "$recording/model.keras" --data "$recording/val.npz"
    --checkpoint-dir "$ckpts" --max-evaluations 8 --log-dir "$logs" --quiet)
  printf '\n%s\n$ %s\n\n' "$2" "${command[*]}"
  # The evaluator starts first, as it may: it waits for the directory that training will make.
  "${command[@]}" &
  local evaluator=$!
  build/sidecar replay "$recording/ckpts" "$ckpts" --interval 0.5 --quiet
  wait "$evaluator"
}

follow digits_mlp "An MLP on handwritten digits: custom training loop, tf.train.CheckpointManager"
follow digits_cnn "A CNN with batch normalization and dropout: Model.fit, ModelCheckpoint('ckpt-{epoch}')"

cat <<EOF

These are the numbers model.evaluate() gives for the same checkpoints (demo/recordings/*/expected.json).
TensorBoard summaries are in $out/*/logs/validation. To look at them:

  pip install tensorboard && tensorboard --logdir $out

Checkpoints trained live: see examples/keras/.
EOF
