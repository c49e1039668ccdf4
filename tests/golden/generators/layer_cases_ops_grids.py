"""Functions on grids as nodes: convolutions, pooling, windows (keras.ops; TensorFlow in Keras 2)."""

import numpy as np
import tensorflow as tf

from .layer_cases import FLOAT, Case

IMAGE = ((6, 7, 4), FLOAT)
STEPS = ((7, 4), FLOAT)
VOLUME = ((4, 5, 4, 2), FLOAT)
FIRST = ((4, 6, 7), FLOAT)
COLOURS = ((6, 7, 3), FLOAT)


def kernel(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).round(2).astype("float32")


def op(name, call, shape=IMAGE, *more, **options):
    return Case(name, [shape, *more], lambda k, tensors: call(k.ops if hasattr(k, "ops") else k, *tensors), **options)


def channels_first(name, call, expected):
    """The result of the channels_last twin, moved: TensorFlow's CPU kernels have no channels_first."""
    return op(name, call, FIRST, expected=lambda _, arrays: np.moveaxis(np.asarray(expected(np.moveaxis(arrays[0], 1, -1))), -1, 1))


def keras3_convolutions():
    yield op("op_conv", lambda o, x: o.conv(x, kernel(3, 2, 4, 5), 1, "valid"))
    yield op("op_conv_options", lambda o, x: o.conv(x, kernel(3, 3, 4, 2), (2, 1), "same"))
    yield op("op_conv_dilated", lambda o, x: o.conv(x, kernel(2, 2, 4, 3), dilation_rate=2, padding="same"))
    yield op("op_conv_1d", lambda o, x: o.conv(x, kernel(3, 4, 2), 2, "same"), STEPS)
    yield op("op_conv_3d", lambda o, x: o.conv(x, kernel(2, 2, 2, 2, 3), 1, "valid"), VOLUME)
    yield channels_first(
        "op_conv_first",
        lambda o, x: o.conv(x, kernel(3, 2, 4, 5), 1, "same", data_format="channels_first"),
        lambda x: tf.nn.conv2d(x, kernel(3, 2, 4, 5), 1, "SAME"),
    )
    yield Case(
        "op_conv_of_layer",
        [IMAGE],
        lambda k, t: k.ops.conv(k.layers.Conv2D(3, 2, activation="relu")(t[0]), kernel(2, 2, 3, 4), 1, "valid"),
    )
    yield op("op_depthwise", lambda o, x: o.depthwise_conv(x, kernel(3, 2, 4, 2), 1, "same"))
    yield op("op_depthwise_1d", lambda o, x: o.depthwise_conv(x, kernel(3, 4, 1), 1, "valid"), STEPS)
    yield op("op_separable", lambda o, x: o.separable_conv(x, kernel(3, 3, 4, 2), kernel(1, 1, 8, 3), 1, "same"))
    yield op("op_separable_1d", lambda o, x: o.separable_conv(x, kernel(3, 4, 2), kernel(1, 8, 3), 2, "valid"), STEPS)
    # Keras 3.15 hands its arguments on in the wrong order and cannot run such a model itself.
    yield op("op_transpose", lambda o, x: o.conv_transpose(x, kernel(3, 2, 3, 4), 2, "same"), expected=lambda _, arrays: arrays,
             refused="keras.ops.nn.ConvTranspose")

def keras3_pooling():
    for name in ("max_pool", "average_pool"):
        yield op(f"op_{name}", lambda o, x, n=name: getattr(o, n)(x, 2))
        yield op(f"op_{name}_same", lambda o, x, n=name: getattr(o, n)(x, (3, 2), (2, 1), "same"))
        yield op(f"op_{name}_1d", lambda o, x, n=name: getattr(o, n)(x, 3, 2, "same"), STEPS)
        yield op(f"op_{name}_3d", lambda o, x, n=name: getattr(o, n)(x, 2, 1), VOLUME)
        function = tf.nn.max_pool2d if name == "max_pool" else tf.nn.avg_pool2d
        yield channels_first(
            f"op_{name}_first",
            lambda o, x, n=name: getattr(o, n)(x, 2, 2, "same", data_format="channels_first"),
            lambda x, f=function: f(x, 2, 2, "SAME"),
        )
    for name in ("adaptive_max_pool", "adaptive_average_pool"):
        yield op(f"op_{name}", lambda o, x, n=name: getattr(o, n)(x, (3, 4)))
        yield op(f"op_{name}_1d", lambda o, x, n=name: getattr(o, n)(x, (3,)), STEPS)


def keras2_convolutions():
    n = tf.nn
    yield op("tf_conv2d", lambda _, x: n.conv2d(x, kernel(3, 2, 4, 5), 1, "VALID"))
    yield op("tf_conv2d_options", lambda _, x: n.conv2d(x, kernel(3, 3, 4, 2), [1, 2, 1, 1], "SAME"))
    yield op("tf_conv2d_dilated", lambda _, x: n.conv2d(x, kernel(2, 2, 4, 3), 1, "SAME", dilations=[1, 2, 2, 1]))
    yield op("tf_conv2d_padding", lambda _, x: n.conv2d(x, kernel(3, 3, 4, 2), 2, [[0, 0], [1, 2], [0, 1], [0, 0]]))
    yield op("tf_conv2d_version1", lambda _, x: tf.compat.v1.nn.conv2d(x, kernel(3, 2, 4, 5), strides=[1, 1, 1, 1], padding="SAME"))
    yield op("tf_conv1d", lambda _, x: n.conv1d(x, kernel(3, 4, 2), 2, "SAME"), STEPS)
    yield op("tf_conv3d", lambda _, x: n.conv3d(x, kernel(2, 2, 2, 2, 3), [1, 1, 2, 1, 1], "VALID"), VOLUME)
    yield op("tf_convolution", lambda _, x: n.convolution(x, kernel(3, 2, 4, 5), padding="SAME", dilations=[2, 1]))
    yield op("tf_atrous", lambda _, x: n.atrous_conv2d(x, kernel(3, 2, 4, 2), 2, "SAME"))
    yield op("tf_depthwise", lambda _, x: n.depthwise_conv2d(x, kernel(3, 2, 4, 2), [1, 1, 1, 1], "SAME"))
    yield op("tf_depthwise_strides", lambda _, x: n.depthwise_conv2d(x, kernel(3, 2, 4, 1), [1, 2, 2, 1], "VALID"))
    yield op("tf_separable", lambda _, x: n.separable_conv2d(x, kernel(3, 3, 4, 2), kernel(1, 1, 8, 3), [1, 1, 1, 1], "SAME"))
    for padding, size in (("SAME", (12, 14)), ("SAME", (11, 13)), ("VALID", (14, 15))):
        yield op(
            f"tf_transpose_{padding.lower()}_{size[0]}",
            lambda _, x, p=padding, s=size: n.conv2d_transpose(x, kernel(3, 2, 3, 4), [tf.shape(x)[0], *s, 3], 2, p),
        )
    yield op("tf_transpose_default", lambda _, x: n.conv2d_transpose(x, kernel(3, 2, 3, 4), [3, 6, 7, 3], 1))
    yield op("tf_transpose_1d", lambda _, x: n.conv1d_transpose(x, kernel(3, 2, 4), [3, 14, 2], 2), STEPS)
    yield op("tf_backend_conv2d", lambda k, x: k.backend.conv2d(x, kernel(3, 3, 4, 2), padding="same", dilation_rate=(2, 2)))
    yield op("tf_backend_depthwise", lambda k, x: k.backend.depthwise_conv2d(x, kernel(3, 3, 4, 2), padding="same"))


def keras2_pooling():
    n = tf.nn
    for name in ("max_pool2d", "avg_pool2d"):
        yield op(f"tf_{name}", lambda _, x, f=getattr(n, name): f(x, 2, 2, "VALID"))
        yield op(f"tf_{name}_options", lambda _, x, f=getattr(n, name): f(x, [1, 3, 2, 1], [2, 1], "SAME"))
    yield op("tf_max_pool", lambda _, x: n.max_pool(x, 2, 2, "SAME"))
    yield op("tf_avg_pool", lambda _, x: n.avg_pool(x, 2, 1, "SAME"))
    yield op("tf_max_pool1d", lambda _, x: n.max_pool1d(x, 3, 2, "SAME"), STEPS)
    yield op("tf_avg_pool1d", lambda _, x: n.avg_pool1d(x, 3, 2, "VALID"), STEPS)
    yield op("tf_max_pool3d", lambda _, x: n.max_pool3d(x, 2, 1, "VALID"), VOLUME)
    yield op("tf_avg_pool3d", lambda _, x: n.avg_pool3d(x, 2, 2, "SAME"), VOLUME)
    yield op("tf_pool", lambda _, x: n.pool(x, [2, 3], "AVG", padding="SAME"))
    yield op("tf_pool_max", lambda _, x: n.pool(x, [2, 3], "MAX", strides=[2, 1]))
    yield op("tf_backend_pool2d", lambda k, x: k.backend.pool2d(x, (2, 2), (2, 2), "same", pool_mode="avg"))
    yield op("tf_lrn", lambda _, x: n.local_response_normalization(x))
    yield op("tf_lrn_options", lambda _, x: n.lrn(x, depth_radius=1, bias=2.0, alpha=1e-1, beta=0.75))
    yield op("tf_bias_add", lambda _, x: n.bias_add(x, np.arange(4, dtype="float32")))
    yield op("tf_bias_add_first", lambda _, x: n.bias_add(x, np.arange(6, dtype="float32"), data_format="NCHW"))
    yield op("tf_space_to_batch", lambda _, x: tf.batch_to_space(tf.space_to_batch(x, [2, 2], [[0, 0], [1, 0]]) * 2, [2, 2], [[0, 0], [1, 0]]))


def all_cases(generation):
    if generation == 3:
        yield from keras3_convolutions()
        yield from keras3_pooling()
    else:
        yield from keras2_convolutions()
        yield from keras2_pooling()
