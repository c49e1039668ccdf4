"""Models that sidecar reads as SavedModels, and their reference: real Keras restoring and evaluating the same.

    python saved_model_workloads.py make NAME DIR CHECKPOINTS
    python saved_model_workloads.py evaluate NAME DIR THREADS

NAME is resnet50 (Keras 2's application, random weights) or custom (a subclassed model with attention, layers of its
own and a loop). `make` writes model/, compile.json, data.npz, ckpts/. `evaluate` prints a JSON line: "import" (the
seconds until the model and its first graph are there), "checkpoints" (the seconds for each to be restored and
evaluated), "metrics", "peak_mb".
"""

import json
import os
import sys
import time

START = time.perf_counter()
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

keras = tf.keras
LOSS, METRICS, BATCH = "sparse_categorical_crossentropy", ["accuracy"], 16


class Mixer(keras.layers.Layer):
    """Attention, a gated recurrence written by hand, and a weight of its own."""

    def __init__(self, width):
        super().__init__()
        self.attention = keras.layers.MultiHeadAttention(4, width // 4)
        self.norm = keras.layers.LayerNormalization()
        self.gate, self.update = keras.layers.Dense(width, "sigmoid"), keras.layers.Dense(width, "tanh")

    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(shape[-1],), initializer="ones")
        super().build(shape)

    def call(self, x):
        x = self.norm(x + self.attention(x, x))
        state = tf.zeros_like(x[:, 0])
        for step in range(8):
            gate = self.gate(state + x[:, step])
            state = gate * state + (1.0 - gate) * self.update(x[:, step])
        return x + self.gain * state[:, None]


class Custom(keras.Model):
    def __init__(self):
        super().__init__(name="custom")
        self.embed = keras.layers.Dense(64)
        self.mixers = [Mixer(64) for _ in range(4)]
        self.out = keras.layers.Dense(10, "softmax")

    def call(self, x):
        x = self.embed(x)
        for mixer in self.mixers:
            x = mixer(x)
        return self.out(tf.reduce_mean(x, axis=1))


def build(name):
    keras.utils.set_random_seed(1)
    if name == "resnet50":
        model = keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3), classes=10)
    else:
        model = Custom()
        model(keras.Input((16, 32), name="x"))
    model.compile(keras.optimizers.SGD(1e-3), LOSS, metrics=METRICS)
    return model


def make(name, directory, checkpoints):
    random = np.random.default_rng(1)
    shape = (64, 64, 3) if name == "resnet50" else (16, 32)
    samples = 72 if name == "resnet50" else 1000
    x = random.normal(size=(samples, *shape)).astype("float32")
    y = random.integers(0, 10, samples)
    os.makedirs(directory, exist_ok=True)
    np.savez(os.path.join(directory, "data.npz"), x=x, y=y)
    with open(os.path.join(directory, "compile.json"), "w") as out:
        json.dump({"loss": LOSS, "metrics": METRICS}, out)
    model = build(name)
    tf.saved_model.save(model, os.path.join(directory, "model"))
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(model=model), os.path.join(directory, "ckpts"), None)
    for _ in range(checkpoints):
        model.fit(x[:32], y[:32], batch_size=BATCH, verbose=0)
        manager.save()


def evaluate(name, directory, threads):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    model = build(name)
    with np.load(os.path.join(directory, "data.npz")) as arrays:
        data = tf.data.Dataset.from_tensor_slices((arrays["x"], arrays["y"])).batch(BATCH)
    figures = {"import": time.perf_counter() - START, "checkpoints": [], "metrics": []}
    checkpoint = tf.train.Checkpoint(model=model)
    state = tf.train.get_checkpoint_state(os.path.join(directory, "ckpts"))
    for prefix in state.all_model_checkpoint_paths:
        begin = time.perf_counter()
        checkpoint.restore(prefix).expect_partial()
        logs = model.evaluate(data, verbose=0, return_dict=True)
        figures["checkpoints"].append(time.perf_counter() - begin)
        figures["metrics"].append({key: float(value) for key, value in logs.items()})
    with open("/proc/self/status") as status:
        figures["peak_mb"] = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    print(json.dumps(figures))


if __name__ == "__main__":
    {"make": make, "evaluate": evaluate}[sys.argv[1]](sys.argv[2], sys.argv[3], int(sys.argv[4]))
