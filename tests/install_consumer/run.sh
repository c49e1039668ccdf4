#!/usr/bin/env bash
# usage: run.sh CMAKE BUILD_DIR SOURCE_DIR WORK_DIR COMPILER OPENVINO_DIR
set -euo pipefail
cmake=$1 build=$2 source=$3 work=$4 compiler=$5 openvino=$6
prefix=$work/prefix
rm -rf "$prefix" "$work/example" "$work/custom_layer" "$work/custom_metric" "$work/logs"
"$cmake" --install "$build" --prefix "$prefix" >/dev/null

# cli.md: the library, its headers and package, the program; the OpenVINO libraries below lib/sidecar, under 100 MB.
lib=$(dirname "$(find "$prefix" -name libsidecar.so)")
for path in "$prefix/bin/sidecar" "$prefix/include/sidecar/sidecar.h" "$lib/cmake/sidecar/sidecar-config.cmake" \
    "$lib/sidecar/libopenvino_intel_cpu_plugin.so"; do
  [ -e "$path" ] || { echo "not installed: $path" >&2; exit 1; }
done
size=$(du -sk "$lib/sidecar" | cut -f1)
[ "$size" -lt 100000 ] || { echo "$lib/sidecar takes $size KB, at most 100000 are allowed" >&2; exit 1; }
"$prefix/bin/sidecar" --version

"$cmake" -S "$source/examples/minimal" -B "$work/example" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_BUILD_TYPE=Release >/dev/null
"$cmake" --build "$work/example" >/dev/null
"$work/example/minimal" "$source/tests/install_consumer/recording" "$work/logs" 3 | tee "$work/output"

# Keras's numbers for ckpt-3 (recording/results.txt), as the example prints them.
grep -q '^loss=0.52744[67] eval_metrics=0.765 $' "$work/output"
ls "$work"/logs/validation/events.out.tfevents.* >/dev/null

# The component that needs OpenVINO's headers: a model with classes of its own.
"$cmake" -S "$source/examples/custom_layer" -B "$work/custom_layer" -DCMAKE_PREFIX_PATH="$prefix" \
  -DOpenVINO_DIR="$openvino" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release >/dev/null
"$cmake" --build "$work/custom_layer" >/dev/null
golden=$source/tests/golden/custom_layers
"$work/custom_layer/custom_layer" "$golden/k3_custom.keras" "$golden/data.npz" "$golden/k3_custom.ckpt-1" | tee "$work/output"
loss=$(sed -n 's/.*"k3_custom.ckpt-1".*\["loss",\([0-9.]\{6\}\).*/\1/p' "$golden/expected.json")
grep -q "loss=$loss" "$work/output"

# A metric and a loss of the program's own: every error costs 1, so the cost is 1 - the accuracy above.
"$cmake" -S "$source/examples/custom_metric" -B "$work/custom_metric" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release >/dev/null
"$cmake" --build "$work/custom_metric" >/dev/null
"$work/custom_metric/custom_metric" "$source/tests/install_consumer/recording/ckpt-3" | tee "$work/metric_output"
grep -q '^cost=0.235$' "$work/metric_output"
