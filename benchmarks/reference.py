"""The real SidecarEvaluator on a workload, as its documentation shows it.

    python reference.py WORKLOAD CHECKPOINT_DIR LOG_DIR MAX_EVALUATIONS THREADS BATCH_SIZE

Prints "found" when it has noticed a checkpoint, a JSON line after each evaluation, and its peak memory at the end.
"""

import json
import os
import sys
import time

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

keras = tf.keras


class Report(keras.callbacks.Callback):
    def on_test_begin(self, logs=None):
        self.start = time.perf_counter()

    def on_test_end(self, logs=None):
        seconds = time.perf_counter() - self.start
        metrics = {name: float(value) for name, value in logs.items()}
        print(json.dumps({"metrics": metrics, "seconds": seconds}), flush=True)


def announce_findings():
    """Prints when the evaluator has noticed a checkpoint: before it restores the weights."""
    find = tf.train.checkpoints_iterator

    def announcing(*args, **kwargs):
        for path in find(*args, **kwargs):
            print("found", flush=True)
            yield path

    tf.train.checkpoints_iterator = announcing


def main(workload, checkpoint_dir, log_dir, max_evaluations, threads, batch_size):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    announce_findings()
    model = keras.models.load_model(os.path.join(workload, "model.keras"))
    with np.load(os.path.join(workload, "data.npz")) as arrays:
        data = tf.data.Dataset.from_tensor_slices((arrays["x"], arrays["y"])).batch(batch_size)
    keras.utils.SidecarEvaluator(
        model,
        data,
        checkpoint_dir,
        max_evaluations=max_evaluations,
        callbacks=[keras.callbacks.TensorBoard(log_dir), Report()],
    ).start()
    with open("/proc/self/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    print(json.dumps({"peak_kb": int(peak.split()[1])}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:]))
