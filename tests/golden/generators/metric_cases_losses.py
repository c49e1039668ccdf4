"""Every loss that metric_cases.py does not have, and the metrics of the same functions."""

import numpy as np

from .metric_cases import Data, one

REDUCTIONS = {2: ("sum", "none"), 3: ("sum", "none", "mean_with_sample_weight")}


def variants(k, generation, tag, make, x, y, d, activation="linear", metrics=()):
    """A loss plain, weighted and under each reduction."""
    yield one(tag, activation, x, y, loss=make(), metrics=list(metrics))
    yield one(f"{tag}_weighted", activation, x, y, d.weights(), loss=make(), weighted_metrics=list(metrics))
    for reduction in REDUCTIONS[generation]:
        yield one(f"{tag}_{reduction}", activation, x, y, d.weights(), loss=make(reduction=reduction))


def regression(k, generation):
    d = Data(21)
    x, y = d.logits(3), d.targets(3) * 3
    losses = k.losses
    forms = {
        "mape": (losses.MeanAbsolutePercentageError, k.metrics.MeanAbsolutePercentageError),
        "msle": (losses.MeanSquaredLogarithmicError, k.metrics.MeanSquaredLogarithmicError),
        "log_cosh": (losses.LogCosh, k.metrics.LogCoshError),
        "cosine": (losses.CosineSimilarity, k.metrics.CosineSimilarity),
    }
    strings = {"mape": ["mape", "MAPE", "mean_absolute_percentage_error", "MeanAbsolutePercentageError"],
               "msle": ["msle", "MSLE", "mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"],
               "log_cosh": ["log_cosh", "LogCosh"], "cosine": ["cosine_similarity", "CosineSimilarity"]}  # fmt: skip
    if generation == 2:
        strings["log_cosh"].append("logcosh")
    for tag, (loss, metric) in forms.items():
        yield from variants(k, generation, tag, loss, x, y, d, metrics=[metric(name="m")])
        for string in strings[tag]:
            yield one(f"{tag}_as_{string}", "linear", x, y, loss=string)
    metric_strings = ["mape", "MAPE", "msle", "MSLE", "cosine_similarity"]
    more = ["logcosh", "log_cosh", "cosine_proximity"] if generation == 2 else ["log_cosh_error", "LogCoshError"]
    yield one("regression_metric_strings", "linear", x, y, loss="mse", metrics=metric_strings + more)
    yield one("regression_default_names", "linear", x, y, loss="mse", metrics=[form[1]() for form in forms.values()])
    functions = [k.losses.mean_absolute_percentage_error, k.losses.mean_squared_logarithmic_error, k.losses.cosine_similarity]
    if generation == 3:
        functions += [k.losses.huber, k.losses.log_cosh]
    yield one("regression_functions", "linear", x, y, loss=k.losses.mean_squared_logarithmic_error, metrics=functions)
    zeros = y.copy()
    zeros[::2, 1] = 0
    yield one("mape_zeros", "linear", x, zeros, loss="mape", metrics=["mape"])
    cube = d.logits(4, 3), d.targets(4, 3) * 2
    for axis in (-1, 1, 2):
        yield one(f"cosine_axis_{axis % 3}_{'last' if axis < 0 else ''}", "linear", *cube, loss=losses.CosineSimilarity(axis=axis),
                  metrics=[k.metrics.CosineSimilarity(axis=axis, name="m")])  # fmt: skip
    nothing = x.copy()
    nothing[3] = 0
    yield one("cosine_zero_row", "linear", nothing, y, loss="cosine_similarity", metrics=["cosine_similarity"])
    yield one("rank3_all", "linear", *cube, d.weights(4), loss="mape", weighted_metrics=["msle", "cosine_similarity", form_metric(k)])
    yield one("column_all", "linear", d.logits(1), d.targets(), loss="msle", metrics=["mape", k.metrics.LogCoshError()])
    yield one("huber_delta_weighted", "linear", x, y, d.weights(), loss=losses.Huber(delta=0.7))


def form_metric(k):
    return k.metrics.LogCoshError(name="lc")


def probabilistic(k, generation):
    d = Data(22)
    losses = k.losses
    p, q = d.simplex(4), d.simplex(4)
    yield from variants(k, generation, "kld", losses.KLDivergence, p, q, d, metrics=[k.metrics.KLDivergence(name="m")])
    for string in ("kl_divergence", "kld", "KLD", "KLDivergence"):
        yield one(f"kld_as_{string}", "linear", p, q, loss=string)
    yield one("kld_default_name", "linear", p, q, loss="kld", metrics=[k.metrics.KLDivergence()])
    yield one("kld_softmax", "softmax", d.logits(4), q, loss="kld", metrics=["KLDivergence"])
    hot = d.one_hot(4)
    edge = p.copy()
    edge[:, 0] = 0
    yield one("kld_edges", "linear", edge, hot, loss="kld")
    counts = d.classes(5, 3).astype("float32")
    rates = d.probabilities(3) * 4
    yield from variants(k, generation, "poisson", losses.Poisson, rates, counts, d, metrics=[k.metrics.Poisson(name="m")])
    yield one("poisson_string", "linear", rates, counts, loss="poisson", metrics=["poisson"])
    yield one("poisson_ints", "linear", rates, counts.astype("int32"), loss="poisson", metrics=["poisson"])


def hinges(k, generation):
    d = Data(23)
    losses = k.losses
    x = d.logits(3)
    signs, bits = d.binary(3) * 2 - 1, d.binary(3)
    for tag, loss, metric in (("hinge", losses.Hinge, k.metrics.Hinge), ("squared_hinge", losses.SquaredHinge, k.metrics.SquaredHinge)):
        yield from variants(k, generation, tag, loss, x, signs, d, metrics=[metric(name="m")])
        yield one(f"{tag}_bits", "linear", x, bits, loss=loss(), metrics=[metric()])
        yield one(f"{tag}_string", "linear", x, signs, loss=tag, metrics=[tag])
    mixed = bits.copy()
    mixed[5] = -1  # the second batch only
    yield one("hinge_mixed", "linear", x, mixed, loss="hinge", metrics=["squared_hinge"])
    yield one("hinge_sequence", "linear", d.logits(4, 2), d.binary(4, 2), d.weights(4), loss="hinge", weighted_metrics=["hinge"])
    hot = d.one_hot(3)
    yield from variants(k, generation, "categorical_hinge", losses.CategoricalHinge, x, hot, d, metrics=[k.metrics.CategoricalHinge(name="m")])
    yield one("categorical_hinge_string", "linear", x, hot, loss="categorical_hinge", metrics=["categorical_hinge"])
    yield one("categorical_hinge_softmax", "softmax", x, hot, loss="CategoricalHinge", metrics=["CategoricalHinge"])


def focal(k, generation):
    d = Data(24)
    losses = k.losses
    grids = {
        "default": {},
        "gamma": {"gamma": 3.5},
        "gamma_zero": {"gamma": 0.0},
        "alpha": {"alpha": 0.6},
        "smoothing": {"label_smoothing": 0.2},
    }
    for tag, arguments in grids.items():
        binary, categorical = dict(arguments), dict(arguments)
        if tag == "alpha":
            binary["apply_class_balancing"] = True
        make = lambda **more: losses.BinaryFocalCrossentropy(**binary, **more)
        many = lambda **more: losses.CategoricalFocalCrossentropy(**categorical, **more)
        for activation in ("linear", "sigmoid"):
            x = d.probabilities(3) if activation == "linear" else d.logits(3)
            yield one(f"binary_focal_{tag}_{activation}", activation, x, d.binary(3), loss=make())
        yield one(f"binary_focal_{tag}_softmax", "softmax", d.logits(3), d.binary(3), loss=make())
        yield one(f"binary_focal_{tag}_from_logits", "linear", d.logits(3), d.binary(3), loss=make(from_logits=True))
        for activation in ("linear", "softmax"):
            x = d.simplex(4) if activation == "linear" else d.logits(4)
            yield one(f"categorical_focal_{tag}_{activation}", activation, x, d.one_hot(4), loss=many())
        yield one(f"categorical_focal_{tag}_from_logits", "linear", d.logits(4), d.one_hot(4), loss=many(from_logits=True))
    x, y = d.logits(3), d.binary(3)
    yield one("binary_focal_from_logits_sigmoid", "sigmoid", x, y, loss=losses.BinaryFocalCrossentropy(from_logits=True))
    yield one("categorical_focal_from_logits_softmax", "softmax", d.logits(4), d.one_hot(4), loss=losses.CategoricalFocalCrossentropy(from_logits=True))
    yield one("categorical_focal_sigmoid", "sigmoid", d.logits(4), d.one_hot(4), loss="categorical_focal_crossentropy")
    yield one("categorical_focal_not_normalised", "linear", d.probabilities(4), d.one_hot(4), loss="categorical_focal_crossentropy")
    yield one("categorical_focal_alpha_list", "softmax", d.logits(4), d.one_hot(4), loss=losses.CategoricalFocalCrossentropy(alpha=[0.1, 0.2, 0.3, 0.4]))
    yield one("binary_focal_axis", "sigmoid", d.logits(4, 3), d.binary(4, 3), loss=losses.BinaryFocalCrossentropy(axis=1))
    yield one("categorical_focal_axis", "linear", d.probabilities(4, 3), d.binary(4, 3), loss=losses.CategoricalFocalCrossentropy(axis=1))
    yield one("crossentropy_axis_smoothing", "linear", d.probabilities(4, 3), d.binary(4, 3), loss=losses.CategoricalCrossentropy(axis=1, label_smoothing=0.3))
    for string in ("binary_focal_crossentropy", "BinaryFocalCrossentropy"):
        yield one(f"{string}_string", "sigmoid", x, y, loss=string)
    yield from variants(k, generation, "binary_focal", losses.BinaryFocalCrossentropy, x, y, d, "sigmoid")
    yield from variants(k, generation, "categorical_focal", losses.CategoricalFocalCrossentropy, d.logits(4), d.one_hot(4), d, "softmax")
    yield one("focal_functions", "sigmoid", x, y, loss=losses.binary_focal_crossentropy, metrics=[losses.binary_focal_crossentropy, losses.categorical_focal_crossentropy])


def keras3_losses(k, generation):
    if generation == 2:
        return
    d = Data(25)
    losses = k.losses
    p, y = d.probabilities(4, 3), d.binary(4, 3)
    for tag, arguments in {"all": {}, "axis_1": {"axis": 1}, "axis_last": {"axis": -1}, "axes": {"axis": (1, 2)}, "axis_0": {"axis": 0}}.items():
        yield one(f"dice_{tag}", "linear", p, y, loss=losses.Dice(**arguments))
        yield one(f"tversky_{tag}", "linear", p, y, loss=losses.Tversky(alpha=0.3, beta=0.9, **arguments))
    yield from variants(k, generation, "dice", lambda **more: losses.Dice(axis=(1, 2), **more), p, y, d)
    yield from variants(k, generation, "tversky", lambda **more: losses.Tversky(axis=-1, **more), d.probabilities(3), d.binary(3), d)
    yield one("dice_all_weighted", "sigmoid", d.logits(3), d.binary(3), d.weights(), loss=losses.Dice(), metrics=["accuracy"])
    for reduction in REDUCTIONS[3]:
        yield one(f"dice_all_{reduction}", "linear", p, y, loss=losses.Dice(reduction=reduction))
        yield one(f"dice_all_weighted_{reduction}", "linear", p, y, d.weights(), loss=losses.Dice(reduction=reduction))
    yield one("overlap_strings", "linear", p, y, loss="dice", metrics=[losses.dice, losses.tversky])
    yield one("tversky_string", "linear", p, y, loss="tversky")
    e = d.targets(5)
    e = (e / np.linalg.norm(e, axis=1, keepdims=True)).astype("float32")
    labels = d.classes(3)
    yield one("circle", "linear", e, labels, loss=losses.Circle())
    yield one("circle_column", "linear", e, labels[:, None], loss="circle")
    yield one("circle_options", "linear", e, labels, loss=losses.Circle(gamma=16.0, margin=0.25, remove_diagonal=False))
    yield one("circle_weighted", "linear", e, labels, d.weights(), loss=losses.Circle(gamma=8.0))
    yield one("circle_sum", "linear", e, labels, loss=losses.Circle(gamma=8.0, reduction="sum"))
    yield one("circle_alone", "linear", e, np.arange(11), loss=losses.Circle(gamma=8.0))
    logits = d.logits(8, 5)
    texts = np.array([[1, 2, 3, 0], [1, 1, 0, 0], [4, 0, 0, 0], [2, 3, 2, 4], [0, 0, 0, 0], [3, 3, 3, 0], [1, 2, 1, 2], [4, 4, 1, 0], [2, 0, 0, 0], [1, 3, 0, 0], [4, 3, 2, 1]])
    yield one("ctc", "linear", logits, texts, loss=losses.CTC())
    yield one("ctc_string", "linear", logits, texts.astype("int32"), loss="ctc")
    yield one("ctc_weighted", "linear", logits, texts, d.weights(), loss=losses.CTC())
    yield one("ctc_floats", "linear", logits, texts.astype("float32"), loss=losses.CTC(reduction="sum"))
    simplex = d.simplex(4)
    for q in (0.5, 0.2):
        yield one(f"generalized_{int(q * 10)}", "linear", simplex, d.classes(4), loss=losses.CategoricalGeneralizedCrossEntropy(q=q))
    yield one("generalized_softmax", "softmax", d.logits(4), d.classes(4), d.weights(), loss=losses.CategoricalGeneralizedCrossEntropy())
    yield one("generalized_sequence", "softmax", d.logits(3, 4), d.classes(4, 3), loss=losses.CategoricalGeneralizedCrossEntropy())


def loss_objects_as_metrics(k, generation):
    d = Data(26)
    x, y = d.logits(3), d.targets(3)
    losses = k.losses
    yield one("loss_metric_poisson", "linear", d.probabilities(3), d.classes(4, 3).astype("float32"), loss="mse", metrics=[losses.Poisson(), losses.LogCosh()])
    yield one("loss_metric_none", "linear", x, y, loss="mse", metrics=[losses.LogCosh(reduction="none", name="n")])
    yield one("loss_metric_sum", "linear", x, y, loss="mse", metrics=[losses.MeanSquaredError(reduction="sum", name="s")])
    yield one("loss_metric_weighted", "linear", x, y, d.weights(), loss="mse", weighted_metrics=[losses.MeanSquaredError(name="w")])
    yield one("loss_metric_weighted_steps", "linear", d.logits(2, 3), d.targets(2, 3), d.weights(2), loss="mse", weighted_metrics=[losses.MeanSquaredError(name="w")])
    if generation == 3:  # Keras 2 cannot read them back
        wrapper = k.metrics.MeanMetricWrapper
        yield one("loss_metric_wrapper", "linear", x, y, loss="mse", metrics=[wrapper(losses.mean_squared_error, name="q"), wrapper(losses.huber, name="h", delta=0.3)])
        yield one("loss_metric_wrapped_loss", "linear", x, y, loss="mse", metrics=[wrapper(losses.MeanSquaredError(), name="q")])


GROUPS = [regression, probabilistic, hinges, focal, keras3_losses, loss_objects_as_metrics]
