"""Ops of a TensorFlow graph as layers: TensorFlowOpLayer, which Keras made of functions up to TensorFlow 2.3."""

import numpy as np
import tensorflow as tf

from .layer_cases import FLOAT, Case

X = ((4, 6), FLOAT)
IMAGE = ((6, 7, 4), FLOAT)
IDS = ((4,), "int32")


def as_layers(k, function, inputs):
    """What `create_keras_history` of TensorFlow 2.0 to 2.3 did with the ops that `function` made."""
    from google.protobuf import json_format
    from tf_keras.src.engine.base_layer import TensorFlowOpLayer

    graph = tf.Graph()
    with graph.as_default():
        places = [tf.compat.v1.placeholder(item.dtype, item.shape) for item in inputs]
        outputs = function(*places)
    known = {place.ref(): item for place, item in zip(places, inputs)}
    plain = {}  # whether a tensor depends on no input

    def is_constant(tensor):
        if tensor.ref() not in plain:
            plain[tensor.ref()] = tensor.ref() not in known and all(is_constant(item) for item in tensor.op.inputs)
        return plain[tensor.ref()]

    def convert(tensor):
        if tensor.ref() in known:
            return known[tensor.ref()]
        arguments, constants = [], {}
        for index, item in enumerate(tensor.op.inputs):
            if is_constant(item):
                with tf.compat.v1.Session(graph=graph) as session:
                    constants[index] = session.run(item)
            else:
                arguments.append(convert(item))
        definition = json_format.MessageToDict(tensor.op.node_def)
        layer = TensorFlowOpLayer(definition, tensor.op.name.replace("/", "_"), constants)
        results = layer(arguments)
        for place, result in zip(tensor.op.outputs, results if isinstance(results, (list, tuple)) else [results]):
            known[place.ref()] = result
        return known[tensor.ref()]

    return [convert(item) for item in outputs] if isinstance(outputs, (list, tuple)) else convert(outputs)


def op(name, function, *inputs, **options):
    return Case(f"raw_{name}", list(inputs or (X,)), lambda k, tensors: as_layers(k, function, tensors), **options)


def elementwise_cases():
    for name in ("abs", "asinh", "atan", "ceil", "cos", "cosh", "erf", "exp", "expm1", "floor", "is_finite", "negative",
                 "reciprocal", "rint", "round", "sigmoid", "sign", "sin", "sinh", "softplus", "square", "tan", "tanh"):  # fmt: skip
        yield op(name, getattr(tf.math, name))
    for name in ("log", "log1p", "sqrt", "rsqrt", "acosh"):
        yield op(name, lambda x, f=getattr(tf.math, name): f(tf.abs(x) + 1.1))
    for name in ("relu", "relu6", "elu", "selu", "leaky_relu", "softsign", "softmax", "log_softmax"):
        yield op(name, getattr(tf.nn, name))
    yield op("cast", lambda x: tf.cast(x * 3, tf.int32))
    yield op("clip", lambda x: tf.clip_by_value(x, -0.5, 1.0))
    yield op("gelu", lambda x: 0.5 * x * (1.0 + tf.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * tf.pow(x, 3)))))
    binary = {
        "add": tf.add, "sub": tf.subtract, "mul": tf.multiply, "div": tf.divide, "max": tf.maximum, "min": tf.minimum,
        "sqdiff": tf.math.squared_difference, "greater": tf.greater, "less_equal": tf.less_equal, "atan2": tf.atan2,
        "no_nan": tf.math.divide_no_nan, "xdivy": tf.math.xdivy,
    }  # fmt: skip
    for name, function in binary.items():
        yield op(name, function, X, X)
    yield op("numbers", lambda x: (1 - x) * 2 + x / 3 - 0.5**x)
    yield op("ints", lambda i: (i * 3 - 7) // 2 + i % 3, IDS)
    yield op("logic", lambda x: (x > 0.5) | ~(x > -0.5) & (x < 3))
    yield op("where", lambda x, y: tf.where(x > 0, x, y), X, X)
    yield op("add_n", lambda x, y: tf.add_n([x, y, x]), X, X)


def shape_cases():
    for name in ("sum", "mean", "max", "min", "prod"):
        function = getattr(tf, f"reduce_{name}")
        yield op(f"reduce_{name}", lambda x, f=function: f(x, axis=-1))
        yield op(f"reduce_{name}_keep", lambda x, f=function: f(x, axis=[1, 2], keepdims=True), IMAGE)
    yield op("argmax", lambda x: tf.argmax(x, axis=-1, output_type=tf.int32))
    yield op("cumsum", lambda x: tf.cumsum(x, axis=1, exclusive=True))
    yield op("reshape", lambda x: tf.reshape(x, [-1, 24]))
    yield op("reshape_shape", lambda x: tf.reshape(x, [tf.shape(x)[0], 24]))
    yield op("transpose", lambda x: tf.transpose(x, [0, 2, 1]))
    yield op("expand_squeeze", lambda x: tf.squeeze(tf.expand_dims(x, 1) * 2, axis=1))
    yield op("concat", lambda x, y: tf.concat([x, y, x], axis=-1), X, X)
    yield op("stack", lambda x, y: tf.stack([x, y], axis=1), X, X)
    yield op("split", lambda x: list(tf.split(x, 3, axis=-1)))
    yield op("split_sizes", lambda x: list(tf.split(x, [1, 3, 2], axis=2)))
    yield op("unstack", lambda x: list(tf.unstack(x, axis=1)))
    yield op("tile", lambda x: tf.tile(x, [1, 2, 1]))
    yield op("pad", lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]]))
    yield op("pad_value", lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]], constant_values=1.5))
    yield op("pad_reflect", lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]], mode="REFLECT"))
    yield op("reverse", lambda x: tf.reverse(x, axis=[1]))
    yield op("ones_like", lambda x: x + tf.ones_like(x) - 2 * tf.zeros_like(x))
    yield op("shape_of", lambda x: x * tf.cast(tf.shape(x)[2], tf.float32))
    for tag, key in (("first", np.s_[:, 0]), ("last", np.s_[..., -1]), ("steps", np.s_[:, ::2, 1:5:3]),
                     ("reversed", np.s_[:, ::-1]), ("new_axis", np.s_[:, tf.newaxis, 1:])):  # fmt: skip
        yield op(f"slice_{tag}", lambda x, key=key: x[key])
    yield op("slice", lambda x: tf.slice(x, [0, 1, 0], [-1, 2, 3]))
    yield op("gather", lambda x: tf.gather(x, [0, 2], axis=1))
    yield op("embedding", lambda i: tf.gather(np.linspace(-1, 1, 30, dtype="float32").reshape(10, 3), i), IDS)
    yield op("one_hot", lambda i: tf.one_hot(i, 12), IDS)
    yield op("top_k", lambda x: tf.math.top_k(x, 2)[0])


def grid_cases():
    kernel = np.random.default_rng(7).normal(size=(3, 2, 4, 3)).round(2).astype("float32")
    yield op("matmul", lambda x: tf.matmul(tf.reshape(x, [-1, 24]), np.linspace(-1, 1, 48, dtype="float32").reshape(24, 2)))
    yield op("batch_matmul", lambda x, y: tf.matmul(x, y, transpose_b=True), X, X)
    yield op("einsum", lambda x, y: tf.einsum("bij,bkj->bik", x, y), X, X)
    yield op("conv2d", lambda x: tf.nn.conv2d(x, kernel, 2, "SAME"), IMAGE)
    yield op("bias_relu", lambda x: tf.nn.relu(tf.nn.bias_add(x, np.arange(4, dtype="float32") - 2)), IMAGE)
    yield op("depthwise", lambda x: tf.nn.depthwise_conv2d(x, kernel[..., :2], [1, 1, 1, 1], "VALID"), IMAGE)
    yield op("max_pool", lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME"), IMAGE)
    yield op("avg_pool", lambda x: tf.nn.avg_pool2d(x, 3, 1, "VALID"), IMAGE)
    yield op("resize", lambda x: tf.image.resize(x, (9, 5)), IMAGE)
    yield op("resize_nearest", lambda x: tf.image.resize(x, (9, 5), method="nearest"), IMAGE)
    yield op("depth_to_space", lambda x: tf.nn.depth_to_space(x, 2), IMAGE)
    yield op("space_to_depth", lambda x: tf.nn.space_to_depth(x[:, :, :6], 2), IMAGE)
    yield op("l2_normalize", lambda x: tf.math.l2_normalize(x, axis=-1))
    yield op("unknown", lambda x: tf.math.lgamma(x), refused="tf.raw_ops.Lgamma")

    def between(k, t):
        hidden = k.layers.Dense(5, activation="tanh")(t[0])
        return k.layers.Dense(3)(as_layers(k, lambda x: tf.nn.softmax(x * 2.0) + 1.0, [hidden]))

    yield Case("raw_between_layers", [((6,), FLOAT)], between)


def all_cases(generation):
    if generation == 2:
        yield from elementwise_cases()
        yield from shape_cases()
        yield from grid_cases()
