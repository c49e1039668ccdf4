"""The grid of losses and metrics. Shapes are without the batch dimension."""

import dataclasses

import numpy as np

SAMPLES, BATCH = 11, 4  # batches of 4, 4 and 3


@dataclasses.dataclass
class Case:
    name: str
    outputs: list  # (name, shape, activation) per output; the inputs are the predictions
    x: object
    y: object
    compile: dict
    sample_weight: object = None
    batch_size: int = BATCH
    given: dict | None = None  # the compile config as a user writes it, where Keras's own would lose something


class Data:
    """Predictions and labels of one kind, with every value clear of ties."""

    def __init__(self, seed=3):
        self.random = np.random.default_rng(seed)

    def logits(self, *shape):
        """Distinct values, at least 0.02 apart and 0.01 from 0 and 0.5."""
        count = SAMPLES * int(np.prod(shape))
        grid = (np.arange(count) - count // 2) * (6.0 / count) + 0.013
        return self.random.permutation(grid).reshape(SAMPLES, *shape).astype("float32")

    def probabilities(self, *shape):
        count = SAMPLES * int(np.prod(shape))
        grid = (np.arange(count) + 0.37) / (count + 1)
        return self.random.permutation(grid).reshape(SAMPLES, *shape).astype("float32")

    def simplex(self, *shape):
        value = np.exp(self.logits(*shape))
        return (value / value.sum(-1, keepdims=True)).astype("float32")

    def classes(self, count, *shape, dtype="int64"):
        return self.random.integers(0, count, (SAMPLES, *shape)).astype(dtype)

    def one_hot(self, count, *shape):
        return np.eye(count, dtype="float32")[self.classes(count, *shape)]

    def binary(self, *shape, dtype="float32"):
        return self.classes(2, *shape).astype(dtype)

    def targets(self, *shape):
        return self.random.normal(size=(SAMPLES, *shape)).astype("float32")

    def weights(self, *shape):
        return self.random.uniform(0.1, 2.0, (SAMPLES, *shape)).astype("float32")


def one(name, activation, x, y, sample_weight=None, batch_size=BATCH, given=None, **compile_config):
    output = ("out", x.shape[1:], activation)
    return Case(name, [output], x, y, compile_config, sample_weight, batch_size, given)


def crossentropy_losses(k, generation):
    """Each form of each crossentropy, behind each kind of output."""
    d = Data()
    kinds = {
        "sparse_categorical_crossentropy": (k.losses.SparseCategoricalCrossentropy, d.classes(5), 5),
        "categorical_crossentropy": (k.losses.CategoricalCrossentropy, d.one_hot(5), 5),
        "binary_crossentropy": (k.losses.BinaryCrossentropy, d.binary(5), 5),
    }
    metric = {"sparse_categorical_crossentropy": k.metrics.SparseCategoricalCrossentropy,
              "categorical_crossentropy": k.metrics.CategoricalCrossentropy,
              "binary_crossentropy": k.metrics.BinaryCrossentropy}  # fmt: skip
    behind = {"softmax": "softmax", "sigmoid": "sigmoid", "softmax_layer": "Softmax",
              "dense_softmax": "dense:softmax", "dense_sigmoid": "dense:sigmoid"}  # fmt: skip
    for string, (loss, y, size) in kinds.items():
        short = "".join(part[0] for part in string.split("_"))
        for tag, activation in behind.items():
            x = d.logits(size)
            yield one(f"{short}_string_{tag}", activation, x, y, loss=string, metrics=[string])
            yield one(f"{short}_class_{tag}", activation, x, y, loss=loss(), metrics=[metric[string](name="m")])
            yield one(f"{short}_from_logits_{tag}", activation, x, y, loss=loss(from_logits=True),
                      metrics=[metric[string](name="m", from_logits=True)])  # fmt: skip
        p = d.simplex(size) if string != "binary_crossentropy" else d.probabilities(size)
        yield one(f"{short}_probabilities", "linear", p, y, loss=loss(), metrics=[metric[string](name="m"), string])
        yield one(f"{short}_not_normalised", "linear", d.probabilities(size), y, loss=loss(), metrics=[string])
        yield one(f"{short}_logits", "linear", d.logits(size), y, loss=loss(from_logits=True),
                  metrics=[metric[string](name="m", from_logits=True)])  # fmt: skip
        yield one(f"{short}_function", "linear", p, y, loss=getattr(k.losses, string), metrics=[getattr(k.metrics, string)])
        edge = np.where(d.probabilities(size) < 0.4, 0.0, np.where(d.probabilities(size) < 0.5, 1.0, p)).astype("float32")
        edge[:, 0] = 0.25
        yield one(f"{short}_zeros_and_ones", "linear", edge, y, loss=loss(), metrics=[metric[string](name="m")])
        if short != "scc":
            for smoothing in (0.1, 0.5):
                tag = f"{short}_smoothing_{int(smoothing * 10)}"
                arguments = {"label_smoothing": smoothing}
                yield one(f"{tag}_linear", "linear", p, y, loss=loss(**arguments), metrics=[metric[string](name="m", **arguments)])
                yield one(f"{tag}_softmax", "softmax", d.logits(size), y, loss=loss(**arguments), metrics=[metric[string](name="m", **arguments)])
    yield from ignore_class(k, d)


def ignore_class(k, d):
    for ignored in (0, -1, 2):
        y = d.classes(4)
        if ignored == -1:
            y[::3] = -1
        tag = f"scc_ignore_{str(ignored).replace('-', 'm')}"
        for kind, activation, x in (("softmax", "softmax", d.logits(4)), ("linear", "linear", d.simplex(4)),
                                    ("logits", "linear", d.logits(4))):  # fmt: skip
            arguments = {"ignore_class": ignored, "from_logits": kind == "logits"}
            yield one(f"{tag}_{kind}", activation, x, y,
                      loss=k.losses.SparseCategoricalCrossentropy(**arguments),
                      metrics=[k.metrics.SparseCategoricalCrossentropy(name="m", **arguments)])  # fmt: skip
    y, weights = d.classes(4), d.weights()
    yield one("scc_ignore_weighted", "softmax", d.logits(4), y, weights,
              loss=k.losses.SparseCategoricalCrossentropy(ignore_class=1),
              weighted_metrics=[k.metrics.SparseCategoricalCrossentropy(name="m", ignore_class=1)])  # fmt: skip
    segments = d.classes(3, 4, 4)
    yield one("scc_ignore_image", "softmax", d.logits(4, 4, 3), segments,
              loss=k.losses.SparseCategoricalCrossentropy(ignore_class=2), metrics=["accuracy"])  # fmt: skip


def regression_losses(k, generation):
    d = Data(4)
    x, y = d.logits(3), d.targets(3)
    forms = {"mse": k.losses.MeanSquaredError, "mae": k.losses.MeanAbsoluteError, "huber": k.losses.Huber}
    strings = {"mse": ["mse", "MSE", "mean_squared_error", "MeanSquaredError"],
               "mae": ["mae", "MAE", "mean_absolute_error", "MeanAbsoluteError"],
               "huber": ["huber", "Huber"]}  # fmt: skip
    for tag, loss in forms.items():
        for string in strings[tag]:
            metrics = [string] if tag != "huber" else [k.losses.Huber(name="h")]
            yield one(f"{tag}_as_{string}", "linear", x, y, loss=string, metrics=metrics)
        yield one(f"{tag}_class", "linear", x, y, loss=loss(), metrics=[loss(name="loss_as_metric")])
        for reduction in ("sum", "none", "sum_over_batch_size"):
            yield one(f"{tag}_{reduction}", "linear", x, y, loss=loss(reduction=reduction), metrics=["mse"])
        yield one(f"{tag}_sum_weighted", "linear", x, y, d.weights(), loss=loss(reduction="sum"), weighted_metrics=["mse"])
        if generation == 3:
            for reduction in ("mean", "mean_with_sample_weight"):
                yield one(f"{tag}_{reduction}", "linear", x, y, d.weights(), loss=loss(reduction=reduction), weighted_metrics=[])
    yield one("mse_metric_classes", "linear", x, y, loss="mse",
              metrics=[k.metrics.MeanSquaredError(name="a"), k.metrics.MeanAbsoluteError(name="b"),
                       k.metrics.MeanSquaredError(), "mae", k.metrics.mean_absolute_error])  # fmt: skip
    yield one("huber_delta", "linear", x, y, loss=k.losses.Huber(delta=0.4))
    yield one("mse_vector_target", "linear", d.logits(1), d.targets(), loss="mse", metrics=["mae"])
    yield one("mse_column_target", "linear", d.logits(1), d.targets(1), loss="mse", metrics=["mae"])
    yield one("mse_int_target", "linear", d.logits(1), d.classes(4, 1), loss="mse", metrics=["mae"])
    yield one("mse_uint8_target", "linear", d.logits(1), d.classes(4, 1, dtype="uint8"), loss="mse", metrics=["mae"])
    yield one("mse_float64_target", "linear", d.logits(1), d.targets(1).astype("float64"), loss="mse", metrics=["mae"])
    yield one("mse_rank3", "linear", d.logits(4, 3), d.targets(4, 3), loss="mse", metrics=["mae"])
    yield one("mse_sequence_flat_target", "linear", d.logits(4, 1), d.targets(4), loss="mse", metrics=["mae"])


def accuracies(k, generation):
    d = Data(5)
    m = k.metrics
    sparse, hot = d.classes(7), d.one_hot(7)
    yield one("accuracy_exact", "linear", d.classes(3, 2).astype("float32"), d.classes(3, 2).astype("float32"), loss="mse", metrics=[m.Accuracy()])
    for string in ("accuracy", "acc", "Accuracy"):
        if string == "Accuracy" and generation == 3:
            continue  # the class: exact equality
        yield one(f"{string}_sparse", "softmax", d.logits(7), sparse, loss="sparse_categorical_crossentropy", metrics=[string])
        yield one(f"{string}_sparse_column", "softmax", d.logits(7), sparse[:, None], loss="sparse_categorical_crossentropy", metrics=[string])
        yield one(f"{string}_categorical", "softmax", d.logits(7), hot, loss="categorical_crossentropy", metrics=[string])
        yield one(f"{string}_binary", "sigmoid", d.logits(1), d.binary(1), loss="binary_crossentropy", metrics=[string])
        yield one(f"{string}_binary_vector", "sigmoid", d.logits(1), d.binary(), loss="binary_crossentropy", metrics=[string])
        yield one(f"{string}_sequence", "softmax", d.logits(4, 5), d.classes(5, 4), loss="sparse_categorical_crossentropy", metrics=[string])
    yield one("accuracy_multi_label", "sigmoid", d.logits(4), d.binary(4), loss="binary_crossentropy", metrics=["accuracy", "binary_accuracy"])
    if generation == 2:
        for string in ("crossentropy", "ce"):
            yield one(f"{string}_sparse", "softmax", d.logits(7), sparse, loss="sparse_categorical_crossentropy", metrics=[string])
            yield one(f"{string}_categorical", "softmax", d.logits(7), hot, loss="categorical_crossentropy", metrics=[string])
            yield one(f"{string}_binary", "sigmoid", d.logits(1), d.binary(1), loss="binary_crossentropy", metrics=[string])
    else:
        for string in ("crossentropy", "ce"):
            yield one(f"loss_{string}_sparse", "softmax", d.logits(7), sparse, loss=string)
            yield one(f"loss_{string}_categorical", "softmax", d.logits(7), hot, loss=string)
            yield one(f"loss_{string}_binary", "sigmoid", d.logits(1), d.binary(1), loss=string)
    for threshold in (0.5, 0.3, 0.0):
        activation, x = ("linear", d.logits(3)) if threshold == 0 else ("sigmoid", d.logits(3))
        yield one(f"binary_accuracy_{int(threshold * 10)}", activation, x, d.binary(3), loss="mse", metrics=[m.BinaryAccuracy(threshold=threshold)])
    for dtype in ("int32", "uint8", "bool", "float32", "float64"):
        yield one(f"labels_{dtype}_binary", "sigmoid", d.logits(2), d.binary(2, dtype=dtype), loss="binary_crossentropy", metrics=["accuracy"])
    for dtype in ("int32", "uint8", "float32", "int8"):
        yield one(f"labels_{dtype}_sparse", "softmax", d.logits(7), sparse.astype(dtype), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    yield one("soft_labels", "softmax", d.logits(4), d.simplex(4), loss="categorical_crossentropy", metrics=["categorical_accuracy"])
    for top in (1, 2, 5):
        yield one(f"top_{top}", "softmax", d.logits(7), hot, loss="categorical_crossentropy", metrics=[m.TopKCategoricalAccuracy(k=top)])
        yield one(f"sparse_top_{top}", "softmax", d.logits(7), sparse, loss="sparse_categorical_crossentropy", metrics=[m.SparseTopKCategoricalAccuracy(k=top)])
    yield one("top_strings", "linear", d.simplex(7), hot, loss="categorical_crossentropy", metrics=["top_k_categorical_accuracy", "CategoricalAccuracy"])
    yield one("sparse_top_strings", "linear", d.simplex(7), sparse, loss="sparse_categorical_crossentropy", metrics=["sparse_top_k_categorical_accuracy", "sparse_categorical_accuracy"])
    yield one("sparse_top_column", "linear", d.simplex(7), sparse[:, None], loss="sparse_categorical_crossentropy", metrics=[m.SparseTopKCategoricalAccuracy(k=3), m.SparseCategoricalAccuracy()])
    yield one("sparse_top_sequence", "softmax", d.logits(4, 7), d.classes(7, 4), loss="sparse_categorical_crossentropy", metrics=[m.SparseTopKCategoricalAccuracy(k=3)])
    yield one("top_sequence", "softmax", d.logits(4, 7), d.one_hot(7, 4), loss="categorical_crossentropy", metrics=[m.TopKCategoricalAccuracy(k=3), "accuracy"])
    yield one("sparse_top_equal_values", "linear", np.full((SAMPLES, 7), 1 / 7, "float32"), sparse, loss="sparse_categorical_crossentropy", metrics=[m.SparseTopKCategoricalAccuracy(k=2)])
