"""Writes workload W1: an MLP 784-128-10, 10,000 samples, and checkpoints of a custom loop.

    python make_workload.py DIR CHECKPOINTS
"""

import os
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

keras = tf.keras


def build():
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="eval_metrics")],
    )
    return model


def main(directory, checkpoints):
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    x = random.random((10000, 28, 28), dtype=np.float32)
    y = random.integers(0, 10, 10000)
    os.makedirs(directory, exist_ok=True)
    np.savez(os.path.join(directory, "data.npz"), x=x, y=y)
    model = build()
    model.save(os.path.join(directory, "model.keras"))
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    manager = tf.train.CheckpointManager(checkpoint, os.path.join(directory, "ckpts"), max_to_keep=None)
    for i in range(checkpoints):
        model.fit(x[i * 128 : (i + 1) * 128], y[i * 128 : (i + 1) * 128], verbose=0)
        manager.save()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
