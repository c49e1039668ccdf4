"""Further classes of keras.ops as nodes: updates, quantiles, Fourier transforms, losses, matrices, images."""

import numpy as np
import tensorflow as tf

from .layer_cases import FLOAT, Case
from .layer_cases_ops_math import CUBE, IDS, SQUARE, VECTORS, X, holes, op

SIGNAL = ((40,), FLOAT)
PAIR = (X, X)
IMAGE = ((7, 8, 3), FLOAT)
EYE = np.eye(4, dtype=FLOAT)


def of(name, *args, inputs=(), tag="", **config):
    return op(f"op_{name}{tag}", lambda k, *t: getattr(k.ops, name)(*t, *args, **config), *inputs)


def positive(k, x):
    """A positive definite matrix."""
    return k.ops.matmul(x, k.ops.swapaxes(x, 1, 2)) + 2 * EYE


def updates():
    yield op("op_slice", lambda k, x: k.ops.slice(x, (0, 1, 2), (3, 2, 4)))
    yield op("op_slice_update", lambda k, x, y: k.ops.slice_update(x, (0, 1, 2), y), X, ((2, 3), FLOAT))
    yield op("op_slice_update_edge", lambda k, x, y: k.ops.slice_update(x, (0, 3, 0), y), X, ((2, 6), FLOAT))
    yield op("op_scatter_update", lambda k, x: k.ops.scatter_update(x, [[0, 1], [2, 3]], np.ones((2, 6), FLOAT)))
    for reduction in ("add", "max", "min", "mul"):
        yield op(f"op_scatter_update_{reduction}", lambda k, x, r=reduction: k.ops.scatter_update(x, [[0, 1], [2, 3], [0, 1]], np.full((3, 6), 0.5, FLOAT), reduction=r))
    yield op("op_scatter", lambda k, x: x + k.ops.scatter(np.array([[1], [3], [1]]), x[:, 0, :], (4, 6)))
    for kind in ("sum", "max"):
        yield op(f"op_segment_{kind}", lambda k, x, i, f=kind: x[:, 0, :] + k.ops.mean(getattr(k.ops, f"segment_{f}")(x[:, 0, :], i[:, 0], num_segments=2), axis=0), X, IDS, high=2)
    yield op("op_segment_min", lambda k, x, i: x + k.ops.max(k.ops.segment_min(x, i[:, 0] * 2, num_segments=3)[0]), X, IDS, high=2)
    yield op("op_segment_prod", lambda k, x, i: x + k.ops.max(k.ops.segment_prod(x, i[:, 0], num_segments=3)), X, IDS, high=2)


def quantiles():
    for q in (0.0, 0.3, 1.0):
        yield of("quantile", q, tag=f"_{int(q * 10)}", axis=1)
    yield of("quantile", 0.7, tag="_two_axes", axis=(1, 2))
    yield of("quantile", 0.7, tag="_keep", axis=(2, 1), keepdims=True)
    yield of("quantile", 0.7, tag="_method", axis=2, method="lower")
    yield op("op_quantile_list", lambda k, x: k.ops.transpose(k.ops.quantile(x, [0.25, 0.5, 0.9], axis=2), (1, 0, 2)))
    yield op("op_quantile_nan", lambda k, x: k.ops.quantile(x, 0.4, axis=1), data=holes, has_nan=True)
    yield of("percentile", 30.0, axis=1)
    for method in ("lower", "higher", "midpoint", "nearest"):
        yield of("percentile", 84.0, tag=f"_{method}", axis=-1, method=method, keepdims=True)
    for name, args in (("nanquantile", (0.3,)), ("nanpercentile", (70.0,)), ("nanmedian", ())):
        yield op(f"op_{name}", lambda k, x, n=name, a=args: getattr(k.ops, n)(x, *a, axis=2), data=holes)
        yield op(f"op_{name}_keep", lambda k, x, n=name, a=args: getattr(k.ops, n)(x, *a, axis=1, keepdims=True), data=holes)
    for name in ("nanargmax", "nanargmin"):
        yield op(f"op_{name}", lambda k, x, n=name: getattr(k.ops, n)(x, axis=1), data=holes)
        yield op(f"op_{name}_keep", lambda k, x, n=name: getattr(k.ops, n)(x, axis=2, keepdims=True), data=holes)
    for name in ("nancumsum", "nancumprod"):
        yield op(f"op_{name}", lambda k, x, n=name: getattr(k.ops, n)(x, axis=1), data=holes)
    for side in ("left", "right"):
        yield op(f"op_searchsorted_{side}", lambda k, x, s=side: x[:, 0, 0] + k.ops.cast(k.ops.searchsorted(np.array([-1.0, 0.0, 0.5, 0.5, 2.0], FLOAT), x[:, 0, 0], side=s), FLOAT), data=lambda r: [np.array([[[0.5]], [[-2]], [[3]]], FLOAT) * np.ones((3, 4, 6), FLOAT)])


def transforms():
    yield op("op_fft", lambda k, x, y: k.ops.stack(k.ops.fft((x, y)), axis=-1), *PAIR)
    yield op("op_fft2", lambda k, x, y: k.ops.stack(k.ops.fft2((x, y)), axis=-1), *PAIR)
    yield op("op_ifft2", lambda k, x, y: k.ops.stack(k.ops.ifft2((x, y)), axis=-1), *PAIR)
    for length in (None, 4, 9):
        yield op(f"op_rfft_{length}", lambda k, x, n=length: k.ops.stack(k.ops.rfft(x, fft_length=n), axis=-1))
        yield op(f"op_irfft_{length}", lambda k, x, y, n=length: k.ops.irfft((x, y), fft_length=n), *PAIR)
    for tag, options in {"": {}, "_plain": {"center": False, "window": None}, "_hamming": {"window": "hamming"}, "_odd": {"sequence_length": 7, "center": False}}.items():
        config = {"sequence_length": 8, "sequence_stride": 3, "fft_length": 16, **options}
        yield op(f"op_stft{tag}", lambda k, x, c=config: k.ops.stack(k.ops.stft(x, **c), axis=-1), SIGNAL)
    yield of("extract_sequences", 8, 3, inputs=(SIGNAL,))
    yield of("extract_sequences", 4, 6, inputs=(((3, 20), FLOAT),), tag="_rank_3")


def losses():
    yield op("op_binary_entropy", lambda k, x, y: k.ops.binary_crossentropy(k.ops.sigmoid(y), k.ops.abs(k.ops.tanh(x))), *PAIR)
    yield op("op_binary_entropy_logits", lambda k, x, y: k.ops.binary_crossentropy(k.ops.sigmoid(y), x, from_logits=True), *PAIR)
    yield op("op_categorical_entropy", lambda k, x, y: k.ops.categorical_crossentropy(k.ops.softmax(y), k.ops.abs(x) + 0.1), *PAIR)
    yield op("op_categorical_entropy_axis", lambda k, x, y: k.ops.categorical_crossentropy(k.ops.softmax(y), x, from_logits=True, axis=1), *PAIR)
    yield op("op_sparse_entropy", lambda k, x, i: k.ops.sparse_categorical_crossentropy(i, k.ops.abs(x) * 0.3 + 0.1), X, IDS, high=6)
    yield op("op_sparse_entropy_logits", lambda k, x, i: k.ops.sparse_categorical_crossentropy(k.ops.expand_dims(i, -1), x, from_logits=True), X, IDS, high=6)
    yield op("op_softmax_entropy", lambda k, x, y: k.ops.categorical_crossentropy(k.ops.softmax(y), k.ops.softmax(20 * x)), *PAIR)
    yield op("op_psnr", lambda k, x, y: x + k.ops.psnr(x, y, 1.5), *PAIR)
    for k_ in (1, 3):
        yield op(f"op_in_top_k_{k_}", lambda k, x, i, n=k_: k.ops.in_top_k(i[:, 0], x[:, 0, :], n), X, IDS, high=6)


def matrices():
    yield op("op_det", lambda k, x: k.ops.det(x), SQUARE)
    yield op("op_det_pivots", lambda k, x: k.ops.det(x), SQUARE, data=lambda r: [np.stack([EYE[::-1] * 2, EYE[[1, 0, 2, 3]], np.ones((4, 4), FLOAT)])])
    yield op("op_logdet", lambda k, x: k.ops.logdet(positive(k, x)), SQUARE)
    yield op("op_slogdet", lambda k, x: k.ops.slogdet(x)[1] + 0 * x[:, 0, 0], SQUARE)
    yield op("op_cholesky", lambda k, x: k.ops.cholesky(positive(k, x)), SQUARE)
    yield op("op_cholesky_upper", lambda k, x: k.ops.cholesky(positive(k, x), upper=True), SQUARE)
    yield op("op_cholesky_inverse", lambda k, x: k.ops.cholesky_inverse(k.ops.cholesky(positive(k, x))), SQUARE)
    yield op("op_cholesky_inverse_upper", lambda k, x: k.ops.cholesky_inverse(k.ops.cholesky(positive(k, x), upper=True), upper=True), SQUARE)
    yield op("op_solve", lambda k, x, b: k.ops.solve(x + 3 * EYE, b), SQUARE, ((4, 2), FLOAT))
    yield op("op_solve_vector", lambda k, x, b: k.ops.solve(x + 3 * EYE, b), SQUARE, ((4,), FLOAT))
    for lower in (True, False):
        yield op(f"op_solve_triangular_{lower}", lambda k, x, b, low=lower: k.ops.solve_triangular(x + 3 * EYE, b, lower=low), SQUARE, ((4, 2), FLOAT))
    for order in (1, -1, np.inf, -np.inf, "fro"):
        tag = str(order).replace("-", "m")
        yield op(f"op_norm_matrix_{tag}", lambda k, x, o=order: k.ops.norm(x, ord=o, axis=(1, 2)))
        yield op(f"op_norm_matrix_{tag}_keep", lambda k, x, o=order: k.ops.norm(x, ord=o, axis=(2, 1), keepdims=True))
    yield op("op_norm_spectral", lambda k, x: k.ops.norm(x, ord=2, axis=(1, 2)), refused="singular values")
    yield of("cdist", inputs=(VECTORS, ((5, 3), FLOAT)))
    yield op("op_kron", lambda k, x: k.ops.kron(x, np.array([[[1, 2.0], [3, -1]]], FLOAT)), SQUARE)
    yield op("op_vdot", lambda k, x, y: x + k.ops.vdot(x, y), *PAIR)
    yield op("op_diag", lambda k, x: k.ops.diag(x), ((6,), FLOAT), refused="whose rows are the batch")
    yield op("op_diag_vector", lambda k, x: k.ops.diag(x[:, 0, 0]))
    yield op("op_diagflat", lambda k, x: x + k.ops.max(k.ops.diagflat(x) * 2, axis=0)[1], ((2,), FLOAT))
    yield op("op_corrcoef", lambda k, x: k.ops.corrcoef(x), ((6,), FLOAT))
    yield op("op_vander_increasing", lambda k, x: k.ops.vander(x[:, 0, 0], N=4, increasing=True))
    yield op("op_vander", lambda k, x: k.ops.vander(x[:, 0, 0], N=3))
    yield of("trapezoid")
    yield of("trapezoid", tag="_options", dx=0.5, axis=1)


def numbers():
    for name in ("angle", "imag", "isreal", "signbit", "empty_like"):
        yield of(name)
    yield op("op_shifts", lambda k, i: k.ops.stack([k.ops.left_shift(i, 2), k.ops.bitwise_left_shift(i, i), k.ops.right_shift(i, 1), k.ops.bitwise_right_shift(i * 8, i)], axis=-1), IDS, high=6)
    yield op("op_array", lambda k, x: k.ops.array(x, dtype="int32"))
    yield op("op_array_split", lambda k, x: k.ops.concatenate(k.ops.array_split(x, 4, axis=2)[::-1], axis=2))
    yield op("op_unravel", lambda k, i: k.ops.stack(k.ops.unravel_index(i, (2, 5)), axis=-1), IDS)
    yield op("op_unravel_vector", lambda k, i: k.ops.stack(k.ops.unravel_index(i[:, 0], (2, 5)), axis=-1), IDS)
    for axis in (0, -1):
        yield op(f"op_linspace_{axis}".replace("-", "m"), lambda k, x, y, a=axis: k.ops.moveaxis(k.ops.linspace(x, y, num=5, axis=a), a, 1), *PAIR)
    yield op("op_linspace_open", lambda k, x, y: k.ops.linspace(x, y, num=4, endpoint=False, axis=1), *PAIR)
    yield op("op_linspace_one", lambda k, x: k.ops.linspace(x, 2.0, num=1, axis=1))
    yield op("op_logspace", lambda k, x, y: k.ops.logspace(x, y, num=3, base=2, axis=1), *PAIR)
    yield op("op_geomspace", lambda k, x, y: k.ops.moveaxis(k.ops.geomspace(k.ops.exp(x), k.ops.exp(y), num=4), 0, 1), *PAIR)
    yield op("op_allclose", lambda k, x: x + k.ops.cast(k.ops.allclose(x, x + 1e-7), FLOAT))
    yield op("op_size", lambda k, x: x / k.ops.cast(k.ops.size(x), FLOAT))
    for name in ("gcd", "lcm"):
        yield op(f"op_{name}", lambda k, i, n=name: getattr(k.ops, n)(i, i + 3), IDS, refused=f"keras.ops.numpy.{name.capitalize()}")


def images():
    yield op("op_sobel_edges", lambda k, x: k.ops.image.sobel_edges(x), IMAGE)
    yield op("op_gaussian_blur", lambda k, x: k.ops.image.gaussian_blur(x), IMAGE)
    yield op("op_gaussian_blur_options", lambda k, x: k.ops.image.gaussian_blur(x, kernel_size=(3, 5), sigma=(0.7, 1.5)), IMAGE)
    image = ((3, 7, 8), FLOAT)
    yield of("unfold", 2, inputs=(image,))
    yield of("unfold", (2, 3), inputs=(image,), tag="_options", dilation=2, padding=(1, 2), stride=(2, 1))
    yield of("fold", (4, 5), 2, inputs=(((8, 12), FLOAT),))
    yield of("fold", (4, 5), (2, 3), inputs=(((12, 15), FLOAT),), tag="_options", padding=(1, 1), stride=(2, 1))
    turned = np.array([0.9, 0.13, 0.57, -0.11, 1.07, 0.83, 0.01, -0.02], FLOAT)
    for tag, options in {"": {}, "_nearest": {"interpolation": "nearest"}, "_fill": {"fill_value": 0.7}, "_edge": {"fill_mode": "nearest"}, "_edge_nearest": {"fill_mode": "nearest", "interpolation": "nearest"}}.items():
        yield op(f"op_affine{tag}", lambda k, x, o=options: k.ops.image.affine_transform(x, turned, **o), IMAGE)
    yield op("op_affine_each", lambda k, x, t: k.ops.image.affine_transform(x, 0.01 * t + turned, data_format="channels_first"), ((3, 7, 8), FLOAT), ((8,), FLOAT))
    yield op("op_affine_mirror", lambda k, x: k.ops.image.affine_transform(x, turned, fill_mode="reflect"), IMAGE, refused="fill_mode constant and nearest")
    yield op("op_perspective", lambda k, x, a, b: k.ops.image.perspective_transform(x, a, b), IMAGE, ((4, 2), FLOAT), ((4, 2), FLOAT), refused="keras.ops.image.PerspectiveTransform")


def keras2_cases():
    m, l = tf.math, tf.linalg
    for name in ("update", "add", "max", "min"):
        scatter = getattr(tf, f"tensor_scatter_nd_{name}")
        yield op(f"tf_scatter_{name}", lambda _, x, f=scatter: f(x, [[0, 1], [2, 3]], np.full((2, 6), 0.5, FLOAT)))
    yield op("tf_scatter_nd", lambda _, x: x + tf.scatter_nd([[1], [3], [1]], x[:, 0, :], (4, 6)))
    for name in ("sum", "max", "min", "prod"):
        segment = getattr(m, f"unsorted_segment_{name}")
        yield op(f"tf_segment_{name}", lambda _, x, i, f=segment: x + tf.reduce_max(tf.clip_by_value(f(x, i[:, 0], 3), -9, 9)), X, IDS, high=2)
    yield op("tf_det", lambda _, x: l.det(x), SQUARE)
    yield op("tf_cholesky", lambda _, x: l.cholesky(tf.matmul(x, l.matrix_transpose(x)) + 2 * EYE), SQUARE)
    yield op("tf_logdet", lambda _, x: l.logdet(tf.matmul(x, l.matrix_transpose(x)) + 2 * EYE), SQUARE)
    yield op("tf_solve", lambda _, x, b: l.solve(x + 3 * EYE, b), SQUARE, ((4, 2), FLOAT))
    yield op("tf_norm_columns", lambda _, x: tf.norm(x, ord=1, axis=[1, 2]))
    yield op("tf_norm_rows", lambda _, x: tf.norm(x, ord=np.inf, axis=[1, 2], keepdims=True))
    yield op("tf_in_top_k", lambda _, x, i: m.in_top_k(i[:, 0], x[:, 0, :], 2), X, IDS, high=6)
    yield op("tf_shifts", lambda _, i: tf.bitwise.left_shift(i, 2) + tf.bitwise.right_shift(i * 8, i), IDS, high=6)
    yield op("tf_linspace", lambda _, x, y: tf.linspace(x, y, 5, axis=1), *PAIR)
    yield op("tf_sobel_edges", lambda _, x: tf.image.sobel_edges(x), IMAGE)


def all_cases(generation):
    if generation == 2:
        yield from keras2_cases()
        return
    for group in (updates, quantiles, transforms, losses, matrices, numbers, images):
        yield from group()
