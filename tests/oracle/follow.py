"""`sidecar run` beside the real SidecarEvaluator, on the same directory."""

import json
import pathlib
import queue
import subprocess
import threading

import numpy as np
import tensorflow as tf
import tf_keras

import events
import models

BATCH = 16
CHECKPOINTS = 3
TIMEOUT = 120


class Reference:
    """tf_keras's SidecarEvaluator in a thread; its results arrive in a queue."""

    def __init__(self, folder):
        self.results = queue.Queue()
        model = tf_keras.models.load_model(folder / "model.keras")
        with np.load(folder / "val.npz") as data:
            dataset = tf.data.Dataset.from_tensor_slices((data["x"], data["y"])).batch(BATCH)
        collect = tf_keras.callbacks.LambdaCallback()
        collect.on_test_end = lambda logs: self.results.put(
            {"step": int(model.optimizer.iterations.numpy()), "metrics": dict(logs)}
        )
        evaluator = tf_keras.utils.SidecarEvaluator(
            model,
            data=dataset,
            checkpoint_dir=str(folder / "ckpts"),
            max_evaluations=CHECKPOINTS,
            callbacks=[collect, tf_keras.callbacks.TensorBoard(str(folder / "reference_logs"))],
        )
        self.thread = threading.Thread(target=evaluator.start, daemon=True)
        self.thread.start()

    def next(self):
        return self.results.get(timeout=TIMEOUT)


class Program:
    """A running `sidecar run`; its JSON lines arrive in a queue."""

    def __init__(self, program, folder):
        arguments = [
            program, "run", "--model", folder / "model.keras", "--data", folder / "val.npz",
            "--checkpoint-dir", folder / "ckpts", "--max-evaluations", CHECKPOINTS,
            "--batch-size", BATCH, "--log-dir", folder / "program_logs",
            "--timeout", TIMEOUT, "--json",
        ]  # fmt: skip
        self.errors = open(folder / "program.stderr", "w+")
        self.process = subprocess.Popen(
            [str(item) for item in arguments], stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.lines = queue.Queue()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def next(self):
        line = self.lines.get(timeout=TIMEOUT)
        if line is None:
            self.errors.seek(0)
            raise RuntimeError(f"the program ended: {self.errors.read().strip()}")
        return line

    def close(self):
        """The exit code; stops the process if it still runs."""
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            return self.process.wait()
        finally:
            self.errors.close()


def prepare(work, name):
    folder = work / f"follow_{name}"
    folder.mkdir(parents=True)
    case = models.build(2, "classifier")
    case.model.save(folder / "model.keras")
    np.savez(folder / "val.npz", **case.members())
    return folder, case


def compare(report, program, folder, name, save):
    """Publishes a checkpoint, waits for both evaluators, publishes the next."""
    running = Program(program, folder)  # before the directory exists
    try:
        reference = Reference(folder)
        for number in range(1, CHECKPOINTS + 1):
            save(number)
            want, got = reference.next(), running.next()
            what = f"{name} ckpt-{number}"
            report.metrics(what, got["metrics"], want["metrics"])
            report.equal(f"{what}: step", got["step"], want["step"])
            report.equal(f"{what}: number", got["number"], number)
            base = pathlib.PurePath(got["checkpoint"]).name
            report.equal(f"{what}: checkpoint", base, f"ckpt-{number}")
        report.equal(f"{name}: exit code", running.close(), 0)
    finally:
        if running.process.poll() is None:
            running.process.terminate()
            running.process.wait()
    reference.thread.join(timeout=20)
    report.check(f"{name}: the reference stopped too", not reference.thread.is_alive())
    events.compare(report, name, folder / "program_logs", folder / "reference_logs")


def custom_loop(report, program, work):
    """Checkpoint(model=, optimizer=) with CheckpointManager."""
    folder, case = prepare(work, "custom_loop")
    checkpoint = tf.train.Checkpoint(model=case.model, optimizer=case.model.optimizer)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "ckpts"), max_to_keep=2)

    def save(number):
        case.train()
        manager.save()

    compare(report, program, folder, "custom_loop", save)


def model_fit(report, program, work):
    """What ModelCheckpoint(save_weights_only=True) calls: the root is the model."""
    folder, case = prepare(work, "model_fit")

    def save(number):
        case.train()
        case.model.save_weights(str(folder / "ckpts" / f"ckpt-{number}"))

    compare(report, program, folder, "model_fit", save)
