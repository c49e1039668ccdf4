"""F-scores, intersections over union, R2, correlations, errors of single elements."""

import numpy as np

from .metric_cases import Case, Data, one

BATCH = 4


def f_scores(k, generation):
    d = Data(41)
    m = k.metrics
    p, y = d.probabilities(3), d.binary(3)
    for average in (None, "micro", "macro", "weighted"):
        for threshold in (None, 0.4):
            tag = f"f_{average}_{'top' if threshold is None else 'threshold'}"
            make = lambda: [m.F1Score(average=average, threshold=threshold, name="f1"), m.FBetaScore(average=average, beta=2.0, threshold=threshold, name="f2"),
                            m.FBetaScore(average=average, beta=0.5, threshold=threshold, name="fh")]  # fmt: skip
            yield one(tag, "linear", p, y, loss="mse", metrics=make())
            yield one(f"{tag}_weighted", "linear", p, y, d.weights(), loss="mse", weighted_metrics=make())
    yield one("f_default_names", "softmax", d.logits(4), d.one_hot(4), loss="categorical_crossentropy", metrics=[m.F1Score(), m.FBetaScore()])
    yield one("f_strings", "softmax", d.logits(4), d.one_hot(4), loss="categorical_crossentropy", metrics=["F1Score"] + (["f_beta_score"] if generation == 3 else []))
    yield one("f_soft_labels", "linear", p, d.probabilities(3), loss="mse", metrics=[m.F1Score(average="macro", name="f")])
    yield one("f_no_positive", "linear", p, y * 0, loss="mse", metrics=[m.F1Score(average="macro", name="f"), m.F1Score(name="g")])
    yield one("f_vector_labels", "sigmoid", d.logits(1), d.binary(), loss="mse", metrics=[m.F1Score(threshold=0.5, name="f")])
    zero = p.copy()
    zero[2] = 0
    ties = np.round(d.probabilities(3) * 2) / 2
    yield one("f_zeros", "linear", zero, y, loss="mse", metrics=[m.F1Score(average="micro", name="f")])
    yield one("f_ties", "linear", ties.astype("float32"), y, loss="mse", metrics=[m.F1Score(name="f")])
    yield one("f_ints", "linear", p, d.binary(3, dtype="int32"), loss="mse", metrics=[m.F1Score(name="f")])


def iou(k, generation):
    d = Data(42)
    m = k.metrics
    labels, found = d.classes(4, 6, 1), d.classes(4, 6, 1).astype("float32")
    sparse = {"iou": lambda **a: m.IoU(num_classes=4, target_class_ids=[0, 2], name="i", **a), "mean": lambda **a: m.MeanIoU(num_classes=4, name="m", **a)}
    for tag, make in sparse.items():
        for extra, arguments in {"": {}, "_ignore": {"ignore_class": 1}, "_ignore_none": {"ignore_class": 255}}.items():
            yield one(f"{tag}{extra}", "linear", found, labels, loss="mse", metrics=[make(**arguments)])
        yield one(f"{tag}_weighted", "linear", found, labels, d.weights(6), loss="mse", weighted_metrics=[make(dtype="float32")])
        yield one(f"{tag}_int_weighted", "linear", found, labels, d.classes(3, 6), loss="mse", weighted_metrics=[make()])
        yield one(f"{tag}_fraction_weighted", "linear", found, labels, d.weights(6) * 2, loss="mse", weighted_metrics=[make()])
    yield one("iou_float32", "linear", found, labels, loss="mse", metrics=[m.MeanIoU(num_classes=4, dtype="float32", name="m")])
    scores, hot = d.logits(5, 3), d.one_hot(3, 5)
    yield one("iou_scores", "linear", scores, d.classes(3, 5), loss="sparse_categorical_crossentropy", metrics=[m.MeanIoU(num_classes=3, sparse_y_pred=False, name="m"), m.IoU(num_classes=3, target_class_ids=[1], sparse_y_pred=False, name="i")])
    yield one("iou_dense", "linear", scores, hot, d.weights(5), loss="categorical_crossentropy", metrics=[m.MeanIoU(num_classes=3, sparse_y_true=False, sparse_y_pred=False, name="m")], weighted_metrics=[m.MeanIoU(num_classes=3, sparse_y_true=False, sparse_y_pred=False, name="w", dtype="float32")])
    yield one("one_hot_iou", "softmax", scores, hot, loss="categorical_crossentropy", metrics=[m.OneHotIoU(num_classes=3, target_class_ids=[0, 2], name="i"), m.OneHotMeanIoU(num_classes=3, name="m"), m.OneHotMeanIoU(num_classes=3, ignore_class=1, name="n")])
    yield one("one_hot_iou_flat", "softmax", d.logits(3), d.one_hot(3), d.weights(), loss="categorical_crossentropy", metrics=[m.OneHotMeanIoU(num_classes=3, name="m")], weighted_metrics=[m.OneHotMeanIoU(num_classes=3, name="w", dtype="float32")])
    steps = d.classes(4, 6).astype("float32")
    yield one("one_hot_iou_sparse_pred", "linear", steps, d.classes(4, 6), loss="mse", metrics=[m.MeanIoU(num_classes=4, name="i")])
    if generation == 2:
        yield one("iou_axis", "linear", d.logits(3, 5), np.moveaxis(d.one_hot(3, 5), -1, 1), loss="mse", metrics=[m.OneHotMeanIoU(num_classes=3, axis=1, name="m")])
    p, bits = d.probabilities(4, 1), d.binary(4, 1)
    for threshold in (0.5, 0.3):
        yield one(f"binary_iou_{int(threshold * 10)}", "linear", p, bits, loss="mse", metrics=[m.BinaryIoU(threshold=threshold, name="b"), m.BinaryIoU(target_class_ids=[1], threshold=threshold, name="c")])
        yield one(f"binary_iou_{int(threshold * 10)}_weighted", "linear", p, bits, d.weights(4), loss="mse", weighted_metrics=[m.BinaryIoU(threshold=threshold, name="b", dtype="float32")])
    edge = p.copy()
    edge[:, 0] = 0.5
    yield one("binary_iou_edge", "linear", edge, bits, loss="mse", metrics=[m.BinaryIoU(name="b")])
    yield one("iou_missing_class", "linear", found, labels % 2, loss="mse", metrics=[m.MeanIoU(num_classes=7, name="m"), m.IoU(num_classes=7, target_class_ids=[5], name="i")])
    yield one("iou_default_names", "linear", found, labels, loss="mse", metrics=[m.IoU(num_classes=4, target_class_ids=[0]), m.MeanIoU(num_classes=4)])
    yield one("binary_iou_string", "sigmoid", d.logits(4, 1), bits, loss="binary_crossentropy", metrics=["BinaryIoU"])
    if generation == 3:
        yield one("iou_out_of_range", "linear", found + 1, labels - 1, loss="mse", metrics=[m.MeanIoU(num_classes=4, name="m")])


def r2(k, generation):
    d = Data(43)
    m = k.metrics
    x, y = d.logits(3), d.targets(3)
    for aggregation in (None, "uniform_average", "variance_weighted_average"):
        for regressors in (0, 2, 40):
            tag = f"r2_{aggregation}_{regressors}"
            make = lambda: [m.R2Score(class_aggregation=aggregation, num_regressors=regressors, name="r")]
            yield one(tag, "linear", x, y, loss="mse", metrics=make())
            yield one(f"{tag}_weighted", "linear", x, y, d.weights(), loss="mse", weighted_metrics=make())
    yield one("r2_default_name", "linear", x, y, loss="mse", metrics=[m.R2Score(), "R2Score" if generation == 2 else "r2_score"] if generation == 3 else [m.R2Score()])
    yield one("r2_vector", "linear", d.logits(1), d.targets(), loss="mse", metrics=[m.R2Score(name="r")])
    yield one("r2_constant", "linear", x, y * 0 + 2, loss="mse", metrics=[m.R2Score(name="r"), m.R2Score(class_aggregation=None, name="s")])
    yield one("r2_perfect", "linear", y, y, loss="mse", metrics=[m.R2Score(name="r")])


def errors(k, generation):
    d = Data(44)
    m = k.metrics
    x, y = d.logits(3), d.targets(3)
    make = lambda: [m.RootMeanSquaredError(name="r")]
    yield one("rmse", "linear", x, y, loss="mse", metrics=make())
    yield one("rmse_weighted", "linear", x, y, d.weights(), loss="mse", weighted_metrics=make())
    yield one("rmse_default_name", "linear", x, y, loss="mse", metrics=[m.RootMeanSquaredError()])
    yield one("rmse_string", "linear", x, y, loss="mse", metrics=["RootMeanSquaredError"])
    yield one("rmse_vector", "linear", d.logits(1), d.targets(), d.weights(), loss="mse", weighted_metrics=make())
    yield one("rmse_rank3", "linear", d.logits(4, 2), d.targets(4, 2), d.weights(4), loss="mse", metrics=make(), weighted_metrics=[m.RootMeanSquaredError(name="w")])
    if generation == 2:  # its MeanRelativeError cannot be read back
        return
    for tag, make in (("pearson", m.PearsonCorrelation), ("concordance", m.ConcordanceCorrelation)):
        big = d.logits(6), d.targets(6)
        yield one(tag, "linear", *big, loss="mse", metrics=[make()])
        yield one(f"{tag}_weighted", "linear", *big, d.weights(), loss="mse", weighted_metrics=[make(name="c")])
        yield one(f"{tag}_axis", "linear", d.logits(6, 2), d.targets(6, 2), loss="mse", metrics=[make(axis=1, name="c")])
        yield one(f"{tag}_string", "linear", *big, loss="mse", metrics=[f"{tag}_correlation", getattr(m, f"{tag}_correlation")])
    yield one("pearson_constant", "linear", d.logits(4), d.targets(4) * 0, loss="mse", metrics=[m.PearsonCorrelation(name="c"), m.ConcordanceCorrelation(name="d")])


def two(name, x, y, sample_weight=None, **compile_config):
    outputs = [("kind", (4,), "softmax"), ("score", (4,), "sigmoid")]
    return Case(name, outputs, x, y, compile_config, sample_weight, BATCH)


def names(k, generation):
    """Counted names, vectors and dicts over two outputs."""
    d = Data(45)
    m = k.metrics
    x = {"kind_in": d.logits(4), "score_in": d.logits(4)}
    y = {"kind": d.one_hot(4), "score": d.binary(4)}
    w = {"kind": d.weights(), "score": d.weights()}
    if generation == 2:
        yield two("counted_flat", x, y, loss="mse", metrics=["AUC", "Precision"])
        yield two("counted_weighted", x, y, w, loss="mse", metrics=["AUC"], weighted_metrics=["AUC"])
        yield two("counted_twice", x, y, loss="mse", metrics={"kind": ["AUC", "AUC"], "score": ["Recall"]})
    yield two("vector_each", x, y, loss=["mse", "mse"], metrics=[[m.F1Score()], [m.Precision(thresholds=[0.2, 0.7], name="p"), m.AUC(name="a")]])
    yield two("vector_dict", x, y, w, loss={"kind": "mse", "score": "mse"}, metrics={"kind": [m.F1Score(average="micro", name="f")], "score": [m.Recall(thresholds=[0.2, 0.7], name="r")]},
              weighted_metrics={"score": [m.Precision(thresholds=[0.1, 0.2, 0.3], name="p")]})  # fmt: skip
    yield one("counted_one_output", "sigmoid", d.logits(3), d.binary(3), loss="mse", metrics=["Precision", "Recall", "AUC"])
    if generation == 3:
        yield one("names_same_class", "sigmoid", d.logits(3), d.binary(3), loss="mse", metrics=["auc", "auc", m.AUC(name="auc"), m.Precision(name="p"), m.Recall(name="p")])


GROUPS = [f_scores, iou, r2, errors, names]
