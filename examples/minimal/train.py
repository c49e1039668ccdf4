"""The training job that minimal.cc follows: the same data, the same model, in Keras 2.

    python train.py CHECKPOINT_DIR [EPOCHS]

Prints what model.evaluate() gives after each epoch, for comparison.
"""

import os
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf.keras is Keras 2

import numpy as np
import tensorflow as tf

keras = tf.keras


def main(checkpoint_dir, epochs=3):
    keras.utils.set_random_seed(7)
    i, j = np.arange(1000)[:, None], np.arange(4)[None, :]
    x = ((i * (2 * j + 3)) % 17 / 16).astype("float32")
    total = x.sum(axis=1)
    y = np.where(total < 1.5, 0, np.where(total < 2.5, 1, 2))

    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="eval_metrics")],
    )
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    manager = tf.train.CheckpointManager(checkpoint, checkpoint_dir, max_to_keep=None)
    for _ in range(epochs):
        model.fit(x, y, batch_size=32, verbose=0)
        manager.save()
        print(model.evaluate(x, y, batch_size=32, verbose=0, return_dict=True), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
