"""Configs and arguments with NaN and infinities, which Python writes into JSON as bare words."""

import numpy as np
import tensorflow as tf

from .layer_cases import FLOAT, Case, single

INF = float("inf")
NAN = float("nan")
X = ((4, 6), FLOAT)


def op(name, call, *inputs):
    return Case(name, list(inputs or (X,)), lambda k, tensors: call(k, *tensors), high=6)


def layer_cases():
    yield single("relu_max_inf", "ReLU", (3, 6), max_value=INF)
    yield single("relu_max_inf_threshold", "ReLU", (3, 6), max_value=INF, threshold=0.5, negative_slope=0.1)
    yield single("masking_nan", "Masking", (4, 3), mask_value=NAN)
    yield single("masking_inf", "Masking", (4, 3), mask_value=INF)
    yield single("discretization_inf", "Discretization", (6,), bin_boundaries=[-INF, -0.5, 0.5, INF])
    yield op(
        "dense_unused_numbers",
        lambda k, x: k.layers.Dense(
            3,
            kernel_constraint=k.constraints.MaxNorm(INF),
            bias_initializer=k.initializers.Constant(NAN),
        )(x),
    )


def keras3_cases():
    yield op("clip_inf", lambda k, x: k.ops.clip(x, -INF, 0.5))
    yield op("where_inf", lambda k, x: k.ops.softmax(k.ops.where(x > 0.7, -INF, x)))
    yield op("where_array", lambda k, x: k.ops.softmax(x + np.array([0, -INF, 0, 0, -INF, 0], "float32")))
    yield op("max_initial_inf", lambda k, x: k.ops.max(x, axis=1, initial=-INF))
    yield op("nan_to_num_inf", lambda k, x: k.ops.nan_to_num(x, nan=1.0, posinf=INF, neginf=-INF))
    yield op("threshold_inf", lambda k, x: k.ops.exp(k.ops.threshold(x, 0.2, -INF)))
    yield op("full_like_inf", lambda k, x: k.ops.maximum(k.ops.full_like(x, -INF), x))
    yield op("relu_function_inf", lambda k, x: k.activations.relu(x, max_value=INF, threshold=0.2))
    for tag, order in (("inf", INF), ("minus_inf", -INF), ("zero", 0), ("minus_one", -1), ("half", 0.5)):
        yield op(f"norm_{tag}", lambda k, x, order=order: k.ops.norm(k.ops.relu(x) + (0.0 if order == 0 else 0.1), ord=order, axis=-1))


def keras2_cases():
    yield op("tf_clip_inf", lambda k, x: tf.clip_by_value(x, -INF, 0.5))
    yield op("tf_where_inf", lambda k, x: tf.nn.softmax(tf.where(x > 0.7, -INF, x)))
    yield op("tf_array_inf", lambda k, x: tf.nn.softmax(x + np.array([0, -INF, 0, 0, -INF, 0], "float32")))
    yield op("tf_maximum_inf", lambda k, x: tf.maximum(x, -INF))
    yield op("tf_pad_inf", lambda k, x: tf.reduce_max(tf.pad(x, [[0, 0], [1, 2], [0, 0]], constant_values=-INF), axis=1))
    yield op("tf_one_hot_inf", lambda k, x, i: tf.nn.softmax(x + tf.one_hot(i, 6, 0.0, -INF)), X, ((4,), "int32"))
    yield op("tf_norm_inf", lambda k, x: tf.norm(x, ord=INF, axis=-1))


def all_cases(generation):
    yield from layer_cases()
    yield from keras2_cases() if generation == 2 else keras3_cases()
