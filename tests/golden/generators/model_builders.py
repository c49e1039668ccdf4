"""The models of tests/golden/models, for either Keras, compiled, with data."""

import dataclasses

import numpy as np

SAMPLES = 70  # with batches of 32 the last one has 6 rows


@dataclasses.dataclass
class Case:
    model: object
    x: object
    y: object
    sample_weight: object = None
    batch_size: int = 32
    checkpoints: int = 2
    extra: dict = dataclasses.field(default_factory=dict)


def rng():
    return np.random.default_rng(5)


def class_data(shape, classes):
    """Inputs in -1..1 and classes that depend on them."""
    random = rng()
    x = random.uniform(-1, 1, (SAMPLES, *shape)).astype("float32")
    directions = random.normal(size=(int(np.prod(shape)), classes))
    y = np.argmax(x.reshape(SAMPLES, -1) @ directions, axis=-1)
    return x, y


def mlp(k, optimizer=None, dtype=None):
    l = k.layers
    model = k.Sequential(
        [
            k.Input((6,), name="features"),
            l.Dense(12, activation="relu", name="hidden", dtype=dtype),
            l.Dense(3, activation="softmax", name="classes", dtype=dtype),
        ],
        name="mlp",
    )
    model.compile(
        optimizer or k.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Case(model, *class_data((6,), 3), checkpoints=3)


def cnn(k):
    l = k.layers
    model = k.Sequential(
        [
            k.Input((8, 9, 2), name="image"),
            l.Conv2D(4, 3, padding="same", use_bias=False, name="conv"),
            l.BatchNormalization(name="norm"),
            l.Activation("relu", name="act"),
            l.MaxPooling2D(2, name="pool"),
            l.Conv2D(6, (3, 2), strides=2, padding="same", activation="relu", name="conv2"),
            l.Dropout(0.4, name="drop"),
            l.Flatten(name="flat"),
            l.Dense(4, name="logits"),
        ],
        name="cnn",
    )
    model.compile(
        k.optimizers.Adam(0.01),
        k.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[
            k.metrics.SparseCategoricalAccuracy(name="eval_metrics"),
            k.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2"),
        ],
    )
    return Case(model, *class_data((8, 9, 2), 4))


def two_in_out(k):
    l = k.layers
    wide = k.Input((5,), name="wide")
    deep = k.Input((4,), name="deep")
    joined = l.Concatenate(name="join")([wide, l.Dense(6, activation="tanh", name="deep_dense")(deep)])
    hidden = l.Dense(8, activation="elu", name="hidden")(joined)
    kind = l.Dense(3, activation="softmax", name="kind")(hidden)
    score = l.Dense(1, name="score")(hidden)
    model = k.Model([wide, deep], [kind, score], name="two_in_out")
    model.compile(
        k.optimizers.Adam(0.01),
        loss={"kind": "sparse_categorical_crossentropy", "score": "mse"},
        loss_weights={"kind": 0.7, "score": 1.5},
        metrics={"kind": ["accuracy"], "score": ["mae"]},
        weighted_metrics={"kind": ["sparse_categorical_crossentropy"], "score": ["mse"]},
    )
    random = rng()
    x = {
        "wide": random.normal(size=(SAMPLES, 5)).astype("float32"),
        "deep": random.normal(size=(SAMPLES, 4)).astype("float32"),
    }
    y = {
        "kind": random.integers(0, 3, SAMPLES),
        "score": random.normal(size=(SAMPLES, 1)).astype("float32"),
    }
    weights = {name: random.uniform(0.2, 2, SAMPLES).astype("float32") for name in y}
    return Case(model, x, y, weights)


def shared(k):
    l = k.layers
    left = k.Input((5,), name="left")
    right = k.Input((5,), name="right")
    encoder = l.Dense(7, activation="relu", name="encoder")
    norm = l.LayerNormalization(name="norm")
    a, b = norm(encoder(left)), norm(encoder(right))
    merged = l.Concatenate(name="merge")([l.Multiply(name="times")([a, b]), l.Add(name="plus")([a, b])])
    same = l.Dense(1, activation="sigmoid", name="same")(merged)
    model = k.Model([left, right], same, name="shared")
    model.compile(
        k.optimizers.SGD(0.05, momentum=0.9),
        k.losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", k.metrics.BinaryCrossentropy(name="bce")],
    )
    random = rng()
    x = {name: random.normal(size=(SAMPLES, 5)).astype("float32") for name in ("left", "right")}
    y = (np.sum(x["left"] * x["right"], axis=1, keepdims=True) > 0).astype("int64")
    return Case(model, x, y)


def nested(k):
    l = k.layers
    block_in = k.Input((6,), name="block_in")
    block_mid = l.Dense(6, activation="relu", name="block_dense")(block_in)
    block = k.Model(block_in, l.Add(name="block_add")([block_in, block_mid]), name="block")
    stem = k.Sequential(
        [k.Input((4,), name="stem_in"), l.Dense(6, name="stem_dense"), l.BatchNormalization(name="stem_norm")],
        name="stem",
    )
    head_in = k.Input((6,), name="head_in")
    inner = k.Sequential([k.Input((6,), name="inner_in"), l.Dense(5, activation="tanh", name="inner_dense")], name="inner")
    head = k.Model(head_in, l.Dense(3, activation="softmax", name="head_dense")(inner(head_in)), name="head")
    x_in = k.Input((4,), name="x_in")
    model = k.Model(x_in, head(block(block(stem(x_in)))), name="nested")
    model.compile(
        k.optimizers.Adam(0.01),
        "categorical_crossentropy",
        metrics=["accuracy", "categorical_crossentropy"],
    )
    x, y = class_data((4,), 3)
    return Case(model, x, np.eye(3, dtype="float32")[y])


def text(k):
    l = k.layers
    model = k.Sequential(
        [
            k.Input((12,), dtype="int32", name="tokens"),
            l.Embedding(30, 4, name="embed"),
            l.Reshape((12, 4, 1), name="as_image"),
            l.Conv2D(5, (3, 4), activation="relu", name="ngrams"),
            l.GlobalMaxPooling2D(name="pool"),
            l.Dense(1, activation="sigmoid", name="positive"),
        ],
        name="text",
    )
    model.compile(k.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    random = rng()
    x = random.integers(0, 30, (SAMPLES, 12)).astype("int32")
    return Case(model, x, (np.sum(x < 8, axis=1) > 3).astype("float32"))


def regression(k):
    l = k.layers
    random = rng()
    x = (random.normal(size=(SAMPLES, 4)) * [1, 10, 0.1, 3] + [0, 5, -2, 7]).astype("float32")
    norm = l.Normalization(name="norm")
    norm.adapt(x)
    model = k.Sequential(
        [k.Input((4,), name="features"), norm, l.Dense(8, activation="relu", name="hidden"), l.Dense(1, name="value")],
        name="regression",
    )
    model.compile(k.optimizers.Adam(0.02), k.losses.Huber(), metrics=["mse", "mae"])
    y = (x[:, 0] + 0.2 * x[:, 1] + random.normal(size=SAMPLES)).astype("float32")
    return Case(model, x, y)


def weighted(k):
    case = mlp(k)
    case.model.compile(
        k.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=[k.metrics.SparseCategoricalAccuracy(name="weighted_acc"), "sparse_categorical_crossentropy"],
    )
    case.sample_weight = rng().uniform(0, 3, SAMPLES).astype("float32")
    case.batch_size = 16
    return case


def uint8_image(k):
    l = k.layers
    model = k.Sequential(
        [
            k.Input((6, 6, 3), dtype="uint8", name="pixels"),
            l.Rescaling(1 / 127.5, offset=-1, name="scale"),
            l.Conv2D(4, 3, activation="relu", name="conv"),
            l.AveragePooling2D(2, padding="same", name="pool"),
            l.Flatten(name="flat"),
            l.Dense(3, name="dense"),
            l.Softmax(name="softmax"),
        ],
        name="uint8_image",
    )
    model.compile(k.optimizers.Adam(0.01), k.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    x, y = class_data((6, 6, 3), 3)
    return Case(model, ((x + 1) * 127.5).astype("uint8"), y.astype("uint8"))


def many_layers(k):
    l = k.layers
    image = k.Input((9, 11, 4), name="image")
    h = l.ZeroPadding2D(((1, 0), (0, 2)), name="pad")(image)
    h = l.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same", name="depthwise")(h)
    h = l.BatchNormalization(name="norm")(h)
    h = l.LeakyReLU(0.2, name="leaky")(h)
    h = l.Conv2D(8, 3, padding="same", groups=4, name="grouped")(h)
    h = l.ReLU(max_value=6.0, negative_slope=0.05, name="relu")(h)
    h = l.Conv2D(8, 3, padding="same", dilation_rate=2, activation="gelu", name="dilated")(h)
    gate = l.GlobalAveragePooling2D(keepdims=True, name="squeeze")(h)
    h = l.Multiply(name="gated")([h, l.Dense(8, activation="sigmoid", name="gate")(gate)])
    h = l.LayerNormalization(axis=-1, name="layer_norm")(h)
    h = l.GlobalMaxPooling2D(name="pool")(h)
    out = l.Activation("softmax", name="classes")(l.Dense(4, name="dense")(h))
    model = k.Model(image, out, name="many_layers")
    model.compile(
        k.optimizers.SGD(0.05),
        k.losses.CategoricalCrossentropy(label_smoothing=0.05),
        metrics=[k.metrics.CategoricalAccuracy(), k.metrics.TopKCategoricalAccuracy(k=2)],
    )
    x, y = class_data((9, 11, 4), 4)
    return Case(model, x, np.eye(4, dtype="float32")[y], checkpoints=1)


def regularized(k):
    """One regularised layer is frozen: Keras 2 counts it, Keras 3 does not."""
    l, r = k.layers, k.regularizers
    model = k.Sequential(
        [
            k.Input((6,), name="features"),
            l.Dense(8, activation="relu", kernel_regularizer=r.L2(0.01), bias_regularizer=r.L1(0.02), name="trained"),
            l.Dense(8, activation="relu", kernel_regularizer=r.L1L2(0.01, 0.03), trainable=False, name="frozen"),
            l.Dense(3, activation="softmax", kernel_regularizer="l2", name="classes"),
        ],
        name="regularized",
    )
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Case(model, *class_data((6,), 3))


def recurrent(k):
    """Cells in lists and wrappers, behind a mask."""
    l = k.layers
    words = k.Input((6,), dtype="int32", name="words")
    x = l.Embedding(12, 4, mask_zero=True, name="embedding")(words)
    x = l.Bidirectional(l.LSTM(3, return_sequences=True), name="both_ways")(x)
    x = l.TimeDistributed(l.Dense(4, activation="relu"), name="each_step")(x)
    x = l.RNN([l.LSTMCell(4), l.GRUCell(3), l.LSTMCell(4)], name="stack")(x)
    model = k.Model(words, l.Dense(2, activation="softmax", name="classes")(x), name="recurrent")
    model.compile(k.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    random = rng()
    x = random.integers(1, 12, (SAMPLES, 6)).astype("int32")
    x[np.arange(6) >= random.integers(0, 7, (SAMPLES, 1))] = 0
    return Case(model, x, (x.sum(axis=1) > 20).astype("int64"))
