#!/usr/bin/env bash
# Fuzzes each target for some seconds, from its committed corpus; findings stop the run and stay in the build directory.
# usage: fuzz.sh DIRECTORY_OF_TARGETS SECONDS
set -euo pipefail
targets=$(realpath "$1") seconds=$2
corpora=$(realpath "$(dirname "$0")/../../fuzz/corpus")
for target in "$targets"/*_fuzz; do
  name=$(basename "$target" _fuzz)
  echo "-- $name"
  mkdir -p "$targets/found/$name"
  (cd "$targets/found/$name" && "$target" -max_total_time="$seconds" -rss_limit_mb=1024 -malloc_limit_mb=512 -timeout=10 \
    -print_final_stats=1 . "$corpora/$name" 2>&1 | grep -E 'ERROR|SUMMARY|stat::number_of_executed_units|Test unit')
  if compgen -G "$targets/found/$name/crash-*" >/dev/null || compgen -G "$targets/found/$name/timeout-*" >/dev/null ||
    compgen -G "$targets/found/$name/oom-*" >/dev/null; then
    echo "found something: $targets/found/$name" >&2
    exit 1
  fi
done
