"""Comparison helpers, and `sidecar evaluate` against model.evaluate."""

import json
import math
import subprocess
import traceback

import numpy as np
import tensorflow as tf

import models

TOLERANCE = 1e-5
TIMEOUT = 120


class Report:
    """Counts checks and prints a line for each."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, ok, detail=""):
        self.passed += bool(ok)
        self.failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {what}{'' if ok or not detail else ': ' + detail}", flush=True)

    def equal(self, what, got, want):
        self.check(what, got == want, f"got {got!r}, want {want!r}")

    def metrics(self, what, got, want):
        """Same names in the same order, values within the tolerance."""
        self.equal(f"{what}: names", list(got), list(want))
        for name in want:
            value = number(got.get(name))
            self.check(f"{what}: {name}", close(value, want[name]), f"got {value}, want {want[name]}")

    def run(self, function, *args):
        """An exception in one group of checks does not hide the others."""
        name = f"{function.__name__} {' '.join(str(arg) for arg in args[2:])}".strip()
        print(f"-- {name}", flush=True)
        try:
            function(self, *args)
        except Exception as error:
            traceback.print_exc()
            self.check(name, False, f"{type(error).__name__}: {error}")


def number(value):
    return float(value) if value is not None else math.nan


def close(got, want):
    if math.isnan(want):
        return math.isnan(got)
    return got == want or abs(got - want) <= TOLERANCE * max(abs(want), 1e-3)


def run_json(program, *arguments):
    """Runs the program to its end; returns the JSON lines of standard output."""
    done = subprocess.run(
        [program, *map(str, arguments), "--json"], capture_output=True, text=True, timeout=TIMEOUT
    )
    if done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def evaluate(report, program, work, generation, name):
    """Each checkpoint of a live training, evaluated by both."""
    folder = work / f"evaluate_k{generation}_{name}"
    folder.mkdir(parents=True)
    case = models.build(generation, name)
    case.model.save(folder / "model.keras")
    np.savez(folder / "val.npz", **case.members())
    checkpoint = tf.train.Checkpoint(model=case.model, optimizer=case.model.optimizer)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "ckpts"), max_to_keep=None)
    for index in (1, 2):
        case.train()
        prefix = manager.save()
        want = case.evaluate(batch_size=16)
        (line,) = run_json(
            program, "evaluate", "--model", folder / "model.keras", "--data", folder / "val.npz",
            "--checkpoint", prefix, "--batch-size", 16,
        )  # fmt: skip
        what = f"keras {generation} {name} ckpt-{index}"
        report.metrics(what, line["metrics"], want)
        report.equal(f"{what}: number", line["number"], index)
        report.equal(f"{what}: step", line["step"], case.step())
        report.equal(f"{what}: batches", line["batches"], -(-models.SAMPLES // 16))
        report.equal(f"{what}: examples", line["examples"], models.SAMPLES)
        keys = ["checkpoint", "number", "step", "metrics", "batches", "examples", "seconds"]
        report.equal(f"{what}: keys", list(line), keys)
