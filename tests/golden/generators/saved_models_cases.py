"""Models with code of their own, for either Keras: the cases of saved_models."""

import dataclasses

import numpy as np
import tensorflow as tf

SAMPLES = 70  # with batches of 32 the last one has 6 rows


@dataclasses.dataclass
class Case:
    """A compiled model that saw a symbolic input, its data and how it is saved."""

    model: object
    x: object
    y: object
    sample_weight: object = None
    batch_size: int = 32
    save: str = "tf.saved_model.save"  # or Model.save, Model.export
    save_traces: bool = True
    fit: bool = False  # checkpoints by Model.fit with ModelCheckpoint
    optimizer: bool = True  # the checkpoints hold the optimizer
    signatures: object = None
    tracked: object = None  # what the checkpoints hold below `root`, if not the model
    root: str = "model"
    carried: object = None  # (case) -> what evaluate gives without what a SavedModel lacks
    expected: dict = dataclasses.field(default_factory=dict)  # more members of expected.json


def rng():
    return np.random.default_rng(7)


def normal(*shape):
    return rng().normal(size=shape).astype("float32")


def class_data(shape, classes):
    """Inputs, and classes that depend on them."""
    x = normal(SAMPLES, *shape)
    directions = np.random.default_rng(8).normal(size=(int(np.prod(shape)), classes))
    return x, np.argmax(x.reshape(SAMPLES, -1) @ directions, axis=-1)


def classifier(k, model, *inputs, rate=0.02):
    """Builds a classifier on symbolic inputs and compiles it."""
    model(inputs[0] if len(inputs) == 1 else list(inputs))
    model.compile(k.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def subclassed(k):
    """Nested models and layers, dropout and batch normalization."""

    class Block(k.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.dense = k.layers.Dense(units, activation="relu")
            self.norm = k.layers.BatchNormalization()
            self.drop = k.layers.Dropout(0.3)

        def call(self, x, training=None):
            return x + self.drop(self.norm(self.dense(x), training=training), training=training)

    class Encoder(k.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.stem = k.layers.Dense(6)
            self.first, self.second = Block(6), Block(6)

        def call(self, x, training=None):
            return self.second(self.first(self.stem(x), training=training), training=training)

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="net")
            self.encoder = Encoder()
            self.head = k.layers.Dense(3, activation="softmax")

        def call(self, x, training=None):
            return self.head(self.encoder(x, training=training))

    return Case(classifier(k, Net(), k.Input((4,), name="features")), *class_data((4,), 3))


def list_net(k, norm=False):
    """Layers in Python lists, tuples and dicts."""

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="lists")
            self.blocks = [k.layers.Dense(5, activation="tanh") for _ in range(3)]
            if norm:
                self.blocks.append(k.layers.BatchNormalization())
            self.pair = (k.layers.Dense(5), k.layers.Dense(5, activation="relu"))
            self.heads = {"even": k.layers.Dense(3), "odd": k.layers.Dense(3)}

        def call(self, x):
            for block in self.blocks:
                x = block(x)
            return tf.nn.softmax(self.heads["even"](self.pair[0](x)) - self.heads["odd"](self.pair[1](x)))

    return Net()


def lists(k):
    return Case(classifier(k, list_net(k), k.Input((4,), name="features")), *class_data((4,), 3))


def shared(k):
    """A layer used twice and reachable under two attributes; two inputs as a dict."""

    class Tower(k.layers.Layer):
        def __init__(self, encoder, **kwargs):
            super().__init__(**kwargs)
            self.encoder = encoder
            self.out = k.layers.Dense(4)

        def call(self, x):
            return self.out(self.encoder(x))

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="shared")
            self.encoder = k.layers.Dense(6, activation="relu")
            self.left_tower, self.right_tower = Tower(self.encoder), Tower(self.encoder)
            self.same = k.layers.Dense(1, activation="sigmoid")

        def call(self, inputs):
            left, right = self.left_tower(inputs["left"]), self.right_tower(inputs["right"])
            return self.same(left * right)

    model = Net()
    model({name: k.Input((5,), name=name) for name in ("left", "right")})
    model.compile(k.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    random = rng()
    x = {name: random.normal(size=(SAMPLES, 5)).astype("float32") for name in ("left", "right")}
    return Case(model, x, (np.sum(x["left"] * x["right"], axis=1, keepdims=True) > 0).astype("int64"))


def custom_layer(k):
    """Weights whose names are not their attributes' names, some not trainable."""

    class Scale(k.layers.Layer):
        def build(self, shape):
            self.gain = self.add_weight(name="g", shape=(shape[-1],), initializer="ones")
            self.shift = self.add_weight(name="a_shift", shape=(shape[-1],), initializer="zeros")
            self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", trainable=False)
            self.mean = self.add_weight(name="m", shape=(shape[-1],), initializer="zeros", trainable=False)

        def call(self, x, training=None):
            if training:
                self.seen.assign_add(1.0)
                self.mean.assign(0.9 * self.mean + 0.1 * tf.reduce_mean(x, axis=0))
            return (x - self.mean) * self.gain + self.shift + 0.05 * tf.math.log1p(self.seen)

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="scaled")
            self.scale = Scale()
            self.hidden = k.layers.Dense(6, activation="gelu")
            self.again = Scale()
            self.out = k.layers.Dense(3)

        def call(self, x, training=None):
            hidden = self.hidden(self.scale(x, training=training))
            return self.out(self.again(hidden, training=training))

    model = Net()
    model(k.Input((4,), name="features"))
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(k.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    x, y = class_data((4,), 3)
    return Case(model, x + np.float32(0.7), y)


def functional(k):
    """Two inputs and outputs; the outputs are not in alphabetical order."""
    l = k.layers
    wide, deep = k.Input((5,), name="wide"), k.Input((4,), name="deep")
    joined = l.Concatenate(name="join")([wide, l.Dense(6, activation="tanh", name="deep_dense")(deep)])
    hidden = l.BatchNormalization(name="norm")(l.Dense(8, activation="elu", name="hidden")(joined))
    score = l.Dense(1, name="score")(hidden)
    kind = l.Dense(3, activation="softmax", name="kind")(hidden)
    model = k.Model([wide, deep], [score, kind], name="functional")
    compile_two_outputs(k, model)
    return Case(model, *two_output_data(), expected={"output_names": ["score", "kind"]})


def compile_two_outputs(k, model):
    model.compile(
        k.optimizers.Adam(0.02),
        loss={"kind": "sparse_categorical_crossentropy", "score": "mse"},
        loss_weights={"kind": 0.7, "score": 1.5},
        metrics={"kind": ["accuracy"], "score": ["mae"]},
        weighted_metrics={"kind": ["sparse_categorical_crossentropy"], "score": ["mse"]},
    )


def two_output_data():
    random = rng()
    x = {
        "wide": random.normal(size=(SAMPLES, 5)).astype("float32"),
        "deep": random.normal(size=(SAMPLES, 4)).astype("float32"),
    }
    y = {
        "kind": random.integers(0, 3, SAMPLES),
        "score": random.normal(size=(SAMPLES, 1)).astype("float32"),
    }
    return x, y, {name: random.uniform(0.2, 2, SAMPLES).astype("float32") for name in y}


def dicts(k):
    """Inputs and outputs as dicts of a subclassed model."""

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="dicts")
            self.hidden = k.layers.Dense(8, activation="relu")
            self.norm = k.layers.LayerNormalization()
            self.kind = k.layers.Dense(3, activation="softmax")
            self.score = k.layers.Dense(1)

        def call(self, inputs):
            joined = tf.concat([inputs["wide"], tf.square(inputs["deep"])], axis=1)
            hidden = self.norm(self.hidden(joined))
            return {"kind": self.kind(hidden), "score": self.score(hidden)}

    model = Net()
    model({"wide": k.Input((5,), name="wide"), "deep": k.Input((4,), name="deep")})
    compile_two_outputs(k, model)
    return Case(model, *two_output_data())


def cnn(k):
    l = k.layers
    layers = [
        k.Input((8, 9, 2), name="image"),
        l.Conv2D(4, 3, padding="same", use_bias=False),
        l.BatchNormalization(),
        l.ReLU(),
        l.MaxPooling2D(2),
        l.DepthwiseConv2D(3, padding="same", activation="relu"),
        l.Dropout(0.3),
        l.Flatten(),
        l.Dense(4),
    ]
    model = k.Sequential(layers, name="cnn")
    metrics = [
        k.metrics.SparseCategoricalAccuracy(name="eval_metrics"),
        k.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2"),
    ]
    model.compile(k.optimizers.Adam(0.01), k.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=metrics)
    return Case(model, *class_data((8, 9, 2), 4))


def recurrent(k, layer, steps=6):
    class Net(k.Model):
        def __init__(self):
            super().__init__(name="recurrent")
            self.memory = layer
            self.head = k.layers.Dense(3, activation="softmax")

        def call(self, x):
            return self.head(self.memory(x))

    return Case(classifier(k, Net(), k.Input((steps, 3), name="series")), *class_data((6, 3), 3))


def lstm(k):
    return recurrent(k, k.layers.LSTM(4))


def gru(k):
    return recurrent(k, k.layers.Bidirectional(k.layers.GRU(3)))


def dynamic_time(k):
    """Any number of steps: convolution and recurrence of an unknown length."""
    l = k.layers
    series = k.Input((None, 3), name="series")
    hidden = l.Conv1D(4, 3, padding="causal", activation="relu", name="conv")(series)
    hidden = l.GRU(4, return_sequences=True, name="gru")(hidden)
    pooled = l.GlobalAveragePooling1D(name="pool")(hidden)
    model = k.Model(series, l.Dense(3, activation="softmax", name="out")(pooled), name="dynamic_time")
    model.compile(k.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Case(model, *class_data((7, 3), 3))


def states(k):
    """A recurrence that begins with another one's states, whose own outputs nobody reads."""
    l = k.layers
    series = k.Input((5, 3), name="series")
    _, hidden, carry = l.LSTM(4, return_state=True, name="encoder")(series)
    decoded = l.LSTM(4, return_sequences=True, name="decoder")(series, initial_state=[hidden, carry])
    out = l.Dense(3, activation="softmax", name="out")(l.Flatten(name="flat")(decoded))
    model = k.Model(series, out, name="states")
    model.compile(k.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Case(model, *class_data((5, 3), 3))


def while_loop(k):
    """A recurrence of the user's own: tf.while_loop, the count depends on the data."""

    class Iterate(k.layers.Layer):
        def build(self, shape):
            self.step = self.add_weight(name="step", shape=(shape[-1], shape[-1]), initializer="glorot_uniform")
            self.bias = self.add_weight(name="bias", shape=(shape[-1],), initializer="zeros")

        def call(self, x):
            count = 2 + tf.cast(tf.reduce_max(x) > 2.0, tf.int32)

            def body(index, state):
                return index + 1, tf.tanh(tf.matmul(state, self.step) + self.bias) + x

            return tf.while_loop(lambda index, state: index < count, body, [tf.constant(0), x])[1]

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="iterated")
            self.iterate = Iterate()
            self.out = k.layers.Dense(3, activation="softmax")

        def call(self, x):
            state = self.iterate(x)
            return self.out(tf.ensure_shape(state, [None, 4]))

    return Case(classifier(k, Net(), k.Input((4,), name="features")), *class_data((4,), 3))


def transformer(k):
    """Token and position embeddings, self attention, feed-forward part."""

    class Block(k.layers.Layer):
        def __init__(self, width, **kwargs):
            super().__init__(**kwargs)
            self.attention = k.layers.MultiHeadAttention(2, width // 2)
            self.inner, self.outer = k.layers.Dense(12, activation="gelu"), k.layers.Dense(width)
            self.norm1, self.norm2 = k.layers.LayerNormalization(), k.layers.LayerNormalization()

        def call(self, x):
            x = self.norm1(x + self.attention(x, x))
            return self.norm2(x + self.outer(self.inner(x)))

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="transformer")
            self.tokens = k.layers.Embedding(20, 8)
            self.positions = k.layers.Embedding(9, 8)
            self.block = Block(8)
            self.out = k.layers.Dense(3, activation="softmax")

        def call(self, ids):
            x = self.tokens(ids) + self.positions(tf.range(9))
            return self.out(tf.reduce_mean(self.block(x), axis=1))

    model = classifier(k, Net(), k.Input((9,), dtype="int32", name="ids"))
    ids = rng().integers(0, 20, (SAMPLES, 9)).astype("int32")
    return Case(model, ids, np.sum(ids < 10, axis=1) % 3)


def embedding(k):
    """int64 ids, and a bool mask that the model uses itself."""

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="bag")
            self.table = k.layers.Embedding(30, 5)
            self.out = k.layers.Dense(1, activation="sigmoid")

        def call(self, inputs):
            weights = tf.cast(inputs["present"], tf.float32)[:, :, None]
            vectors = self.table(inputs["ids"]) * weights
            return self.out(tf.reduce_sum(vectors, axis=1) / tf.maximum(tf.reduce_sum(weights, axis=1), 1.0))

    model = Net()
    model({"ids": k.Input((8,), dtype="int64", name="ids"), "present": k.Input((8,), dtype="bool", name="present")})
    model.compile(k.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    random = rng()
    x = {"ids": random.integers(0, 30, (SAMPLES, 8)), "present": random.random((SAMPLES, 8)) < 0.7}
    y = (np.sum((x["ids"] < 12) & x["present"], axis=1, keepdims=True) > 2).astype("float32")
    return Case(model, x, y)


def uint8_image(k):
    """Bytes in; the model normalises each image by itself."""

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="pixels")
            self.conv = k.layers.Conv2D(4, 3, activation="relu")
            self.out = k.layers.Dense(3, activation="softmax")

        def call(self, pixels):
            image = tf.cast(pixels, tf.float32) / 255.0
            mean, variance = tf.nn.moments(image, axes=[1, 2, 3], keepdims=True)
            hidden = self.conv((image - mean) * tf.math.rsqrt(variance + 1e-3))
            return self.out(tf.reduce_max(hidden, axis=[1, 2]))

    model = classifier(k, Net(), k.Input((6, 6, 3), dtype="uint8", name="pixels"))
    x, y = class_data((6, 6, 3), 3)
    return Case(model, np.clip(x * 60 + 128, 0, 255).astype("uint8"), y.astype("uint8"))


def float16_input(k):
    class Net(k.Model):
        def __init__(self):
            super().__init__(name="half_input")
            self.hidden = k.layers.Dense(6, activation="swish")
            self.out = k.layers.Dense(1)

        def call(self, x):
            return self.out(self.hidden(tf.cast(x, tf.float32)))

    model = Net()
    if k.__name__.startswith("tf_"):
        model(k.Input((4,), dtype="float16", name="features"))
    model.compile(k.optimizers.Adam(0.02), "mse", metrics=["mae"])
    x = normal(SAMPLES, 4).astype("float16")
    return Case(model, x, np.sum(x.astype("float32"), axis=1, keepdims=True))


def batch_statistics(k):
    """Rows depend on each other: each batch is normalised by itself."""

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="batch_statistics")
            self.hidden = k.layers.Dense(6, activation="relu")
            self.out = k.layers.Dense(3, activation="softmax")

        def call(self, x):
            mean, variance = tf.nn.moments(x, axes=[0])
            hidden = self.hidden((x - mean) * tf.math.rsqrt(variance + 1e-3))
            rank = tf.cast(tf.shape(x)[0], tf.float32) / 32.0
            return self.out(hidden + rank * tf.reduce_max(hidden, axis=0))

    return Case(classifier(k, Net(), k.Input((4,), name="features")), *class_data((4,), 3))


def constants(k):
    """Tensors that are no variables: they stay as the SavedModel has them."""

    class Fourier(k.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.directions = tf.constant(np.random.default_rng(3).normal(size=(4, 8)).astype("float32"))
            self.offsets = np.linspace(0, 3, 8).astype("float32")

        def call(self, x):
            return tf.cos(tf.matmul(x, self.directions) + self.offsets)

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="constants")
            self.features = Fourier()
            self.out = k.layers.Dense(3, activation="softmax")

        def call(self, x):
            return self.out(self.features(x))

    return Case(classifier(k, Net(), k.Input((4,), name="features")), *class_data((4,), 3))


def ensemble(k):
    """Probabilities that are no softmax's direct output: no logits to recover."""

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="ensemble")
            self.first, self.second = (k.layers.Dense(3, activation="softmax") for _ in range(2))

        def call(self, x):
            return 0.5 * (self.first(x) + self.second(x))

    return Case(classifier(k, Net(), k.Input((4,), name="features")), *class_data((4,), 3))


def sharp(k):
    """Softmax as a function, saturated: only logits give Keras's loss."""

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="sharp")
            self.dense = k.layers.Dense(3, kernel_initializer=k.initializers.RandomNormal(0, 20))

        def call(self, x):
            return tf.nn.softmax(self.dense(x))

    return Case(classifier(k, Net(), k.Input((4,), name="features")), *class_data((4,), 3))
