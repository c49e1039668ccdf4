#!/usr/bin/env bash
# Runs sidecar and the real tf_keras SidecarEvaluator in turn on the same data, checkpoints and threads, and prints
# ratios with medians; then what one batch and 50 metrics cost beside the engine's own run, and what SavedModels cost.
# Needs the network once, for TensorFlow in a venv (that of ./test.sh --oracle). Method and results: docs/performance.md.
#
# usage: ./bench.sh [--workloads W1,W4 | --all] [--pairs N] [--threads N]
#        W1 is the default; benchmarks/workloads.py has the others. All of them take about half an hour.
set -euo pipefail
cd "$(dirname "$0")"

tools/install-deps.sh
cmake --preset release >/dev/null
cmake --build --preset release --target sidecar_program overhead_benchmark saved_model_benchmark | tail -n 1
tools/make-venv.sh .venv/oracle tests/oracle/requirements.txt
python=.venv/oracle/bin/python work=build/bench
mkdir -p "$work"

echo "$(nproc) CPUs: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), load $(cut -d ' ' -f 1 /proc/loadavg)"
"$python" benchmarks/side_by_side.py build/sidecar "$work" "$@"

# What a batch costs beside the engine, with one thread: W1, then W7's model with its loss alone and with 50 metrics.
for workload in W1:128 W7-loss:256 W7:256; do
  name=${workload%:*}
  [ -f "$work/$name/ckpts/checkpoint" ] || "$python" benchmarks/workloads.py "$name" "$work/$name"
  echo && echo "$name"
  build/benchmarks/overhead_benchmark "$work/$name" "${workload#*:}"
done
echo
echo "SavedModels: ResNet50 on 64x64 images (72 samples) and a custom model with attention and a loop (1,000), batch 16"
"$python" benchmarks/saved_models.py build/benchmarks/saved_model_benchmark "$work"
