"""Further functions of numbers and matrices as nodes (keras.ops; TensorFlow in Keras 2)."""

import numpy as np
import tensorflow as tf

from .layer_cases import FLOAT, Case

X = ((4, 6), FLOAT)
SQUARE = ((4, 4), FLOAT)
CUBE = ((2, 4, 5), FLOAT)
VECTORS = ((4, 3), FLOAT)
IDS = ((4,), "int32")


def op(name, call, *inputs, **options):
    return Case(name, list(inputs or (X,)), lambda k, tensors: call(k, *tensors), **options)


def holes(random):
    """Numbers with NaN among them, and no row without a number."""
    x = random.normal(size=(3, 4, 6)).astype("float32")
    x[random.uniform(size=x.shape) < 0.3] = np.nan
    x[:, 0, :] = 0.5
    x[:, :, 1] = -0.25
    return [x]


def keras3_cases():
    def of(name, *args, inputs=(), tag="", **config):
        return op(f"op_{name}{tag}", lambda k, *t: getattr(k.ops, name)(*t, *args, **config), *inputs)

    for name in ("nansum", "nanmean", "nanmax", "nanmin", "nanprod", "nanstd", "nanvar"):
        yield op(f"op_{name}", lambda k, x, n=name: getattr(k.ops, n)(x, axis=1), data=holes)
        yield op(f"op_{name}_keep", lambda k, x, n=name: getattr(k.ops, n)(x, axis=(1, 2), keepdims=True), data=holes)
    for name in ("fabs", "sinc", "real", "conj"):
        yield of(name)
    for name in ("fmax", "fmin", "fmod", "logaddexp2", "heaviside", "ldexp"):
        inputs = (X, X) if name != "ldexp" else (X, ((4, 6), "int32"))
        yield of(name, inputs=inputs)
    yield op("op_fmax_nan", lambda k, x: k.ops.fmax(x, 0.1) + k.ops.fmin(x, 0.2), data=holes)
    yield op("op_isclose", lambda k, x: k.ops.isclose(x, x + 1e-6 * k.ops.sign(x - 0.3)))
    yield op("op_isclose_options", lambda k, x: k.ops.isclose(x, 0.25, rtol=0.5, atol=0.6))
    yield op("op_isin", lambda k, i: k.ops.isin(i, [1, 3, 7]), IDS)
    yield op("op_isin_invert", lambda k, i: k.ops.isin(i, np.array([1, 3, 7]), invert=True), IDS)
    yield op("op_bitwise_not", lambda k, i: k.ops.bitwise_not(i), IDS)
    yield of("median", axis=-1)
    yield of("median", tag="_even_keep", axis=1, keepdims=True)
    yield of("diff")
    yield of("diff", tag="_options", n=2, axis=1)
    yield op("op_saturate_cast", lambda k, x: k.ops.saturate_cast(x * 200, "uint8"))
    yield op("op_saturate_cast_signed", lambda k, x: k.ops.saturate_cast(x * 200, "int8"))
    yield of("diagonal", inputs=(CUBE,), axis1=2, axis2=3)
    yield of("diagonal", inputs=(CUBE,), tag="_offset", offset=-1, axis1=3, axis2=1)
    yield of("trace", inputs=(CUBE,), axis1=1, axis2=3)
    for k in (1, 3, 4):
        yield of("rot90", inputs=(CUBE,), tag=f"_{k}", k=k, axes=(1, 3))
    yield of("rot90", inputs=(SQUARE,), tag="_half", k=-2, axes=(1, 2))
    yield op("op_rot90_mixed_up", lambda k, x: k.ops.rot90(x, 2, (1, 3)), CUBE, refused="half turns")
    yield of("cross", inputs=(VECTORS, VECTORS))
    yield op("op_select", lambda k, x: k.ops.select([x > 0.5, x < -0.5], [x, -2 * x], 0.25))
    yield op("op_inv", lambda k, x: k.ops.inv(x + 3 * np.eye(4, dtype="float32")), SQUARE)
    yield op("op_dsplit", lambda k, x: k.ops.concatenate(k.ops.dsplit(x, 2)[::-1], axis=2))


def keras2_cases():
    m, l = tf.math, tf.linalg
    for name in ("asinh", "reduce_euclidean_norm"):
        yield op(f"tf_{name}", lambda _, x, f=getattr(m, name): f(x) if f is m.asinh else f(x, axis=1))
    yield op("tf_acosh", lambda _, x: m.acosh(tf.abs(x) + 1.1))
    yield op("tf_atanh", lambda _, x: m.atanh(tf.tanh(x) * 0.9))
    for name in ("multiply_no_nan", "xdivy", "xlogy", "xlog1py"):
        yield op(f"tf_{name}", lambda _, x, f=getattr(m, name): f(tf.nn.relu(x), tf.abs(x) + 0.2))
    yield op("tf_multiply_no_nan_zero", lambda _, x: m.multiply_no_nan(1 / tf.nn.relu(x), tf.nn.relu(x)))
    yield op("tf_scalar_mul", lambda _, x: m.scalar_mul(2.5, x))
    yield op("tf_zero_fraction", lambda _, x: x + m.zero_fraction(tf.nn.relu(x)))
    yield op("tf_bitwise", lambda _, i: tf.bitwise.bitwise_xor(tf.bitwise.bitwise_and(i, 6), tf.bitwise.bitwise_or(i, 1)), IDS)
    yield op("tf_bitwise_invert", lambda _, i: tf.bitwise.invert(i), IDS)
    yield op("tf_saturate_cast", lambda _, x: tf.saturate_cast(x * 200, tf.uint8))
    yield op("tf_ensure_shape", lambda _, x: tf.ensure_shape(x, [None, 4, 6]) * 2)
    yield op("tf_clip_by_norm", lambda _, x: tf.clip_by_norm(x, 1.5, axes=[1, 2]))
    yield op("tf_band_part", lambda _, x: l.band_part(x, 1, 0), SQUARE)
    yield op("tf_band_part_upper", lambda _, x: l.band_part(x, 0, -1), CUBE)
    yield op("tf_diag", lambda _, x: l.diag(x))
    yield op("tf_diag_part", lambda _, x: l.diag_part(x), CUBE)
    yield op("tf_trace", lambda _, x: l.trace(x), CUBE)
    yield op("tf_matrix_transpose", lambda _, x: l.matrix_transpose(x), CUBE)
    yield op("tf_inv", lambda _, x: l.inv(x + 3 * np.eye(4, dtype="float32")), SQUARE)
    yield op("tf_cross", lambda _, x, y: l.cross(x, y), VECTORS, VECTORS)
    yield op("tf_reverse_sequence", lambda _, x, i: tf.reverse_sequence(x, i[:, 0], seq_axis=1), X, IDS, high=4)
    yield op("tf_crelu", lambda _, x: tf.nn.crelu(x))
    yield op("tf_embedding_lookup", lambda _, i: tf.nn.embedding_lookup(np.linspace(-1, 1, 30, dtype="float32").reshape(10, 3), i), IDS)
    yield op("tf_softmax_entropy", lambda _, x, y: tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(x), y), X, X)
    yield op("tf_sigmoid_entropy", lambda _, x, y: tf.nn.sigmoid_cross_entropy_with_logits(tf.sigmoid(x), y), X, X)
    yield op("tf_batch_flatten", lambda k, x: k.backend.batch_flatten(x))
    yield op("tf_nested_list", lambda _, x: tf.concat([x[:, 0, :], [[1.0, 2, 3, 4, 5, 6]] * 1 + 0 * x[:, 0, :]], axis=1))
    yield op("tf_boolean_mask", lambda _, x, i: tf.boolean_mask(x, i > 0), ((4, 6), FLOAT), ((4,), "int32"), refused="tf.compat.v1.boolean_mask")


def all_cases(generation):
    yield from keras2_cases() if generation == 2 else keras3_cases()
