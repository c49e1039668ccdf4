"""Metrics of counts: cells, precision and recall, ...At... metrics, areas under curves."""

import numpy as np

from .metric_cases import Data, one

EVEN = [i / 10 for i in range(11)]
UNEVEN = [0.9, 0.1, 0.45, 0.45, 0.0, 1.0]
MANY = [((7 * i) % 23 + 0.5) / 23 for i in range(23)]


def each(name, d, metrics, p=None, y=None, weights=None, activation="linear"):
    """Metrics plain and weighted."""
    p = d.probabilities(3) if p is None else p
    y = d.binary(3) if y is None else y
    yield one(name, activation, p, y, loss="mse", metrics=metrics())
    yield one(f"{name}_weighted", activation, p, y, d.weights() if weights is None else weights, loss="mse", weighted_metrics=metrics())


def cells(k, generation):
    d = Data(31)
    m = k.metrics
    classes = (m.TruePositives, m.FalsePositives, m.TrueNegatives, m.FalseNegatives)
    for tag, thresholds in {"default": None, "one": 0.3, "even": EVEN, "uneven": UNEVEN, "many": MANY, "three": [0.0, 0.5, 1.0]}.items():
        yield from each(f"cells_{tag}", d, lambda: [c(thresholds=thresholds, name=c.__name__) for c in classes])
    yield one("cells_strings", "linear", d.probabilities(3), d.binary(3), loss="mse", metrics=["TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"])
    yield one("cells_vector", "linear", d.probabilities(1), d.binary(), d.weights(), loss="mse", weighted_metrics=["TruePositives"])
    yield one("cells_default_names", "sigmoid", d.logits(2), d.binary(2), loss="mse", metrics=[c() for c in classes])
    yield one("cells_rank3", "linear", d.probabilities(4, 2), d.binary(4, 2), d.weights(4), loss="mse", weighted_metrics=[m.TruePositives(name="t"), m.FalseNegatives(name="f", thresholds=EVEN)])
    for dtype in ("int32", "bool", "uint8"):
        yield one(f"cells_{dtype}", "linear", d.probabilities(2), d.binary(2, dtype=dtype), loss="mse" if dtype != "bool" else "binary_crossentropy", metrics=[m.TruePositives(name="t")])
    soft = d.probabilities(3)
    soft[::2] = 0
    yield one("cells_soft_labels", "linear", d.probabilities(3), soft, loss="mse", metrics=[m.TruePositives(name="t"), m.TrueNegatives(name="n")])
    edges = d.probabilities(3)
    edges[::3, 0], edges[1::3, 1], edges[2::3, 2] = 0, 1, 0.5
    edges[0, 1], edges[1, 2] = -0.25, 1.5
    yield from each("cells_edges", d, lambda: [c(thresholds=t, name=f"{c.__name__}{n}") for c in classes for n, t in enumerate(([0.0, 0.5, 1.0], 0.5, EVEN))], edges)


def precision_recall(k, generation):
    d = Data(32)
    m = k.metrics
    p, y = d.simplex(5), d.one_hot(5)
    grid = {"default": {}, "one": {"thresholds": 0.2}, "even": {"thresholds": EVEN}, "uneven": {"thresholds": UNEVEN},
            "top_1": {"top_k": 1}, "top_3": {"top_k": 3}, "top_threshold": {"top_k": 2, "thresholds": 0.25},
            "top_all": {"top_k": 5}, "class_0": {"class_id": 0}, "class_4": {"class_id": 4, "thresholds": 0.1},
            "top_class": {"top_k": 2, "class_id": 1}, "class_even": {"class_id": 2, "thresholds": EVEN}}  # fmt: skip
    for tag, arguments in grid.items():
        yield from each(f"precision_recall_{tag}", d, lambda: [m.Precision(name="p", **arguments), m.Recall(name="r", **arguments)], p, y)
    strings = ["Precision", "Recall"] if generation == 2 else ["Precision", "Recall", "precision", "recall"]
    yield one("precision_recall_strings", "softmax", d.logits(5), y, loss="categorical_crossentropy", metrics=strings)
    yield one("precision_recall_default_names", "sigmoid", d.logits(2), d.binary(2), loss="mse", metrics=[m.Precision(), m.Recall()])
    yield one("precision_recall_none_positive", "linear", d.probabilities(2) * 0.4, d.binary(2) * 0, loss="mse", metrics=[m.Precision(name="p"), m.Recall(name="r")])
    ties = np.round(d.probabilities(4) * 3) / 3
    yield one("precision_top_ties", "linear", ties.astype("float32"), d.one_hot(4), loss="mse", metrics=[m.Precision(top_k=2, name="p"), m.Recall(top_k=1, name="r")])
    yield one("precision_rank3", "softmax", d.logits(3, 4), d.one_hot(4, 3), d.weights(3), loss="mse", weighted_metrics=[m.Precision(top_k=2, name="p"), m.Recall(class_id=1, name="r")])
    wide = d.weights(5)
    if generation == 2:
        yield one("precision_weight_per_class", "linear", p, y, wide, loss="mse", weighted_metrics=[m.Precision(name="p", thresholds=0.2)])


def at_metrics(k, generation):
    d = Data(33)
    m = k.metrics
    kinds = {"SensitivityAtSpecificity": m.SensitivityAtSpecificity, "SpecificityAtSensitivity": m.SpecificityAtSensitivity,
             "PrecisionAtRecall": m.PrecisionAtRecall, "RecallAtPrecision": m.RecallAtPrecision}  # fmt: skip
    grid = {"default": {}, "few": {"num_thresholds": 7}, "one": {"num_thresholds": 1}, "two": {"num_thresholds": 2}, "class": {"class_id": 1}}
    for tag, arguments in grid.items():
        for value in (0.55, 0.8):
            yield from each(f"at_{tag}_{int(value * 100)}", d, lambda: [make(value, name=name, **arguments) for name, make in kinds.items()])
    yield one("at_extremes", "linear", d.probabilities(3), d.binary(3), loss="mse", metrics=[make(value, name=f"{name}_{value}") for name, make in kinds.items() for value in (0, 1)])
    yield one("at_default_names", "sigmoid", d.logits(3), d.binary(3), loss="mse", metrics=[make(0.5) for make in kinds.values()])
    yield one("at_no_positive", "linear", d.probabilities(3), d.binary(3) * 0, loss="mse", metrics=[make(0.5, name=name) for name, make in kinds.items()])


def auc(k, generation):
    d = Data(34)
    m = k.metrics
    gain = "PR_GAIN" if generation == 2 else "PRGAIN"
    curves = [(curve, method) for curve in ("ROC", "PR", gain) for method in ("interpolation", "minoring", "majoring")]

    def all_curves(**arguments):
        return [m.AUC(curve=curve, summation_method=method, name=f"{curve}_{method}", **arguments) for curve, method in curves]

    grid = {"default": {}, "few": {"num_thresholds": 5}, "two": {"num_thresholds": 2}, "three": {"num_thresholds": 3},
            "thresholds": {"thresholds": [0.7, 0.2, 0.25]}, "even_thresholds": {"thresholds": [0.25, 0.5, 0.75]}, "many": {"thresholds": MANY},
            "labels": {"multi_label": True}, "labels_few": {"multi_label": True, "num_thresholds": 9, "num_labels": 3},
            "labels_weights": {"multi_label": True, "label_weights": [0.5, 2.0, 0.1]}, "flat_weights": {"label_weights": [0.5, 2.0, 0.1]},
            "labels_thresholds": {"multi_label": True, "thresholds": [0.1, 0.6]}, "flat_weights_thresholds": {"label_weights": [0.5, 2.0, 0.0], "thresholds": [0.1, 0.6]}}  # fmt: skip
    for tag, arguments in grid.items():
        yield from each(f"auc_{tag}", d, lambda: all_curves(**arguments))
    yield from each("auc_logits", d, lambda: all_curves(from_logits=True), d.logits(3))
    yield from each("auc_binary", d, lambda: all_curves(), d.probabilities(1), d.binary())
    yield from each("auc_no_positive", d, lambda: all_curves(), None, d.binary(3) * 0)
    yield from each("auc_all_positive", d, lambda: all_curves(), None, d.binary(3) * 0 + 1)
    yield one("auc_sigmoid", "sigmoid", d.logits(1), d.binary(1), loss="binary_crossentropy", metrics=["AUC", m.AUC(curve="PR", name="pr")])
    yield one("auc_default_name", "sigmoid", d.logits(1), d.binary(1), loss="binary_crossentropy", metrics=[m.AUC()])
    if generation == 3:
        yield one("auc_string", "sigmoid", d.logits(1), d.binary(1), loss="binary_crossentropy", metrics=["auc"])
    yield one("auc_softmax", "softmax", d.logits(4), d.one_hot(4), loss="categorical_crossentropy", metrics=[m.AUC(name="a"), m.AUC(multi_label=True, name="b", curve="PR")])
    yield one("auc_rank3", "linear", d.probabilities(4, 2), d.binary(4, 2), d.weights(4), loss="mse", weighted_metrics=[m.AUC(name="a")])


GROUPS = [cells, precision_recall, at_metrics, auc]
