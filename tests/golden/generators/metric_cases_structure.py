"""Weights, several outputs, names and other questions of structure."""

from .metric_cases import BATCH, Case, Data, one


def weights(k, generation):
    d = Data(6)
    m = k.metrics
    scc = "sparse_categorical_crossentropy"
    x, y, w = d.logits(5), d.classes(5), d.weights()
    yield one("weights_loss_only", "softmax", x, y, w, loss=scc, metrics=["accuracy"])
    yield one("weights_column", "softmax", x, y, w[:, None], loss=scc, metrics=["accuracy"], weighted_metrics=["accuracy"])
    yield one("weights_metrics", "softmax", x, y, w, loss=scc, weighted_metrics=["accuracy", scc])
    yield one("weights_both_lists", "softmax", x, y, w, loss=scc, metrics=["accuracy", "sparse_top_k_categorical_accuracy"], weighted_metrics=["accuracy"])
    yield one("weights_none_given", "softmax", x, y, loss=scc, metrics=["accuracy"], weighted_metrics=["accuracy"])
    yield one("weights_zero", "softmax", x, y, w * 0, loss=scc, weighted_metrics=["accuracy"])
    some = w.copy()
    some[4:8] = 0
    yield one("weights_zero_batch", "softmax", x, y, some, loss=scc, weighted_metrics=["accuracy"])
    yield one("weights_int", "softmax", x, y, d.classes(3), loss=scc, weighted_metrics=["accuracy"])
    yield one("weights_top_k", "softmax", x, y, w, loss=scc, weighted_metrics=[m.SparseTopKCategoricalAccuracy(k=2, name="top")])
    yield one("weights_binary", "sigmoid", d.logits(3), d.binary(3), w, loss="binary_crossentropy", weighted_metrics=["accuracy", m.BinaryCrossentropy(name="bce")])
    yield one("weights_mse", "linear", d.logits(3), d.targets(3), w, loss="mse", weighted_metrics=["mse", m.MeanAbsoluteError(name="a"), m.CategoricalAccuracy(name="c")])
    steps_x, steps_y, steps_w = d.logits(4, 5), d.classes(5, 4), d.weights(4)
    yield one("weights_per_timestep", "softmax", steps_x, steps_y, steps_w, loss=scc, weighted_metrics=["accuracy", scc])
    yield one("weights_per_timestep_mse", "linear", d.logits(4, 3), d.targets(4, 3), steps_w, loss="mse", weighted_metrics=["mse"])
    yield one("weights_per_sample_of_sequences", "softmax", steps_x, steps_y, w[:, None], loss=scc, weighted_metrics=["accuracy"])
    if generation == 2:
        yield one("weights_vector_for_sequences", "softmax", steps_x, steps_y, w, loss=scc, weighted_metrics=["accuracy"])
    yield one("weights_label_smoothing", "softmax", x, d.one_hot(5), w, loss=k.losses.CategoricalCrossentropy(label_smoothing=0.2), weighted_metrics=["categorical_crossentropy"])
    for reduction in ("sum", "none"):
        yield one(f"weights_scc_{reduction}", "softmax", x, y, w, loss=k.losses.SparseCategoricalCrossentropy(reduction=reduction))
    yield one("sequence_sum", "softmax", steps_x, steps_y, loss=k.losses.SparseCategoricalCrossentropy(reduction="sum"))
    if generation == 3:
        for reduction in ("mean", "mean_with_sample_weight"):
            loss = k.losses.SparseCategoricalCrossentropy(reduction=reduction)
            yield one(f"weights_scc_{reduction}", "softmax", x, y, w, loss=loss)
            yield one(f"no_weights_scc_{reduction}", "softmax", x, y, loss=loss)


def two(name, x, y, sample_weight=None, **compile_config):
    outputs = [("kind", (4,), "softmax"), ("score", (2,), "linear")]
    return Case(name, outputs, x, y, compile_config, sample_weight, BATCH)


def several_outputs(k, generation):
    d = Data(7)
    m = k.metrics
    x = {"kind_in": d.logits(4), "score_in": d.logits(2)}
    y = {"kind": d.classes(4), "score": d.targets(2)}
    w = {"kind": d.weights(), "score": d.weights()}
    scc = "sparse_categorical_crossentropy"
    losses = {"kind": scc, "score": "mse"}
    yield two("outputs_loss_dict", x, y, loss=losses)
    yield two("outputs_loss_list", x, y, loss=[scc, "mse"])
    yield two("outputs_loss_weights_dict", x, y, loss=losses, loss_weights={"kind": 0.3, "score": 2.0})
    yield two("outputs_loss_weights_list", x, y, loss=[scc, "mse"], loss_weights=[0.3, 2.0])
    yield two("outputs_loss_weights_int", x, y, loss=losses, loss_weights={"kind": 2, "score": 1})
    yield two("outputs_metrics_dict", x, y, loss=losses, metrics={"kind": ["accuracy", scc], "score": "mae"})
    yield two("outputs_metrics_partial", x, y, loss=losses, metrics={"score": ["mae"]})
    yield two("outputs_metrics_nested", x, y, loss=[scc, "mse"], metrics=[["accuracy"], ["mae", "mse"]])
    yield two("outputs_metrics_same", x, y, loss=losses, metrics={"kind": [m.SparseCategoricalAccuracy(name="q")], "score": [m.MeanSquaredError(name="q")]})
    yield two("outputs_weighted", x, y, w, loss=losses, metrics={"kind": ["accuracy"], "score": ["mse"]}, weighted_metrics={"kind": ["accuracy"], "score": ["mse"]})
    yield two("outputs_weighted_loss", x, y, w, loss=losses, loss_weights={"kind": 0.5, "score": 0.25})
    yield two("outputs_two_classes", x, {"kind": d.one_hot(4), "score": d.targets(2)}, loss={"kind": k.losses.CategoricalCrossentropy(label_smoothing=0.1), "score": k.losses.Huber()}, metrics={"kind": [m.CategoricalAccuracy()], "score": [m.MeanAbsoluteError()]})
    if generation == 2:
        hot = {"kind": d.one_hot(4), "score": d.targets(2)}
        yield two("outputs_one_loss", x, hot, loss="mse", metrics=["mae"])
        yield two("outputs_one_metric", x, hot, loss="mse", metrics="mae")
        yield two("outputs_flat_metrics", x, hot, loss="mse", metrics=["mae", "mse"])
        yield two("outputs_loss_partial", x, y, loss={"kind": scc}, metrics={"score": ["mae"]})
        yield two("outputs_loss_none", x, y, loss=[None, "mse"], metrics=[["accuracy"], []])
        yield two("outputs_loss_weight_one", x, hot, loss="mse", loss_weights=[1.0, 0.0])
    else:
        yield two("outputs_flat_metrics", x, y, loss=[scc, "mse"], metrics=["accuracy", "mae"])
        yield two("outputs_loss_none", x, y, loss=[None, "mse"], metrics=[["accuracy"], ["mae"]])
        yield two("outputs_loss_none_dict", x, y, loss={"kind": None, "score": "mse"}, metrics={"kind": "accuracy"})


def names(k, generation):
    d = Data(8)
    m = k.metrics
    x, y = d.logits(3), d.targets(3)
    sparse = d.classes(3)
    scc = "sparse_categorical_crossentropy"
    yield one("names_strings", "linear", x, y, loss="mse", metrics=["mse", "MSE", "mean_squared_error", "mae", "MAE"])
    yield one("names_class_strings", "linear", x, y, loss="mse", metrics=["MeanSquaredError", "MeanAbsoluteError"])
    yield one("names_given", "linear", x, y, loss="mse", metrics=[m.MeanSquaredError(name="my error"), m.MeanAbsoluteError(name="a/b")])
    yield one("names_weighted_clash", "linear", x, y, d.weights(), loss="mse", metrics=["mse"], weighted_metrics=["mse", "mae"])
    yield one("names_order", "softmax", x, sparse, loss=scc, metrics=[m.SparseTopKCategoricalAccuracy(k=2, name="zeta"), "accuracy", m.SparseCategoricalAccuracy(name="Alpha")])
    yield one("names_functions", "softmax", x, sparse, loss=k.losses.sparse_categorical_crossentropy, metrics=[m.sparse_categorical_accuracy, m.sparse_top_k_categorical_accuracy])
    yield one("names_loss_object", "linear", x, y, loss="mse", metrics=[k.losses.MeanSquaredError(), k.losses.MeanAbsoluteError(name="l")])
    yield one("loss_name_ignored", "linear", x, y, loss=k.losses.MeanSquaredError(name="other"))
    yield one("loss_weight_scalar", "linear", x, y, loss="mse", loss_weights=0.5 if generation == 3 else [0.5])
    yield one("loss_in_list", "linear", x, y, loss=["mse"], metrics=["mae"])
    yield one("loss_in_dict", "linear", x, y, loss={"out": "mse"}, metrics={"out": ["mae"]})
    yield one("batch_size_1", "softmax", x, sparse, batch_size=1, loss=scc, metrics=["accuracy"])
    yield one("batch_size_all", "softmax", x, sparse, batch_size=64, loss=scc, metrics=["accuracy"])
    yield one("batch_size_5", "softmax", d.logits(4, 3), d.classes(3, 4), batch_size=5, loss=scc, metrics=["accuracy", k.losses.SparseCategoricalCrossentropy(name="l")])
    if generation == 2:
        yield one("no_loss", "softmax", x, sparse, metrics=["accuracy"])
        yield one("no_loss_weighted", "softmax", x, sparse, d.weights(), weighted_metrics=["accuracy"])
        yield one("metrics_not_in_list", "linear", x, y, loss="mse", metrics="mae")
        yield one("names_case", "linear", x, y, loss="MSE", metrics=["mean_absolute_error", "MAE"])
    else:
        yield one("names_twice", "linear", x, y, loss="mse", metrics=["mse", "mse", m.MeanSquaredError(name="mse")])
        yield one("names_accuracy_class", "linear", d.classes(2, 3).astype("float32"), d.classes(2, 3).astype("float32"), loss="mse", metrics=["Accuracy"])
        yield one("names_snake_strings", "softmax", x, sparse, loss=scc, metrics=["sparse_categorical_accuracy", "SparseCategoricalAccuracy"])
