#!/usr/bin/env bash
# A thousand checkpoints at ten a second, old ones deleted: every one is evaluated or passed over for a newer one, the
# last one is evaluated, and memory and open files stay flat.
# usage: soak.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
recording=$(realpath "$(dirname "$0")/../../demo/recordings/digits_mlp")
count=${SIDECAR_SOAK_CHECKPOINTS:-1000}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir "$work/source" "$work/followed"
for ((i = 1; i <= count; ++i)); do
  from=$recording/ckpts/ckpt-$((i % 8 + 1))
  ln "$from.index" "$work/source/ckpt-$i.index" 2>/dev/null || cp "$from.index" "$work/source/ckpt-$i.index"
  ln "$from.data-00000-of-00001" "$work/source/ckpt-$i.data-00000-of-00001" 2>/dev/null ||
    cp "$from.data-00000-of-00001" "$work/source/ckpt-$i.data-00000-of-00001"
done
cp "$recording/ckpts/checkpoint" "$work/source/checkpoint"

"$program" run --model "$recording/model.keras" --data "$recording/val.npz" --checkpoint-dir "$work/followed" \
  --max-evaluations "$count" --log-dir "$work/logs" --json >"$work/results" 2>"$work/log" &
evaluator=$!
"$program" replay "$work/source" "$work/followed" --interval 0.1 --keep 5 --quiet &

figures() { echo "$(awk '/VmRSS/ {print $2}' /proc/$evaluator/status) $(ls /proc/$evaluator/fd | wc -l)"; }
sleep 10
read -r memory_early files_early <<<"$(figures)"
memory_late=$memory_early files_late=$files_early
while kill -0 $evaluator 2>/dev/null; do
  read -r memory_late files_late <<<"$(figures 2>/dev/null || echo "$memory_late $files_late")"
  sleep 1
done
wait $evaluator
evaluated=$(wc -l <"$work/results")
echo "$count published, $evaluated evaluated; resident memory $memory_early -> $memory_late KB, open files $files_early -> $files_late"
tail -n 1 "$work/results" | grep -q "\"number\": $count," || { echo "the last checkpoint was not evaluated" >&2; exit 1; }
[ "$memory_late" -le $((memory_early + 1024 + memory_early / 10)) ] || { echo "memory grew" >&2; exit 1; }
[ "$files_late" -le $((files_early + 2)) ] || { echo "open files grew" >&2; exit 1; }
