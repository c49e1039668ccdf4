"""The workloads of side_by_side.py: models with random weights, data, and checkpoints of a custom loop.

    python workloads.py NAME DIR

Writes model.keras, data.npz and ckpts/ into DIR. Sizes are such that a run of a few pairs takes minutes.
"""

import dataclasses
import os
import sys
from typing import Callable

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


@dataclasses.dataclass(frozen=True)
class Workload:
    what: str
    batch: int
    samples: int
    checkpoints: int
    build: Callable  # of (keras) -> (model, loss, metrics)
    data: Callable  # of (random, samples) -> (x, y)
    loss_tolerance: float = 1e-5  # relative
    pairs: int = 3


def build_mlp(keras):
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((28, 28)), layers.Flatten(), layers.Dense(128, "relu"), layers.Dense(10, "softmax")]
    )
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="eval_metrics")]
    return model, keras.losses.SparseCategoricalCrossentropy(), metrics


def image_model(application):
    def build(keras):
        model = getattr(keras.applications, application)(weights=None, input_shape=(224, 224, 3), classes=1000)
        top = [keras.metrics.SparseTopKCategoricalAccuracy(k, name=f"top_{k}") for k in (1, 5)]
        return model, keras.losses.SparseCategoricalCrossentropy(), top

    return build


def build_lstm(keras):
    layers, metrics = keras.layers, keras.metrics
    model = keras.Sequential(
        [keras.Input((200,), dtype="int32"), layers.Embedding(20000, 128), layers.LSTM(128), layers.Dense(1, "sigmoid")]
    )
    return model, keras.losses.BinaryCrossentropy(), [metrics.AUC(), metrics.Precision(), metrics.Recall()]


def build_encoder(keras, blocks=4, width=768, heads=12):
    """Blocks of BERT-base's size, a third as many; positions are left out."""
    layers = keras.layers
    tokens = keras.Input((128,), dtype="int32")
    x = layers.LayerNormalization()(layers.Embedding(30522, width)(tokens))
    for _ in range(blocks):
        x = layers.LayerNormalization()(x + layers.MultiHeadAttention(heads, width // heads)(x, x))
        hidden = layers.Dense(4 * width, "gelu")(x)
        x = layers.LayerNormalization()(x + layers.Dense(width)(hidden))
    out = layers.Dense(10, "softmax")(layers.GlobalAveragePooling1D()(x))
    return keras.Model(tokens, out), keras.losses.SparseCategoricalCrossentropy(), ["accuracy"]


def build_multi_label(keras, labels=100):
    """50 metrics."""
    m = keras.metrics
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(labels, "sigmoid")])
    metrics = []
    for curve in ("ROC", "PR"):
        for how in ("interpolation", "minoring", "majoring"):
            metrics.append(m.AUC(curve=curve, summation_method=how, name=f"{curve}_{how}"))
            metrics.append(m.AUC(curve=curve, summation_method=how, multi_label=True, name=f"{curve}_{how}_by_label"))
        metrics.append(m.AUC(100, curve=curve, multi_label=True, name=f"{curve}_100_by_label"))
    for i in range(10):
        metrics.append(m.PrecisionAtRecall(0.05 + 0.1 * i, name=f"precision_at_{i}"))
        metrics.append(m.RecallAtPrecision(0.05 + 0.1 * i, name=f"recall_at_{i}"))
    metrics += [m.F1Score(how, 0.5, name=f"f1_{how}") for how in ("micro", "macro", "weighted")]
    metrics += [m.FBetaScore("macro", 2.0, 0.5, name="f2")]
    metrics += [m.BinaryIoU(threshold=0.5, name="iou_5"), m.BinaryIoU(threshold=0.3, name="iou_3"), m.MeanIoU(2)]
    metrics += [m.TopKCategoricalAccuracy(k, name=f"top_{k}") for k in (1, 5, 10)]
    metrics += [m.Precision(), m.Recall(), m.Precision(top_k=5, name="precision_top"), m.Recall(top_k=5, name="recall_top")]
    metrics += [m.BinaryAccuracy(), m.TruePositives()]
    assert len(metrics) == 50
    return model, keras.losses.BinaryCrossentropy(), metrics


def images(shape, classes):
    return lambda random, n: (random.random((n, *shape), dtype="float32"), random.integers(0, classes, n))


def tokens(words, length, classes):
    return lambda random, n: (random.integers(0, words, (n, length), "int32"), random.integers(0, classes, n))


def multi_label(random, n):
    x = random.normal(size=(n, 64)).astype("float32")
    noise = random.normal(size=(n, 100))
    return x, (x @ random.normal(size=(64, 100)) / 8 + noise > 1).astype("float32")


WORKLOADS = {
    "W1": Workload("MLP 784-128-10", 128, 10000, 6, build_mlp, images((28, 28), 10), pairs=7),
    "W2": Workload("ResNet50", 32, 512, 3, image_model("ResNet50"), images((224, 224, 3), 1000), 1e-4),
    "W3": Workload("MobileNetV2", 64, 512, 3, image_model("MobileNetV2"), images((224, 224, 3), 1000), 1e-4),
    "W4": Workload("LSTM 128 over 200 words", 64, 5000, 3, build_lstm, tokens(20000, 200, 2)),
    "W5": Workload("encoder of 4 blocks of 768", 8, 128, 3, build_encoder, tokens(30522, 128, 10)),
    "W7": Workload("100 labels, 50 metrics", 256, 100000, 3, build_multi_label, multi_label),
    "W7-loss": Workload("W7's model without metrics", 256, 100000, 3, lambda k: (*build_multi_label(k)[:2], []), multi_label),
}


def main(name, directory):
    import numpy as np
    import tensorflow as tf

    keras = tf.keras
    workload = WORKLOADS[name]
    keras.utils.set_random_seed(1)
    x, y = workload.data(np.random.default_rng(1), workload.samples)
    os.makedirs(directory, exist_ok=True)
    np.savez(os.path.join(directory, "data.npz"), x=x, y=y)
    model, loss, metrics = workload.build(keras)
    model.compile(keras.optimizers.SGD(0.01), loss, metrics=metrics)
    model.save(os.path.join(directory, "model.keras"))
    model.compile(keras.optimizers.SGD(0.01), loss)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    manager = tf.train.CheckpointManager(checkpoint, os.path.join(directory, "ckpts"), max_to_keep=None)
    for i in range(workload.checkpoints):
        rows = slice(i * 8, i * 8 + 8)
        model.fit(x[rows], y[rows], verbose=0)
        manager.save()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
