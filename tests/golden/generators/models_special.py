"""Further cases of tests/golden/models: open input shapes, dtype policies, shared names."""

import json

import numpy as np
import tensorflow as tf

from . import common, keras_files, model_builders as build


def open_stack(layers, loss, metrics, x, y):
    """A Sequential model without an Input: its shapes come with the data."""

    def builder(k):
        model = k.Sequential(layers(k.layers), name="stack")
        text = model.to_json()  # before anything is built
        model.compile(k.optimizers.Adam(0.01), loss, metrics=metrics)
        return build.Case(model, x, y, extra={"json": text})

    return builder


def open_dense():
    x, y = build.class_data((6,), 3)
    layers = lambda l: [l.Dense(8, activation="relu"), l.Dense(3, activation="softmax")]
    return open_stack(layers, "sparse_categorical_crossentropy", ["accuracy"], x, y)


def open_image():
    """Bytes: Keras 2 makes the input of the data's type."""
    x, y = build.class_data((6, 5, 3), 3)
    layers = lambda l: [
        l.Rescaling(1 / 127.5, offset=-1),
        l.Conv2D(4, 3, activation="relu"),
        l.BatchNormalization(),
        l.MaxPooling2D(2),
        l.Flatten(),
        l.Dense(3, activation="softmax"),
    ]
    x = ((x + 1) * 127.5).astype("uint8")
    return open_stack(layers, "sparse_categorical_crossentropy", ["accuracy"], x, y)


def open_text():
    random = build.rng()
    x = random.integers(0, 20, (build.SAMPLES, 7)).astype("int64")
    y = (np.sum(x < 6, axis=1) > 1).astype("float32")
    layers = lambda l: [l.Embedding(20, 3), l.Reshape((21,)), l.Dense(1, activation="sigmoid")]
    return open_stack(layers, "binary_crossentropy", ["accuracy"], x, y)


def open_nested(k):
    """Models inside a model, none of which knows its input."""
    l = k.layers
    inner = k.Sequential([l.Dense(5, activation="tanh"), l.BatchNormalization()], name="inner")
    model = k.Sequential([inner, k.Sequential([l.Dense(4)], name="more"), l.Dense(1)], name="outer")
    text = model.to_json()
    model.compile(k.optimizers.Adam(0.01), "mse", metrics=["mae"])
    x, y = build.class_data((4,), 3)
    return build.Case(model, x, y.astype("float32"), extra={"json": text})


def policy_mlp(policy, tolerance):
    def builder(k):
        case = build.mlp(k, dtype=policy)
        case.checkpoints = 2
        if tolerance:
            case.extra["tolerance"] = tolerance
        return case

    return builder


def saturated_mlp(policy, tolerance):
    """Logits far from 0 under a policy that is not float32's: who sees them depends on who casts the output."""

    def builder(k):
        large = k.initializers.RandomNormal(stddev=8, seed=3)
        classes = k.layers.Dense(3, activation="softmax", kernel_initializer=large, name="classes", dtype=policy)
        classes.trainable = False  # Keras 3's gradients in half precision are not finite
        layers = [k.Input((6,), name="features"), classes]
        model = k.Sequential(layers, name="far")
        ce = "sparse_categorical_crossentropy"
        model.compile(k.optimizers.SGD(1e-4), ce, metrics=["accuracy", ce])
        return build.Case(model, *build.class_data((6,), 3), checkpoints=2, extra={"tolerance": tolerance})

    return builder


def added_terms(k):
    """add_loss and add_metric of a functional model, of tensors that no output needs."""
    l = k.layers
    x = k.Input((6,), name="x")
    mean, spread = l.Dense(4, name="mean")(x), l.Dense(4, activation="tanh", name="spread")(x)
    y = l.Dense(3, activation="softmax", name="kind")(l.Add(name="code")([mean, spread]))
    model = k.Model(x, y, name="added")
    model.add_loss(0.05 * tf.reduce_mean(tf.square(l.Dense(2, name="beside")(mean))))
    model.add_loss(tf.reduce_sum(tf.abs(spread)) * 0.001)
    model.add_metric(tf.reduce_mean(spread, axis=-1), name="spread_by_sample", aggregation="mean")
    model.add_metric(tf.reduce_max(mean), name="largest_mean", aggregation="mean")
    model.add_metric(mean * mean, name="size", aggregation="mean")
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return build.Case(model, *build.class_data((6,), 3), checkpoints=2)


def activity(k):
    """Regularizers of activities, and orthogonal ones of variables."""
    l, r = k.layers, k.regularizers
    layers = [
        k.Input((6, 5, 2), name="image"),
        l.Conv2D(4, 3, activity_regularizer="l2", kernel_regularizer=None, name="convolution"),
        l.ActivityRegularization(l1=0.01, l2=0.02, name="activity"),
        l.Flatten(name="flat"),
        l.Dense(5, kernel_regularizer=r.OrthogonalRegularizer(0.1), activity_regularizer=r.L1(0.03), name="rows"),
        l.Dense(4, kernel_regularizer=r.OrthogonalRegularizer(0.2, mode="columns"), name="columns"),
        l.Dense(3, activation="softmax", activity_regularizer=r.L1L2(0.01, 0.02), name="kind"),
    ]
    model = k.Sequential(layers, name="activity")
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return build.Case(model, *build.class_data((6, 5, 2), 3), checkpoints=2)


def activity_wrapped(k):
    """Regularizers of activities inside of wrappers, and those that attention layers hand to their projections."""
    l, r = k.layers, k.regularizers
    x = k.Input((4, 5), name="steps")
    h = l.TimeDistributed(l.Dense(4, activity_regularizer=r.L2(0.1), name="dense"), name="each")(x)
    h = l.Bidirectional(
        l.LSTM(3, return_sequences=True, activity_regularizer=r.L1(0.05), name="lstm"), merge_mode="sum", name="both"
    )(h)
    h = l.MultiHeadAttention(2, 3, activity_regularizer=r.L2(0.02), name="heads")(h, h)
    if k is common.KERAS[3]:  # Keras 2 cannot read its SpectralNormalization back
        h = l.SpectralNormalization(l.Dense(3, activity_regularizer="l2", name="bounded"), name="spectral")(h)
        h = l.GroupQueryAttention(3, 4, 2, activity_regularizer=r.L1L2(0.01, 0.02), use_gate=True, name="groups")(h, h)
        inner = k.Sequential([k.Input((3,), name="in"), l.Dense(3, activity_regularizer=r.L2(0.1), name="dense")], name="inner")
        h = l.TimeDistributed(inner, name="each_model")(h)
    y = l.Dense(3, activation="softmax", name="kind")(l.Flatten(name="flat")(h))
    model = k.Model(x, y, name="activity_wrapped")
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return build.Case(model, *build.class_data((4, 5), 3), checkpoints=2)


def wrapped(k):
    """Models inside of wrappers, by the checkpoint's object graph."""
    case = keras_files.wrapped(k)
    case.checkpoints = 2
    return case


def each_its_policy(k):
    """A policy for each layer; the data passes from one type to the next."""
    l = k.layers
    inputs = k.Input((6,), name="features")
    h = l.Dense(9, activation="tanh", dtype="float64", name="double")(inputs)
    h = l.Dense(8, activation="relu", dtype="mixed_bfloat16", name="brain")(h)
    h = l.LayerNormalization(dtype="float16", name="half")(h)
    out = l.Dense(3, activation="softmax", dtype="float32", name="classes")(h)
    model = k.Model(inputs, out, name="policies")
    model.compile(k.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return build.Case(model, *build.class_data((6,), 3), extra={"tolerance": 2e-2})


def policy_map(k):
    """Keras 3: a map from paths to policies, with an exact key, a pattern and a default."""
    l = k.layers
    policies = k.dtype_policies.DTypePolicyMap(default_policy="float32")
    policies["mapped/hidden"] = k.dtype_policies.DTypePolicy("float64")
    policies["mapped/class.*"] = k.dtype_policies.DTypePolicy("mixed_bfloat16")
    model = k.Sequential(
        [
            k.Input((6,), name="features"),
            l.Dense(8, activation="relu", name="hidden", dtype=policies),
            l.Dense(8, activation="relu", name="other", dtype=policies),
            l.Dense(3, activation="softmax", name="classes", dtype=policies),
        ],
        name="mapped",
    )
    # No accuracy: bfloat16 decides ties otherwise.
    metrics = ["sparse_categorical_crossentropy"]
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=metrics)
    return build.Case(model, *build.class_data((6,), 3), extra={"tolerance": 2e-2})


def same_names(k):
    """Models whose layers have the same names, a layer of two models, a model called twice."""
    l = k.layers
    both = l.Dense(5, activation="tanh", name="both")

    def tower(name):
        tower_in = k.Input((5,), name="in")
        h = l.BatchNormalization(name="norm")(both(l.Dense(5, name="dense")(tower_in)))
        return k.Model(tower_in, l.Dense(4, name="dense_1")(h), name=name)

    left, right = k.Input((5,), name="left"), k.Input((5,), name="right")
    one, other = tower("tower"), tower("dense")
    parts = [one(left), other(right), one(right), l.Dense(2, name="norm")(both(left))]
    joined = l.Concatenate(name="join")(parts)
    stack = k.Sequential([k.Input((14,), name="in"), l.Dense(6, name="dense"), l.Dense(6, name="norm")], name="stack")
    out = l.Dense(1, activation="sigmoid", name="both_1")(stack(joined))
    model = k.Model([left, right], out, name="same_names")
    model.compile(k.optimizers.SGD(0.05, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    case = build.shared(k)
    return build.Case(model, case.x, case.y)


def loader(k, case, text, serialized):
    """Reads an unbuilt model back and shows it the data once, so that it has variables."""
    compile_config = case.model.get_compile_config()

    def load():
        model = k.models.model_from_json(text)
        model(case.x[:2])
        model.compile_from_config({**serialized, "optimizer": compile_config["optimizer"]})
        return model

    return load


def save_open_model(k, case, folder):
    text = case.extra["json"]
    folder.joinpath("model.json").write_text(text + "\n")
    compile_config = case.model.get_compile_config()
    keys = ("loss", "loss_weights", "metrics", "weighted_metrics")
    serialized = json.loads(json.dumps({key: compile_config[key] for key in keys}))
    common.write_json(folder / "compile.json", serialized)
    return loader(k, case, text, serialized)


BOTH = {
    "open_dense": open_dense(),
    "open_image": open_image(),
    "open_text": open_text(),
    "open_nested": open_nested,
    "mixed_bfloat16": policy_mlp("mixed_bfloat16", 5e-2),
    "saturated_float16": saturated_mlp("float16", 2e-2),
    "saturated_float64": saturated_mlp("float64", 1e-5),
    "activity": activity,
    "activity_wrapped": activity_wrapped,
    "wrapped": wrapped,
    "each_its_policy": each_its_policy,
    "same_names": same_names,
}
ONLY_KERAS2 = {"added_terms": added_terms}
ONLY_KERAS3 = {  # Keras 2 cannot read bfloat16 variables back
    "bfloat16": policy_mlp("bfloat16", 5e-2),
    "policy_map": policy_map,
}
