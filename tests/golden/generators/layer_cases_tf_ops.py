"""TensorFlow functions on symbolic tensors (Keras 2): TFOpLambda and SlicingOpLambda layers."""

import numpy as np
import tensorflow as tf

from .layer_cases import FLOAT, Case

X = ((4, 6), FLOAT)
IMAGE = ((4, 6, 3), FLOAT)
IDS = ((4,), "int32")
FLAGS = ((4,), "bool")


def op(name, call, *inputs, **options):
    """`call(*tensors)`; without inputs one of shape (4, 6)."""
    return Case(name, list(inputs or (X,)), lambda k, tensors: call(*tensors), **options)


def elementwise_cases():
    for name in ("abs", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor", "is_finite", "is_nan",
                 "negative", "reciprocal", "rint", "round", "sigmoid", "sign", "sin", "sinh", "softplus", "square", "tan",
                 "tanh", "log_sigmoid"):  # fmt: skip
        yield op(f"tf_{name}", lambda x, name=name: getattr(tf.math, name)(x))
    for name in ("log", "log1p", "sqrt", "rsqrt"):
        yield op(f"tf_{name}", lambda x, name=name: getattr(tf.math, name)(tf.abs(x) + 0.1))
    for name in ("relu", "relu6", "elu", "selu", "leaky_relu", "gelu", "silu", "softsign", "softmax", "log_softmax"):
        yield op(f"tf_{name}", lambda x, name=name: getattr(tf.nn, name)(x))
    yield op("tf_gelu_approximate", lambda x: tf.nn.gelu(x, approximate=True))
    yield op("tf_leaky_alpha", lambda x: tf.nn.leaky_relu(x, alpha=0.05))
    yield op("tf_silu_beta", lambda x: tf.nn.silu(x, 0.5))
    yield op("tf_softmax_axis", lambda x: tf.nn.softmax(x, axis=1))
    yield op("tf_identity", lambda x: tf.identity(x) + tf.stop_gradient(x))
    yield op("tf_clip", lambda x: tf.clip_by_value(x, -0.5, 1.0))
    yield op("tf_cast_int", lambda x: tf.cast(x * 3, "int32"))
    yield op("tf_cast_float", lambda i: tf.cast(i, tf.float32) / 2, IDS)
    yield op("tf_cast_bool", lambda b: tf.cast(b, tf.float32), FLAGS, high=2)
    yield op("tf_logical_not", lambda b: ~b, FLAGS, high=2)


def binary_cases():
    operators = {
        "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
        "max": tf.maximum, "min": tf.minimum, "gt": lambda x, y: x > y, "ge": lambda x, y: x >= y,
        "lt": lambda x, y: x < y, "le": lambda x, y: x <= y, "sqdiff": tf.math.squared_difference,
        "atan2": tf.atan2, "nonan": tf.math.divide_no_nan,
    }  # fmt: skip
    for tag, function in operators.items():
        yield op(f"tf_{tag}", function, X, X)
    yield op("tf_numbers", lambda x: (1 + x) * 2 - 0.5 + 3.0 / (x * x + 1) - -x)
    yield op("tf_pow", lambda x: x**2 + 2.0**x)
    yield op("tf_mod", lambda x: x % 0.7 + x // 0.7)
    yield op("tf_ints", lambda i: (i * 3 - 7) // 2 + i % 3, IDS)
    yield op("tf_matmul", lambda x, y: x @ y, X, ((6, 3), FLOAT))
    yield op("tf_matmul_transposed", lambda x, y: tf.matmul(x, y, transpose_b=True), X, X)
    yield op("tf_tensordot", lambda x: tf.tensordot(x, np.linspace(-1, 1, 12, dtype="float32").reshape(6, 2), 1))
    yield op("tf_logic", lambda b, i: b & (i > 0) | ~b, FLAGS, IDS, high=2)
    yield op("tf_not_equal", lambda i: tf.cast(tf.not_equal(i, 0), "float32"), IDS, high=3)
    yield op("tf_equal", lambda i, j: tf.equal(i, j), IDS, IDS, high=3)
    yield op("tf_constant", lambda x: x + np.arange(6, dtype="float32"))
    yield op("tf_constant_first", lambda x: tf.constant(np.linspace(0, 1, 24).reshape(1, 4, 6), tf.float32) * x)
    yield op("tf_constant_int", lambda i: i + np.array([1, 2, 3, 4]), IDS)
    yield op("tf_add_n", lambda x, y: tf.add_n([x, y, x]), X, X)
    yield op("tf_mask", lambda x, i: x * tf.cast(i, "float32")[:, :, None], X, IDS)


def reduction_cases():
    for name in ("sum", "mean", "max", "min", "prod", "std", "variance", "logsumexp"):
        function = getattr(tf.math, f"reduce_{name}")
        yield op(f"tf_reduce_{name}", lambda x, f=function: f(x, axis=1))
        yield op(f"tf_reduce_{name}_axes", lambda x, f=function: f(x, [1, 2], True), IMAGE)
        yield op(f"tf_reduce_{name}_all", lambda x, f=function: x - f(x))
    for name in ("all", "any"):
        yield op(f"tf_reduce_{name}", lambda b, f=getattr(tf.math, f"reduce_{name}"): f(b, axis=-1), FLAGS, high=2)
    yield op("tf_reduce_sum_int", lambda i: tf.reduce_sum(i, axis=-1), IDS)
    yield op("tf_moments", lambda x: list(tf.nn.moments(x, [1])))
    yield op("tf_argmax", lambda x: tf.argmax(x, axis=-1))
    yield op("tf_argmin_type", lambda x: tf.argmin(x, axis=1, output_type=tf.int32))
    yield op("tf_norm", lambda x: tf.norm(x, axis=-1))
    yield op("tf_norm_one", lambda x: tf.norm(x, ord=1, axis=-1, keepdims=True))
    yield op("tf_l2_normalize", lambda x: tf.math.l2_normalize(x, axis=-1))
    yield op("tf_cumsum", lambda x: tf.cumsum(x, axis=1))
    yield op("tf_cumsum_options", lambda x: tf.cumsum(x, axis=2, exclusive=True, reverse=True))
    yield op("tf_cumprod", lambda x: tf.math.cumprod(x, axis=1))
    yield op("tf_sort", lambda x: tf.sort(x, axis=-1, direction="DESCENDING"))
    yield op("tf_argsort", lambda x: tf.argsort(x))
    yield op("tf_top_k", lambda x: list(tf.math.top_k(x, 3)))
    yield op("tf_count_nonzero", lambda i: tf.math.count_nonzero(i, axis=1), IDS, high=2)


def shape_cases():
    yield op("tf_reshape", lambda x: tf.reshape(x, [-1, 24]))
    yield op("tf_reshape_shape", lambda x: tf.reshape(x, [tf.shape(x)[0], -1]))
    yield op("tf_reshape_static", lambda x: tf.reshape(x, [tf.shape(x)[0], x.shape[1] * x.shape[2]]))
    yield op("tf_transpose", lambda x: tf.transpose(x, [0, 2, 1]))
    yield op("tf_expand_dims", lambda x: tf.expand_dims(x, -1))
    yield op("tf_squeeze", lambda x: tf.squeeze(x, axis=1), ((1, 6), FLOAT))
    yield op("tf_squeeze_all", lambda x: tf.squeeze(x), ((1, 6, 1), FLOAT))
    yield op("tf_reverse", lambda x: tf.reverse(x, axis=[1, 2]))
    yield op("tf_roll", lambda x: tf.roll(x, 2, 1))
    yield op("tf_tile", lambda x: tf.tile(x, [1, 2, 1]))
    yield op("tf_repeat", lambda x: tf.repeat(x, 2, axis=1))
    yield op("tf_pad", lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]]))
    yield op("tf_pad_reflect", lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]], mode="REFLECT"))
    yield op("tf_pad_value", lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 3]], constant_values=2))
    yield op("tf_broadcast_to", lambda x: tf.broadcast_to(x[:, :1], tf.shape(x)))
    yield op("tf_concat", lambda x, y: tf.concat([x, y], axis=-1), X, X)
    yield op("tf_concat_constant", lambda x: tf.concat([x, tf.zeros_like(x)], 1))
    yield op("tf_stack", lambda x, y: tf.stack([x, y], axis=1), X, X)
    yield op("tf_split", lambda x: list(tf.split(x, 3, axis=-1)))
    yield op("tf_split_sizes", lambda x: list(tf.split(x, [1, -1, 2], axis=2)))
    yield op("tf_unstack", lambda x: list(tf.unstack(x, axis=1)))
    yield op("tf_ones", lambda x: tf.concat([x, tf.ones([tf.shape(x)[0], 1, 6])], axis=1))
    yield op("tf_fill", lambda x: tf.concat([x, tf.fill([tf.shape(x)[0], 1, 6], 3.0)], axis=1))
    yield op("tf_ones_like", lambda x: x + tf.ones_like(x))
    yield op("tf_range", lambda x: x * tf.cast(tf.range(tf.shape(x)[2]), tf.float32))
    yield op("tf_range_positions", lambda x: x + tf.range(0.0, 6.0, 1.0)[tf.newaxis, :])
    yield op("tf_sequence_mask", lambda i: tf.sequence_mask(i, 5), IDS, high=6)


def index_cases():
    keys = {
        "first": np.s_[:, 0],
        "last": np.s_[:, -1],
        "range": np.s_[:, 1:3],
        "step": np.s_[:, ::2, 1::2],
        "reversed": np.s_[:, ::-1],
        "ellipsis": np.s_[..., 0],
        "new_axis": np.s_[:, tf.newaxis],
        "many": np.s_[..., tf.newaxis, 1:, -1],
    }
    for tag, key in keys.items():
        yield op(f"tf_getitem_{tag}", lambda x, key=key: x[key])
    yield op("tf_gather", lambda x: tf.gather(x, [0, 2], axis=1))
    yield op("tf_gather_batch", lambda x, i: tf.gather(x, i, batch_dims=1), X, ((3,), "int32"), high=4)
    yield op("tf_gather_nd", lambda x, i: tf.gather_nd(x, i, batch_dims=1), X, ((3, 2), "int32"), high=4)
    yield op("tf_where", lambda x, y: tf.where(x > 0, x, y), X, X)
    yield op("tf_where_number", lambda x: tf.where(x > 0, x, 0.0))
    yield op("tf_one_hot", lambda i: tf.one_hot(i, 12), IDS)
    yield op("tf_one_hot_options", lambda i: tf.one_hot(i, 5, on_value=2.0, off_value=-1.0, axis=1), IDS)
    yield op("tf_slice", lambda x: tf.slice(x, [0, 1, 0], [-1, 2, 3]))


def other_cases():
    for size in ((8, 9), (3, 2)):
        for method in ("bilinear", "nearest"):
            yield op(f"tf_resize_{method}_{size[0]}", lambda x, s=size, m=method: tf.image.resize(x, s, method=m), IMAGE)
    yield op("tf_depth_to_space", lambda x: tf.nn.depth_to_space(x, 2), ((2, 3, 8), FLOAT))
    yield op("tf_space_to_depth", lambda x: tf.nn.space_to_depth(x, 2), ((4, 6, 2), FLOAT))

    def layers_between(k, tensors):
        x = k.layers.Dense(5)(tensors[0])
        y = k.layers.Add()([x, tf.sigmoid(x)]) + 1
        return k.layers.Dense(3)(y + x)

    yield Case("tf_between_layers", [((6,), FLOAT)], layers_between)
    yield Case("tf_backend", [X, X], lambda k, t: k.backend.concatenate([k.backend.mean(t[0], axis=1), k.backend.sum(t[1], axis=1)]))
    yield Case("tf_backend_batch_dot", [X, X], lambda k, t: k.backend.batch_dot(t[0], t[1], axes=[2, 2]))
    yield op("tf_unknown", lambda x: tf.math.lgamma(x), refused="tf.math.lgamma")
    yield Case("tf_lambda", [X], lambda k, t: k.layers.Lambda(lambda x: x * 2)(t[0]), refused="tf.saved_model.save")


def all_cases(generation):
    if generation == 3:
        return
    yield from elementwise_cases()
    yield from binary_cases()
    yield from reduction_cases()
    yield from shape_cases()
    yield from index_cases()
    yield from other_cases()
