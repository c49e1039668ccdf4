"""Arguments that the other groups leave at their defaults: axes, label weights, dtypes."""

import numpy as np

from .metric_cases import Data, one


def losses(k, generation):
    d = Data(61)
    loss = k.losses
    x, y = d.probabilities(3, 4), d.binary(3, 4)
    for axis in (1, 2, -2):
        tag = f"{axis}".replace("-", "m")
        yield one(f"bce_axis_{tag}", "linear", x, y, loss=loss.BinaryCrossentropy(axis=axis), metrics=[k.metrics.MeanSquaredError(name="m")])
        yield one(f"focal_axis_{tag}", "linear", x, y, loss=loss.BinaryFocalCrossentropy(axis=axis, reduction="sum", name="other"))
    p = d.simplex(4)
    yield one("scc_axis", "linear", p, d.classes(4), loss="sparse_categorical_crossentropy", metrics=[k.metrics.SparseCategoricalCrossentropy(axis=1, name="m")])
    yield one("bce_sum", "linear", x, y, loss=loss.BinaryCrossentropy(reduction="sum", name="other"))
    yield one("cc_sum", "linear", d.simplex(4), d.one_hot(4), loss=loss.CategoricalCrossentropy(reduction="sum", name="other"))
    yield one("cfc_sum", "linear", d.simplex(4), d.one_hot(4), loss=loss.CategoricalFocalCrossentropy(reduction="sum", name="other"))
    cosine = {"class_name": "CosineSimilarity", "config": {"axis": 1}}
    rows = d.targets(3, 4), d.targets(3, 4)
    yield one("cosine_axis", "linear", *rows, loss=loss.CosineSimilarity(axis=1), metrics=[k.metrics.CosineSimilarity(axis=1, name="m")],
              given={"loss": cosine, "metrics": [{"class_name": "CosineSimilarity", "config": {"axis": 1, "name": "m"}}]})  # fmt: skip
    yield one("huber_delta", "linear", d.logits(3), d.targets(3), loss=loss.Huber(delta=0.3), given={"loss": {"class_name": "Huber", "config": {"delta": 0.3}}})
    if generation == 3:
        yield one("gce_sum", "linear", d.simplex(4), d.classes(4), loss=loss.CategoricalGeneralizedCrossEntropy(q=0.7, reduction="sum", name="other"))
        for name in ("Dice", "Tversky"):
            yield one(f"{name}_name", "linear", d.probabilities(4), d.binary(4), loss=getattr(loss, name)(reduction="sum", name="other"))
        yield one("mse_by_weight", "linear", d.logits(3), d.targets(3), d.weights(), loss=loss.MeanSquaredError(reduction="mean_with_sample_weight", name="other"))


def metrics(k, generation):
    d = Data(62)
    m = k.metrics
    labels, found = d.classes(4, 6, 1), d.classes(4, 6, 1).astype("float32")
    scores, hot = d.logits(5, 3), d.one_hot(3, 5)
    yield one("iou_one_hot", "linear", d.logits(5, 3), hot, loss="mse", metrics=[m.IoU(num_classes=3, target_class_ids=[0, 1], sparse_y_true=False, sparse_y_pred=False, name="i")])
    yield one("one_hot_ignore", "linear", scores, hot, loss="mse", metrics=[m.OneHotIoU(num_classes=3, target_class_ids=[0, 2], ignore_class=1, name="i")])
    yield one("iou_mixed", "linear", d.classes(3, 5, 1).astype("float32"), d.classes(3, 5, 1), loss="mse", metrics=[m.MeanIoU(num_classes=3, name="i"), m.IoU(num_classes=3, target_class_ids=[1], name="j")])
    if generation == 2:  # Keras 3 evaluates nothing without a loss, and no loss takes these shapes
        steps = d.classes(3, 5).astype("float32")
        yield one("one_hot_sparse_pred", "linear", steps, np.eye(3, dtype="float32")[d.classes(3, 5)], metrics=[m.OneHotIoU(num_classes=3, target_class_ids=[0, 2], sparse_y_pred=True, name="i"), m.OneHotMeanIoU(num_classes=3, sparse_y_pred=True, name="m")])
        moved = np.moveaxis(scores, -1, 1), np.moveaxis(hot, -1, 1)
        yield one("iou_axis", "linear", *moved, loss="mse", metrics=[m.MeanIoU(num_classes=3, sparse_y_true=False, sparse_y_pred=False, axis=1, name="i"),
                  m.IoU(num_classes=3, target_class_ids=[1], sparse_y_true=False, sparse_y_pred=False, axis=1, name="j"),
                  m.OneHotIoU(num_classes=3, target_class_ids=[0], axis=1, name="o")])  # fmt: skip
        relative = {"class_name": "MeanRelativeError", "config": {"normalizer": [1.0, 2.0, 0.0], "name": "r"}}
        yield one("relative_error", "linear", d.logits(3), d.targets(3), loss="mse", metrics=[m.MeanRelativeError(normalizer=[1.0, 2.0, 0.0], name="r")], given={"loss": "mse", "metrics": [relative]})
    p, y = d.probabilities(3), d.binary(3)
    for tag, arguments in {"labels": {"multi_label": True}, "flat": {}, "thresholds": {"multi_label": True, "thresholds": [0.1, 0.6]}}.items():
        arguments = {"label_weights": [0.5, 2.0, 0.1], "name": "a", **arguments}
        for weighted in ("metrics", "weighted_metrics"):
            given = {"loss": "mse", weighted: [{"class_name": "AUC", "config": arguments}]}
            weights = d.weights() if weighted == "weighted_metrics" else None
            yield one(f"auc_label_weights_{tag}_{weighted}", "linear", p, y, weights, loss="mse", given=given, **{weighted: [m.AUC(**arguments)]})
    yield one("accuracy_name", "linear", d.classes(3, 2).astype("float32"), d.classes(3, 2).astype("float32"), loss="mse", metrics=[m.Accuracy(name="other")])
    yield one("top_k_name", "softmax", d.logits(7), d.one_hot(7), loss="mse", metrics=[m.TopKCategoricalAccuracy(k=3, name="other")])
    if generation == 3:
        ids = np.argsort(-d.logits(7), axis=-1).astype("float32")
        given = {"class_name": "SparseTopKCategoricalAccuracy", "config": {"k": 3, "from_sorted_ids": True, "name": "s"}}
        yield one("sorted_ids", "linear", ids, d.classes(7)[:, None], loss="mse", metrics=[m.SparseTopKCategoricalAccuracy(k=3, from_sorted_ids=True, name="s")], given={"loss": "mse", "metrics": [given]})


def of_dtype(k, generation, dtype):
    """Every metric class with this dtype, plain and weighted."""
    d = Data(63)
    m = k.metrics
    regression = ("MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "RootMeanSquaredError", "CosineSimilarity", "LogCoshError",
                  "R2Score", "Poisson", "KLDivergence", "Hinge", "SquaredHinge", "CategoricalHinge") + (("PearsonCorrelation", "ConcordanceCorrelation") if generation == 3 else ())  # fmt: skip
    binary = ("BinaryAccuracy", "BinaryCrossentropy", "AUC", "Precision", "Recall", "TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
    at = ("SensitivityAtSpecificity", "SpecificityAtSensitivity", "PrecisionAtRecall", "RecallAtPrecision")
    categorical = ("CategoricalAccuracy", "CategoricalCrossentropy", "TopKCategoricalAccuracy", "F1Score", "FBetaScore")
    sparse = ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy")
    if generation == 2 and dtype == "float64":  # Keras 2 itself fails on these
        regression = tuple(name for name in regression if name not in ("R2Score",))
        categorical = tuple(name for name in categorical if name not in ("TopKCategoricalAccuracy", "F1Score", "FBetaScore"))
        sparse = tuple(name for name in sparse if name != "SparseTopKCategoricalAccuracy")
    x, y = d.probabilities(6), d.targets(6) ** 2
    groups = {
        "regression": ("linear", x, y, {name: {} for name in regression}),
        "binary": ("linear", d.probabilities(3), d.binary(3), {**{name: {} for name in binary}, **{name: {"": 0.6} for name in at}}),
        "sigmoid": ("sigmoid", d.logits(3), d.binary(3), {"BinaryCrossentropy": {}, "BinaryAccuracy": {}}),
        "softmax": ("softmax", d.logits(7) * 8, d.one_hot(7), {name: {} for name in categorical}),
        "sparse": ("softmax", d.logits(7) * 8, d.classes(7), {name: {} for name in sparse}),
        "sparse_linear": ("linear", d.simplex(7), d.classes(7), {name: {} for name in sparse}),
        "equal": ("linear", d.classes(3, 2).astype("float32"), d.classes(3, 2).astype("float32"), {"Accuracy": {}}),
    }
    for tag, (activation, x, y, classes) in groups.items():
        loss = "sparse_categorical_crossentropy" if tag.startswith("sparse") else "mse"
        make = lambda: [getattr(m, name)(*arguments.values(), dtype=dtype, name=name) for name, arguments in classes.items() if name not in unweighted]  # noqa: B023
        unweighted = ()
        yield one(f"{dtype}_{tag}", activation, x, y, loss=loss, metrics=make())
        unweighted = ("F1Score", "FBetaScore") if generation == 2 else ()
        yield one(f"{dtype}_{tag}_weighted", activation, x, y, d.weights(), loss=loss, weighted_metrics=make())
    edges = np.round(d.probabilities(4) * 2) / 2
    edge = edges.astype("float32")
    yield one(f"{dtype}_edges", "linear", edge, d.binary(4), loss="mse", metrics=[m.BinaryCrossentropy(dtype=dtype, name="b"), m.CategoricalCrossentropy(dtype=dtype, name="c"), m.KLDivergence(dtype=dtype, name="k")])
    yield one(f"{dtype}_sparse_edges", "linear", edge, d.classes(4), loss="sparse_categorical_crossentropy", metrics=[m.SparseCategoricalCrossentropy(dtype=dtype, name="b")])
    labels, found = d.classes(4, 6, 1), d.classes(4, 6, 1).astype("float32")
    make = lambda: [m.IoU(num_classes=4, target_class_ids=[0, 2], name="i", dtype=dtype), m.MeanIoU(num_classes=4, name="m", dtype=dtype)]
    yield one(f"{dtype}_iou", "linear", found, labels, loss="mse", metrics=make())
    yield one(f"{dtype}_iou_weighted", "linear", found, labels, d.weights(6), loss="mse", weighted_metrics=make())
    yield one(f"{dtype}_binary_iou", "linear", d.probabilities(4, 1), d.binary(4, 1), d.weights(4), loss="mse", weighted_metrics=[m.BinaryIoU(name="b", dtype=dtype)])
    scores, hot = d.logits(5, 3), d.one_hot(3, 5)
    yield one(f"{dtype}_one_hot_iou", "linear", scores, hot, loss="mse", metrics=[m.OneHotIoU(num_classes=3, target_class_ids=[0, 2], name="i", dtype=dtype), m.OneHotMeanIoU(num_classes=3, name="m", dtype=dtype)])
    wrapper = {"class_name": "MeanMetricWrapper", "config": {"name": "w", "dtype": dtype, "fn": "categorical_crossentropy"}}
    given = {"loss": "mse", "metrics": [wrapper]} if generation == 2 else None  # which loses fn
    yield one(f"{dtype}_wrapper", "softmax", d.logits(7) * 8, d.one_hot(7), loss="mse", given=given, metrics=[m.MeanMetricWrapper(k.losses.categorical_crossentropy, name="w", dtype=dtype)])


def dtypes(k, generation):
    yield from of_dtype(k, generation, "float64")
    if generation == 2:
        yield from of_dtype(k, generation, "mixed_float16")  # float32, as Keras 2 stores it
        return
    d = Data(64)
    loss = k.losses
    edge = (np.round(d.probabilities(4) * 2) / 2).astype("float32")
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float64"}, "registered_name": None}
    cases = {
        "BinaryCrossentropy": ("linear", edge, d.binary(4)),
        "CategoricalCrossentropy": ("softmax", d.logits(4) * 8, d.one_hot(4)),
        "SparseCategoricalCrossentropy": ("softmax", d.logits(4) * 8, d.classes(4)),
        "BinaryFocalCrossentropy": ("linear", edge, d.binary(4)),
        "CategoricalFocalCrossentropy": ("linear", d.simplex(4), d.one_hot(4)),
        "CategoricalGeneralizedCrossEntropy": ("linear", d.simplex(4), d.classes(4)),
        **{name: ("linear", d.probabilities(4), d.binary(4)) for name in ("CategoricalHinge", "CosineSimilarity", "Dice", "Hinge", "Huber", "KLDivergence", "LogCosh", "MeanAbsoluteError",
            "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson", "SquaredHinge", "Tversky")},
        "Circle": ("linear", d.logits(5), d.classes(2)),
        "CTC": ("linear", d.logits(6, 5), d.classes(4, 2) + 1),
    }  # fmt: skip
    for name, (activation, x, y) in cases.items():
        for tag, dtype in (("", "float64"), ("_policy", policy)):
            given = {"loss": {"class_name": name, "config": {"dtype": dtype}}}
            yield one(f"loss_{name}{tag}", activation, x, y, loss=getattr(loss, name)(dtype="float64"), given=given)


GROUPS = [losses, metrics, dtypes]
