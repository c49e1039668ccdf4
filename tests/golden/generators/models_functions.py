"""Models of tests/golden/models with functions as nodes, attention, and ways of calling layers."""

import numpy as np
import tensorflow as tf

from . import model_builders as build


def functions_of(k):
    """The same functions of keras.ops and of TensorFlow."""
    if k.__name__ == "keras":
        return k.ops.softmax, k.ops.sigmoid, k.ops.mean, k.ops.concatenate
    return tf.nn.softmax, tf.sigmoid, tf.reduce_mean, tf.concat


def data(model, shape, *targets):
    random = build.rng()
    x = random.normal(size=(build.SAMPLES, *shape)).astype("float32")
    y = [random.integers(0, high, size=(build.SAMPLES, *more)) for high, *more in targets]
    return build.Case(model, x, dict(zip(model.output_names, y)) if len(y) > 1 else y[0])


def saturated(k):
    """Probabilities of 0 and 1: only the logits behind a softmax and a sigmoid give the loss."""
    softmax, sigmoid, _, _ = functions_of(k)
    x = k.Input((6,), name="x")
    kind = softmax(k.layers.Dense(3, name="kind_logits")(x) * 40.0)
    same = sigmoid(k.layers.Dense(1, name="same_logits")(x) * 60.0)
    model = k.Model(x, [kind, same], name="saturated")
    model.compile(
        k.optimizers.SGD(1e-4), ["sparse_categorical_crossentropy", "binary_crossentropy"], metrics=[["accuracy"], ["mse"]]
    )
    return data(model, (6,), (3,), (2, 1))


def probabilities(k):
    """A function behind the softmax: its logits no longer count."""
    softmax, _, _, _ = functions_of(k)
    x = k.Input((6,), name="x")
    first = softmax(k.layers.Dense(3, name="first")(x) * 20.0)
    second = k.layers.Dense(3, activation="softmax", name="second")(x)
    model = k.Model(x, (first + second) * 0.5, name="probabilities")
    model.compile(k.optimizers.SGD(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return data(model, (6,), (3,))


def batch_function(k):
    """Rows depend on the mean of their batch, the last of which is smaller."""
    _, _, mean, _ = functions_of(k)
    x = k.Input((6,), name="x")
    centred = x - mean(x, axis=0, keepdims=True)
    model = k.Model(x, k.layers.Dense(3, activation="softmax", name="kind")(centred), name="batch_function")
    model.compile(k.optimizers.SGD(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return data(model, (6,), (3,))


def transformer(k):
    """Two blocks of attention; sums and means are functions."""
    l = k.layers
    _, _, mean, _ = functions_of(k)
    ids = k.Input((7,), dtype="int32", name="ids")
    x = l.Embedding(20, 8, name="tokens")(ids)
    for i in range(2):
        y = l.LayerNormalization(name=f"norm_{i}")(x)
        x = x + l.MultiHeadAttention(2, 4, dropout=0.1 * i, name=f"attention_{i}")(y, y, use_causal_mask=i == 0)
        y = l.Dense(12, activation="gelu", name=f"wide_{i}")(l.LayerNormalization(name=f"norm_{i}_wide")(x))
        x = x + l.Dense(8, name=f"narrow_{i}")(y)
    query = l.Attention(use_scale=True, name="pool")([mean(x, axis=1, keepdims=True), x])
    kind = l.Dense(3, activation="softmax", name="kind")(query[:, 0])
    model = k.Model(ids, kind, name="transformer")
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    random = build.rng()
    return build.Case(model, random.integers(0, 20, (build.SAMPLES, 7)).astype("int32"), random.integers(0, 3, build.SAMPLES))


def calls(k):
    """Dictionaries in and out, constants, keyword arguments, models and layers called more than once."""
    l = k.layers
    _, _, _, concatenate = functions_of(k)
    inner_a, inner_b = k.Input((4,), name="inner_a"), k.Input((4,), name="inner_b")
    inner = k.Model([inner_a, inner_b], [l.Dense(5, name="inner_dense")(inner_a), l.Add(name="inner_add")([inner_a, inner_b])], name="inner")
    left, right = k.Input((4,), name="left"), k.Input((4,), name="right")
    dense = l.Dense(4, activation="tanh", name="dense")
    once, twice = dense(left), dense(dense(inputs=right) if k.__name__ == "keras" else dense(right))
    first, total = inner([once, twice], training=False)
    second, _ = inner([total, left])
    joined = concatenate([first, second, total * np.full((1, 1), 0.5, "float32")], axis=-1)
    outputs = {"score": l.Dense(1, name="score")(joined), "kind": l.Dense(3, activation="softmax", name="kind")(joined)}
    model = k.Model({"right": right, "left": left}, outputs, name="calls")
    model.compile(
        k.optimizers.Adam(0.01),
        {"kind": "sparse_categorical_crossentropy", "score": "mse"},
        metrics={"kind": ["accuracy"], "score": ["mae"]},
    )
    random = build.rng()
    x = {name: random.normal(size=(build.SAMPLES, 4)).astype("float32") for name in ("left", "right")}
    y = {"kind": random.integers(0, 3, build.SAMPLES), "score": random.normal(size=(build.SAMPLES, 1)).astype("float32")}
    return build.Case(model, x, y)


BOTH = {
    "saturated": saturated,
    "probabilities": probabilities,
    "batch_function": batch_function,
    "transformer": transformer,
    "calls": calls,
}
