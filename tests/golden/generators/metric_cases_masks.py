"""Masks: a Masking layer before the output marks steps whose inputs are all 0."""

import numpy as np

from .metric_cases import Data, one

STEPS = 5


def masked(d, *shape):
    """Predictions of which some steps are 0; the second batch has whole samples without any."""
    x = d.logits(STEPS, *shape)
    for sample in range(len(x)):
        x[sample, STEPS - sample % 4 :] = 0
    x[5] = 0
    x[2, 1] = 0
    return x


def masks(k, generation):
    d = Data(51)
    m = k.metrics
    x, sparse, hot, bits, y = masked(d, 4), d.classes(4, STEPS), d.one_hot(4, STEPS), d.binary(STEPS, 4), d.targets(STEPS, 4)
    w, per_sample = d.weights(STEPS), d.weights()
    scc = "sparse_categorical_crossentropy"
    yield one("mask_sparse", "masked:softmax", x, sparse, loss=scc, metrics=["accuracy", scc])
    yield one("mask_categorical", "masked:softmax", x, hot, loss="categorical_crossentropy", metrics=["accuracy", "categorical_crossentropy"])
    yield one("mask_binary", "masked:sigmoid", x, bits, loss="binary_crossentropy", metrics=["accuracy", "binary_crossentropy", m.BinaryAccuracy(name="b")])
    yield one("mask_linear", "masked:linear", x, y, loss="mse", metrics=["mae", "mse", m.RootMeanSquaredError(name="r")])
    yield one("mask_weighted", "masked:softmax", x, sparse, w, loss=scc, metrics=["accuracy"], weighted_metrics=["accuracy", scc])
    yield one("mask_weighted_linear", "masked:linear", x, y, w, loss="huber", metrics=["mae"], weighted_metrics=["mae", m.RootMeanSquaredError(name="r")])
    yield one("mask_sample_weight", "masked:softmax", x, sparse, per_sample[:, None], loss=scc, weighted_metrics=["accuracy"])
    if generation == 2:
        yield one("mask_vector_weight", "masked:softmax", x, sparse, per_sample, loss=scc, weighted_metrics=["accuracy"])
    for reduction in ("sum", "none", "sum_over_batch_size") + (("mean", "mean_with_sample_weight") if generation == 3 else ()):
        yield one(f"mask_{reduction}", "masked:linear", x, y, loss=k.losses.MeanSquaredError(reduction=reduction))
        yield one(f"mask_{reduction}_weighted", "masked:linear", x, y, w, loss=k.losses.MeanSquaredError(reduction=reduction))
    yield one("mask_ignore_class", "masked:softmax", x, sparse, loss=k.losses.SparseCategoricalCrossentropy(ignore_class=1), metrics=[m.SparseCategoricalCrossentropy(ignore_class=1, name="m")])
    yield one("mask_ignore_weighted", "masked:softmax", x, sparse, w, loss=k.losses.SparseCategoricalCrossentropy(ignore_class=1), weighted_metrics=[m.SparseCategoricalCrossentropy(ignore_class=1, name="m")])
    counts = lambda: [m.AUC(name="auc"), m.Precision(name="p"), m.Recall(name="r", thresholds=[0.2, 0.6]), m.TruePositives(name="tp"), m.PrecisionAtRecall(0.5, name="at")]
    yield one("mask_counts", "masked:sigmoid", x, bits, loss="mse", metrics=counts())
    yield one("mask_counts_weighted", "masked:sigmoid", x, bits, w, loss="mse", weighted_metrics=counts())
    yield one("mask_iou", "masked:softmax", x, sparse, loss=scc, metrics=[m.MeanIoU(num_classes=4, sparse_y_pred=False, name="m")])
    yield one("mask_top_k", "masked:softmax", x, sparse, loss=scc, metrics=[m.SparseTopKCategoricalAccuracy(k=2, name="t")])
    yield one("mask_regression", "masked:linear", x, y, loss="log_cosh", metrics=["mape", "cosine_similarity", m.LogCoshError(name="l"), m.CosineSimilarity(name="c")])
    yield one("mask_loss_object", "masked:linear", x, y, loss="mse", metrics=[k.losses.MeanSquaredError(name="o")])
    yield one("mask_all", "masked:linear", x * 0, y, loss="mse", metrics=["mae"])
    some = x.copy()
    some[4:8] = 0
    yield one("mask_all_of_a_batch", "masked:linear", some, y, loss="mse", metrics=["mae"])
    yield one("mask_focal", "masked:sigmoid", x, bits, loss="binary_focal_crossentropy")
    yield one("mask_images", "masked:linear", np.where(masked(d, 3)[..., None] == 0, 0, d.logits(STEPS, 3, 2)).astype("float32"), d.targets(STEPS, 3, 2), loss="mse", metrics=["mae"])
    if generation == 3:
        yield one("mask_dice", "masked:sigmoid", x, bits, loss=k.losses.Dice())


GROUPS = [masks]
