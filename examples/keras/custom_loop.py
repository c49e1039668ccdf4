"""Trains a small MLP with a custom loop and saves checkpoints with CheckpointManager.

    python custom_loop.py OUT

writes OUT/model.keras (the compiled model), OUT/val.npz (validation data) and
then, while it trains, OUT/ckpts/ckpt-1 ... ckpt-8. Beside it, in another
terminal, as soon as the model file is there:

    sidecar run --model OUT/model.keras --data OUT/val.npz \\
        --checkpoint-dir OUT/ckpts --max-evaluations 8 --log-dir OUT/logs

The names `model` and `optimizer` given to tf.train.Checkpoint matter: the
evaluator takes the weights from the first and the step from the second.
"""

import argparse
import os
import time

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf.keras is Keras 2

import numpy as np
import tensorflow as tf

import digits

keras = tf.keras


def build_model():
    model = keras.Sequential(
        [
            keras.Input((64,), name="pixels"),
            keras.layers.Dense(48, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ],
        name="digits_mlp",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="eval_metrics")],
    )
    return model


def train(model, dataset, manager, epochs, pause):
    loss_fn = keras.losses.SparseCategoricalCrossentropy()

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    for epoch in range(1, epochs + 1):
        for x, y in dataset:
            loss = step(x, y)
        print(f"epoch {epoch}: loss {loss:.4f}, saved {manager.save()}", flush=True)
        time.sleep(pause)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", metavar="OUT")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--keep", type=int, default=None, help="max_to_keep")
    parser.add_argument("--pause", type=float, default=0, help="seconds between epochs")
    args = parser.parse_args()

    keras.utils.set_random_seed(1)
    (x, y), (x_val, y_val) = digits.load((64,))
    model = build_model()
    os.makedirs(args.out, exist_ok=True)
    model.save(os.path.join(args.out, "model.keras"))
    np.savez(os.path.join(args.out, "val.npz"), x=x_val, y=y_val)

    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    manager = tf.train.CheckpointManager(
        checkpoint, os.path.join(args.out, "ckpts"), max_to_keep=args.keep
    )
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1400, seed=1).batch(64)
    train(model, dataset, manager, args.epochs, args.pause)


if __name__ == "__main__":
    main()
