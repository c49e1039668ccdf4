"""SavedModels beside real Keras: import, each checkpoint, memory; prints medians and ratios.

    python saved_models.py PROGRAM WORK_DIR [--runs N] [--threads N]

PROGRAM is saved_model_benchmark. Both processes evaluate the same checkpoints on the same data, in turn:

import           until the model is there: for the reference, importing TensorFlow and building the model from code
checkpoint       restoring and evaluating one, the second and later ones
peak memory      VmHWM

Losses must agree within 1e-4 and accuracies within one sample, or the timing is void.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WORKLOADS = os.path.join(HERE, "saved_model_workloads.py")
CHECKPOINTS = 4
SAMPLES = {"custom": 1000, "resnet50": 72}


def run(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def check_same(name, ours, reference):
    for found, wanted in zip(ours, reference, strict=True):
        if abs(found["loss"] - wanted["loss"]) > 1e-4 * abs(wanted["loss"]):
            sys.exit(f"{name}: the loss is {found['loss']}, the reference has {wanted['loss']}: the timing is void")
        if abs(found["accuracy"] - wanted["accuracy"]) > 1.5 / SAMPLES[name]:
            sys.exit(f"{name}: accuracies differ, the timing is void")


def figures(result):
    later = statistics.median(result["checkpoints"][1:])
    return {"import": result["import"], "checkpoint": later, "peak memory": result["peak_mb"]}


def table(name, reference, ours):
    print(f"\n{name:16}{'reference':>14}{'sidecar':>14}{'ratio':>10}  (runs: least to most)")
    for key in reference[0]:
        a, b = [run[key] for run in reference], [run[key] for run in ours]
        ratios = [x / y for x, y in zip(a, b)]
        unit, scale = ("MB", 1) if key == "peak memory" else ("ms", 1000)
        print(
            f"{key:16}{statistics.median(a) * scale:11.1f} {unit}{statistics.median(b) * scale:11.1f} {unit}"
            f"{statistics.median(ratios):9.1f}x  ({min(ratios):.1f} to {max(ratios):.1f})"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("work_dir")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    for name in SAMPLES:
        folder = os.path.join(args.work_dir, name)
        if not os.path.exists(os.path.join(folder, "ckpts", f"ckpt-{CHECKPOINTS}.index")):
            subprocess.run([sys.executable, WORKLOADS, "make", name, folder, str(CHECKPOINTS)], check=True)
        reference, ours = [], []
        for _ in range(args.runs):
            wanted = run([sys.executable, WORKLOADS, "evaluate", name, folder, str(args.threads)])
            found = run([args.program, folder, str(args.threads)])
            check_same(name, found["metrics"], wanted["metrics"])
            reference.append(figures(wanted))
            ours.append(figures(found))
        table(name, reference, ours)


if __name__ == "__main__":
    main()
