#!/usr/bin/env bash
# Builds and tests sidecar. What is missing on the machine is installed first (Debian 12, root or sudo).
#
# usage: ./test.sh              the g++ release build and all its tests
#        ./test.sh --all        that, and clang, address/undefined and thread sanitizers, format, lint
#        ./test.sh --long       soak and fuzzing, about an hour; SIDECAR_FUZZ_SECONDS sets the time per fuzz target
#        ./test.sh --oracle     checks against real TensorFlow, Keras and TensorBoard in .venv/oracle (made if missing)
#        ./test.sh --clang --asan --tsan --format --lint     single parts of --all
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }

build_and_test() {  # preset
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1"
  ctest --preset "$1" --parallel "$(nproc)"
}

# Fewer compilations than one for each test of each configuration: the sanitizers see everything but the conformance
# grid's repetition, which is labelled release-only.
release() { say "g++, release"; build_and_test release; }
clang() { say "clang++ 14, release"; cmake --preset clang >/dev/null; cmake --build --preset clang; ctest --preset clang --parallel "$(nproc)" -LE 'install'; }
asan() { say "address and undefined-behaviour sanitizers"; build_and_test asan-ubsan; }
tsan() { say "thread sanitizer"; build_and_test tsan; }

sources() { git ls-files 'include/*.h' 'src/*.h' 'src/*.cc' 'tests/*.h' 'tests/*.cc' 'fuzz/*.cc' 'examples/*.cc' 'benchmarks/*.cc'; }

format() {
  say "format"
  sources | xargs clang-format-14 --dry-run --Werror
}

lint() {
  say "clang-tidy"
  cmake --preset lint >/dev/null
  sources | grep '^src/.*\.cc$' | grep -v _test.cc | xargs -P "$(nproc)" -n 4 clang-tidy-14 --quiet -p build-lint
}

long() {
  say "soak"
  cmake --preset release >/dev/null
  cmake --build --preset release
  tests/long/soak.sh build/sidecar
  say "layers with weights as inputs of the graph, row by row"
  SIDECAR_TEST_WEIGHTS=inputs SIDECAR_TEST_ROWS=1 build/tests/conformance/conformance_layers_test --gtest_brief=1
  say "fuzzing, ${SIDECAR_FUZZ_SECONDS:-300} s for each target"
  cmake --preset fuzz >/dev/null
  cmake --build --preset fuzz
  tests/long/fuzz.sh build-fuzz/fuzz "${SIDECAR_FUZZ_SECONDS:-300}"
}

oracle() {
  say "against TensorFlow, Keras and TensorBoard"
  cmake --preset release >/dev/null
  cmake --build --preset release --target sidecar_program conformance_applications_test
  tools/make-venv.sh .venv/oracle tests/oracle/requirements.txt
  .venv/oracle/bin/python tests/oracle/check.py build/sidecar
}

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(--release)
if [ "${parts[0]}" = --all ]; then parts=(--release --format --lint --clang --asan --tsan); fi

case " ${parts[*]} " in
  *" --clang "* | *" --tsan "* | *" --format "* | *" --lint "* | *" --long "*) tools/install-deps.sh --all ;;
  *) tools/install-deps.sh ;;
esac
for part in "${parts[@]}"; do
  case "$part" in
    --release | --clang | --asan | --tsan | --format | --lint | --long | --oracle) "${part#--}" ;;
    *) sed -n '4,9s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
  esac
done
say "all passed: ${parts[*]}"
