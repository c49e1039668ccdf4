"""Trains a small CNN with Model.fit and saves checkpoints with ModelCheckpoint.

    python model_fit.py OUT

writes OUT/model.keras (the compiled model), OUT/val.npz (validation data) and
then, while it trains, OUT/ckpts/ckpt-1 ... ckpt-8. Beside it, in another
terminal, as soon as the model file is there:

    sidecar run --model OUT/model.keras --data OUT/val.npz \\
        --checkpoint-dir OUT/ckpts --max-evaluations 8 --log-dir OUT/logs

The file name must end in `-{epoch}`, without an extension: this makes
ModelCheckpoint write TensorFlow checkpoints and the `checkpoint` state file.
"""

import argparse
import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # tf.keras is Keras 2

import numpy as np
import tensorflow as tf

import digits

keras = tf.keras


def build_model():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Conv2D(12, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits_cnn",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="eval_metrics")],
    )
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", metavar="OUT")
    parser.add_argument("--epochs", type=int, default=8)
    args = parser.parse_args()

    keras.utils.set_random_seed(2)
    (x, y), (x_val, y_val) = digits.load((8, 8, 1))
    model = build_model()
    os.makedirs(args.out, exist_ok=True)
    model.save(os.path.join(args.out, "model.keras"))
    np.savez(os.path.join(args.out, "val.npz"), x=x_val, y=y_val)

    save = keras.callbacks.ModelCheckpoint(
        os.path.join(args.out, "ckpts", "ckpt-{epoch}"), save_weights_only=True
    )
    model.fit(x, y, batch_size=64, epochs=args.epochs, callbacks=[save], verbose=2)


if __name__ == "__main__":
    main()
