#!/usr/bin/env bash
# Runs sidecar and the real tf_keras SidecarEvaluator in turn on the same data, checkpoints and threads, and prints
# ratios with medians; then what one batch costs beside the engine's own run, and what SavedModels cost. Needs the network once, for TensorFlow in
# a venv. Method and results: docs/performance.md.
#
# usage: ./bench.sh [--pairs N] [--threads N]
set -euo pipefail
cd "$(dirname "$0")"

tools/install-deps.sh
cmake --preset release >/dev/null
cmake --build --preset release --target sidecar_program overhead_benchmark saved_model_benchmark | tail -n 1
tools/make-venv.sh .venv/bench benchmarks/requirements.txt
mkdir -p .venv/bench/work

echo "W1: MLP 784-128-10, 10,000 samples, batch 128; $(nproc) CPUs: $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
.venv/bench/bin/python benchmarks/side_by_side.py build/sidecar .venv/bench/work "$@"
echo
build/benchmarks/overhead_benchmark .venv/bench/work/w1
echo
echo "SavedModels: ResNet50 on 64x64 images (72 samples) and a custom model with attention and a loop (1,000), batch 16"
.venv/bench/bin/python benchmarks/saved_models.py build/benchmarks/saved_model_benchmark .venv/bench/work
