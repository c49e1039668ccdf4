"""Whole models of the kinds that people train, small: for tests/golden/models.

Each has one checkpoint of a custom loop's manager. Plain SGD keeps optimizer
slots, and with them most of the bytes, out of the checkpoints.
"""

import numpy as np

from .model_builders import SAMPLES, Case, class_data, rng


def finish(k, model, x, y, loss, metrics=None, sample_weight=None, rate=0.05, **compile_options):
    model.compile(k.optimizers.SGD(rate), loss, metrics=metrics, **compile_options)
    return Case(model, x, y, sample_weight, checkpoints=1)


def tokens(length, vocabulary, low=0):
    """Ids with 0 as padding at the end of each row, and in the middle of some."""
    random = rng()
    ids = random.integers(max(low, 1), vocabulary, (SAMPLES, length)).astype("int32")
    lengths = random.integers(2, length + 1, SAMPLES)
    ids[np.arange(length)[None, :] >= lengths[:, None]] = 0
    ids[::7, 1] = 0
    return ids


def lstm_classifier(k):
    l = k.layers
    ids = k.Input((9,), dtype="int32", name="ids")
    h = l.Embedding(20, 5, mask_zero=True, name="embed")(ids)
    h = l.LSTM(6, return_sequences=True, name="lower")(h)
    h = l.LSTM(5, name="upper")(h)
    out = l.Dense(4, activation="softmax", name="topic")(h)
    x = tokens(9, 20)
    metrics = ["accuracy", k.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2")]
    return finish(k, k.Model(ids, out, name="lstm_classifier"), x, x.sum(1) % 4, "sparse_categorical_crossentropy", metrics)


def tagger(k):
    """Masks that reach loss and metrics; a label for each step."""
    l = k.layers
    ids = k.Input((7,), dtype="int32", name="ids")
    h = l.Embedding(15, 4, mask_zero=True, name="embed")(ids)
    h = l.Bidirectional(l.GRU(4, return_sequences=True), name="both_ways")(h)
    h = l.Dropout(0.3, name="drop")(h)
    out = l.TimeDistributed(l.Dense(3, activation="softmax"), name="tags")(h)
    x = tokens(7, 15)
    return finish(k, k.Model(ids, out, name="tagger"), x, x % 3, "sparse_categorical_crossentropy", ["accuracy"])


def seq2seq(k):
    """The encoder's states start the decoder."""
    l = k.layers
    source = k.Input((6, 3), name="source")
    target = k.Input((5, 2), name="target")
    _, h, c = l.LSTM(5, return_state=True, name="encoder")(source)
    steps = l.LSTM(5, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    out = l.Dense(2, name="prediction")(steps)
    random = rng()
    x = {name: random.normal(size=(SAMPLES, *shape)).astype("float32") for name, shape in (("source", (6, 3)), ("target", (5, 2)))}
    y = np.cumsum(x["target"], axis=1).astype("float32")
    return finish(k, k.Model([source, target], out, name="seq2seq"), x, y, "mse", ["mae", "mape"])


def transformer(k):
    l = k.layers
    ids = k.Input((8,), dtype="int32", name="ids")
    h = l.Embedding(25, 8, mask_zero=True, name="embed")(ids)
    attended = l.MultiHeadAttention(2, 4, name="attention")(h, h)
    h = l.LayerNormalization(epsilon=1e-6, name="norm1")(l.Add(name="plus1")([h, attended]))
    inner = l.Dense(8, name="ff2")(l.Dense(16, activation="gelu", name="ff1")(h))
    h = l.LayerNormalization(epsilon=1e-6, name="norm2")(l.Add(name="plus2")([h, inner]))
    h = l.GlobalAveragePooling1D(name="pool")(h)
    out = l.Dense(1, activation="sigmoid", name="positive")(h)
    x = tokens(8, 25)
    metrics = [k.metrics.AUC(name="auc"), k.metrics.Precision(name="precision"), k.metrics.Recall(name="recall")]
    y = (x.sum(1, keepdims=True) % 2).astype("float32")
    return finish(k, k.Model(ids, out, name="transformer"), x, y, "binary_crossentropy", metrics)


def autoencoder(k):
    l = k.layers
    image = k.Input((8, 8, 2), name="image")
    h = l.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="down1")(image)
    h = l.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="down2")(h)
    h = l.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu", name="up1")(h)
    out = l.Conv2DTranspose(2, 3, strides=2, padding="same", activation="sigmoid", name="up2")(h)
    x = rng().uniform(0, 1, (SAMPLES, 8, 8, 2)).astype("float32")
    metrics = ["mae", k.metrics.RootMeanSquaredError(name="rmse"), k.metrics.CosineSimilarity(name="cosine")]
    return finish(k, k.Model(image, out, name="autoencoder"), x, x, "mse", metrics)


def unet(k):
    l = k.layers
    image = k.Input((8, 8, 3), name="image")
    d1 = l.Conv2D(4, 3, padding="same", activation="relu", name="enc1")(image)
    d2 = l.Conv2D(6, 3, padding="same", name="enc2")(l.MaxPooling2D(2, name="pool")(d1))
    d2 = l.ReLU(name="act2")(l.BatchNormalization(name="norm2")(d2))
    up = l.UpSampling2D(2, interpolation="bilinear", name="up")(d2)
    h = l.Conv2D(4, 3, padding="same", activation="relu", name="dec")(l.Concatenate(name="skip")([up, d1]))
    out = l.Conv2D(1, 1, activation="sigmoid", name="mask")(h)
    x, _ = class_data((8, 8, 3), 2)
    y = (x.mean(-1, keepdims=True) > 0).astype("float32")
    metrics = ["accuracy", k.metrics.BinaryIoU(name="iou"), k.metrics.MeanSquaredError(name="mse")]
    return finish(k, k.Model(image, out, name="unet"), x, y, k.losses.BinaryFocalCrossentropy(gamma=1.5), metrics)


def siamese(k):
    l = k.layers
    tower_in = k.Input((10, 2), name="series")
    h = l.Conv1D(4, 3, activation="relu", name="conv1")(tower_in)
    h = l.MaxPooling1D(2, name="pool")(h)
    h = l.Conv1D(4, 2, padding="same", activation="tanh", name="conv2")(h)
    tower = k.Model(tower_in, l.GlobalMaxPooling1D(name="summary")(h), name="tower")
    left, right = k.Input((10, 2), name="left"), k.Input((10, 2), name="right")
    a, b = tower(left), tower(right)
    difference = l.Subtract(name="difference")([a, b])
    joined = l.Concatenate(name="joined")([l.Multiply(name="square")([difference, difference]), l.Maximum(name="most")([a, b])])
    out = l.Dense(1, activation="sigmoid", name="same")(joined)
    random = rng()
    x = {name: random.normal(size=(SAMPLES, 10, 2)).astype("float32") for name in ("left", "right")}
    y = (x["left"][:, 0, :1] * x["right"][:, 0, :1] > 0).astype("float32")
    metrics = [k.metrics.AUC(curve="PR", name="pr"), k.metrics.TruePositives(name="tp"), "accuracy"]
    return finish(k, k.Model([left, right], out, name="siamese"), x, y, "binary_crossentropy", metrics)


def residual(k):
    l = k.layers

    def unit(h, filters, stride, name):
        short = l.Conv2D(filters, 1, strides=stride, use_bias=False, name=name + "_short")(h)
        h = l.BatchNormalization(name=name + "_norm1")(h)
        h = l.Activation("relu", name=name + "_act")(h)
        h = l.ZeroPadding2D(1, name=name + "_pad")(h)
        h = l.Conv2D(filters, 3, strides=stride, use_bias=False, name=name + "_conv")(h)
        return l.Add(name=name + "_add")([h, short])

    image = k.Input((9, 9, 3), name="image")
    h = unit(unit(l.Conv2D(4, 3, padding="same", name="stem")(image), 4, 1, "u1"), 6, 2, "u2")
    h = l.GlobalAveragePooling2D(name="pool")(l.BatchNormalization(name="last")(h))
    out = l.Dense(4, activation="softmax", name="classes")(h)
    x, y = class_data((9, 9, 3), 4)
    metrics = ["accuracy", k.metrics.AUC(multi_label=True, name="auc"), k.metrics.KLDivergence(name="kld")]
    return finish(k, k.Model(image, out, name="residual"), x, np.eye(4, dtype="float32")[y], "categorical_crossentropy", metrics)


def separable(k):
    l = k.layers
    image = k.Input((9, 8, 3), name="image")
    h = l.SeparableConv2D(5, 3, strides=2, padding="same", use_bias=False, name="sep1")(image)
    h = l.BatchNormalization(name="norm1")(h)
    h = l.ReLU(6.0, name="relu6")(h)
    h = l.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(h)
    h = l.PReLU(shared_axes=[1, 2], name="prelu")(h)
    h = l.SpatialDropout2D(0.2, name="drop")(h)
    h = l.AveragePooling2D(2, padding="same", name="pool")(h)
    out = l.Dense(3, activation="softmax", name="classes")(l.Flatten(name="flat")(h))
    x, y = class_data((9, 8, 3), 3)
    return finish(k, k.Model(image, out, name="separable"), x, y, "sparse_categorical_crossentropy", ["accuracy"])


def causal(k):
    """Dilated causal convolutions with gates and skip connections."""
    l = k.layers
    series = k.Input((12, 2), name="series")
    h = l.Conv1D(4, 1, name="in")(series)
    skips = []
    for i, dilation in enumerate((1, 2, 4)):
        value = l.Conv1D(4, 2, padding="causal", dilation_rate=dilation, activation="tanh", name=f"value{i}")(h)
        gate = l.Conv1D(4, 2, padding="causal", dilation_rate=dilation, activation="sigmoid", name=f"gate{i}")(h)
        skips.append(l.Multiply(name=f"times{i}")([value, gate]))
        h = l.Add(name=f"plus{i}")([h, skips[-1]])
    out = l.Dense(1, name="next")(l.GlobalAveragePooling1D(name="mean")(l.Add(name="skips")(skips)))
    x = rng().normal(size=(SAMPLES, 12, 2)).astype("float32")
    metrics = [k.metrics.LogCoshError(name="logcosh"), "mean_squared_logarithmic_error", "mae"]
    y = np.abs(x[:, -1, :1] + x[:, -2, 1:]).astype("float32")
    return finish(k, k.Model(series, out, name="causal"), x, y, k.losses.LogCosh(), metrics)


def video(k):
    l = k.layers
    frames = k.Input((3, 5, 5, 2), name="frames")
    h = l.ConvLSTM2D(3, 3, padding="same", return_sequences=True, name="motion")(frames)
    h = l.TimeDistributed(l.MaxPooling2D(2), name="pools")(h)
    h = l.Conv3D(4, (2, 2, 2), activation="elu", name="mix")(h)
    out = l.Dense(3, activation="softmax", name="action")(l.GlobalAveragePooling3D(name="pool")(h))
    x, y = class_data((3, 5, 5, 2), 3)
    return finish(k, k.Model(frames, out, name="video"), x, y, "sparse_categorical_crossentropy", ["accuracy"])


def tabular(k):
    l = k.layers
    random = rng()
    numbers = (random.normal(size=(SAMPLES, 3)) * [1, 5, 0.2] + [0, 3, -1]).astype("float32")
    city, day = random.integers(0, 6, (SAMPLES, 1)), random.integers(0, 7, (SAMPLES, 1))
    norm = l.Normalization(name="norm")
    norm.adapt(numbers)
    numbers_in = k.Input((3,), name="numbers")
    city_in = k.Input((1,), dtype="int64", name="city")
    day_in = k.Input((1,), dtype="int64", name="day")
    place = l.Flatten(name="flat")(l.Embedding(6, 3, name="embed")(city_in))
    days = l.CategoryEncoding(7, output_mode="one_hot", name="days")(day_in)
    h = l.Concatenate(name="all")([norm(numbers_in), place, days])
    h = l.UnitNormalization(name="unit")(l.Dense(8, activation="selu", name="hidden")(h))
    price = l.Dense(1, activation="softplus", name="price")(h)
    sold = l.Dense(1, activation="sigmoid", name="sold")(h)
    model = k.Model([numbers_in, city_in, day_in], [price, sold], name="tabular")
    y = {"price": np.abs(numbers[:, :1]) + 0.1, "sold": (city > 2).astype("float32")}
    weights = {name: random.uniform(0.2, 2, SAMPLES).astype("float32") for name in y}
    x = {"numbers": numbers, "city": city, "day": day}
    metrics = {"price": ["mae", k.metrics.R2Score(name="r2")], "sold": [k.metrics.AUC(name="auc"), "accuracy"]}
    weighted = {"price": ["mse"], "sold": [k.metrics.Precision(name="weighted_precision")]}
    losses = {"price": "poisson", "sold": "binary_crossentropy"}
    return finish(k, model, x, y, losses, metrics, weights, loss_weights={"price": 0.5, "sold": 2.0}, weighted_metrics=weighted)


def pair_attention(k):
    l = k.layers
    question, answer = k.Input((6,), dtype="int32", name="question"), k.Input((5,), dtype="int32", name="answer")
    embed = l.Embedding(20, 6, mask_zero=True, name="embed")
    q, a = embed(question), embed(answer)
    seen = l.Attention(use_scale=True, name="attend")([q, a])
    joined = l.Concatenate(name="both")([l.GlobalAveragePooling1D(name="q_mean")(q), l.GlobalAveragePooling1D(name="s_mean")(seen)])
    out = l.Dense(3, activation="softmax", name="verdict")(l.Dense(6, activation="swish", name="hidden")(joined))
    x = {"question": tokens(6, 20), "answer": tokens(5, 20)[::-1].copy()}
    y = np.eye(3, dtype="float32")[(x["question"].sum(1) + x["answer"].sum(1)) % 3]
    loss = k.losses.CategoricalFocalCrossentropy(gamma=1.0)
    metrics = [k.metrics.F1Score(average="macro", name="f1"), "categorical_accuracy"]
    return finish(k, k.Model([question, answer], out, name="pair_attention"), x, y, loss, metrics)


def recommender(k):
    l = k.layers
    user, item = k.Input((1,), dtype="int64", name="user"), k.Input((1,), dtype="int64", name="item")
    u = l.Flatten(name="u")(l.Embedding(12, 4, name="users")(user))
    i = l.Flatten(name="i")(l.Embedding(15, 4, name="items")(item))
    bias = l.Flatten(name="b")(l.Embedding(15, 1, name="item_bias")(item))
    score = l.Add(name="score")([l.Dot(axes=1, name="match")([u, i]), bias])
    out = l.Activation("sigmoid", name="likes")(score)
    random = rng()
    x = {"user": random.integers(0, 12, (SAMPLES, 1)), "item": random.integers(0, 15, (SAMPLES, 1))}
    y = ((x["user"] + x["item"]) % 2).astype("float32")
    metrics = [k.metrics.AUC(name="auc"), k.metrics.PrecisionAtRecall(0.5, name="p_at_r"), k.metrics.BinaryAccuracy(threshold=0.45)]
    return finish(k, k.Model([user, item], out, name="recommender"), x, y, "binary_crossentropy", metrics, rate=0.5)


def squeeze_excite(k):
    """Regularization of kernels, biases and activities in the loss."""
    l, r = k.layers, k.regularizers
    image = k.Input((6, 6, 3), name="image")
    h = l.Conv2D(6, 3, kernel_regularizer=r.L2(0.01), activation="swish", name="conv")(image)
    s = l.GlobalAveragePooling2D(keepdims=True, name="squeeze")(h)
    s = l.Dense(2, activation="relu", activity_regularizer=r.L2(0.02), name="reduce")(s)
    s = l.Dense(6, activation="hard_sigmoid", bias_regularizer=r.L1(0.01), name="expand")(s)
    h = l.Multiply(name="excite")([h, s])
    out = l.Dense(2, name="hinge")(l.Flatten(name="flat")(h))
    x, y = class_data((6, 6, 3), 2)
    labels = np.eye(2, dtype="float32")[y] * 2 - 1
    return finish(k, k.Model(image, out, name="squeeze_excite"), x, labels, "squared_hinge", ["hinge", "categorical_hinge"])


def operators(k):
    """Arithmetic, slices and functions on symbolic tensors."""
    import tensorflow as tf

    ops = tf if not hasattr(k, "ops") else k.ops
    concatenate = tf.concat if ops is tf else ops.concatenate
    mean = tf.reduce_mean if ops is tf else ops.mean
    l = k.layers
    features = k.Input((4, 6), name="features")
    scaled = features * 2.0 - 0.5
    first, rest = scaled[:, 0], scaled[:, 1:, ::2]
    pooled = mean(ops.abs(rest), axis=1)
    h = concatenate([first, pooled, -first / 3.0], axis=-1)
    h = l.Dense(5, name="hidden")(h)
    h = ops.maximum(h, 0.1 * h) + ops.tanh(h) ** 2
    out = l.Dense(3, activation="softmax", name="classes")(h)
    x, y = class_data((4, 6), 3)
    return finish(k, k.Model(features, out, name="operators"), x, y, "sparse_categorical_crossentropy", ["accuracy"])


def stacked_cells(k):
    l = k.layers
    series = k.Input((6, 3), name="series")
    h = l.Masking(0.0, name="masking")(series)
    cells = [l.LSTMCell(4), l.GRUCell(4, reset_after=False)]
    h = l.RNN(l.StackedRNNCells(cells), return_sequences=True, name="stack")(h)
    h = l.SimpleRNN(3, go_backwards=True, name="simple")(h)
    out = l.Dense(1, name="value")(h)
    x = rng().normal(size=(SAMPLES, 6, 3)).astype("float32")
    x[::3, 4:] = 0
    return finish(k, k.Model(series, out, name="stacked_cells"), x, x[:, 0, :1], "mae", ["mse"])


ZOO = [
    lstm_classifier, tagger, seq2seq, transformer, autoencoder, unet, siamese, residual, separable, causal,
    video, tabular, pair_attention, recommender, squeeze_excite, operators, stacked_cells,
]  # fmt: skip
