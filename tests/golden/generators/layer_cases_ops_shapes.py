"""keras.ops as nodes of functional models (Keras 3): shapes, indices, products, functions of nn and image."""

import numpy as np

from .layer_cases import FLOAT, Case
from .layer_cases_ops import FLAGS, IDS, IMAGE, X, op


def shape_cases():
    yield op("op_reshape", lambda o, x: o.reshape(x, (-1, 24)))
    yield op("op_reshape_more", lambda o, x: o.reshape(x, (-1, 2, 2, 6)))
    yield op("op_reshape_rows", lambda o, x: o.reshape(o.reshape(x, (-1, 6)) * 2, (-1, 4, 6)))
    yield op("op_reshape_like", lambda o, x: o.reshape(x, (-1, o.shape(x)[1] * o.shape(x)[2])))
    yield op("op_ravel", lambda o, x: x + o.sum(o.ravel(x)))
    yield op("op_transpose", lambda o, x: o.transpose(x, (0, 2, 1)))
    yield op("op_transpose_batch", lambda o, x: o.transpose(o.softmax(o.transpose(x, (1, 0, 2)), axis=1), (1, 0, 2)))
    yield op("op_transpose_default", lambda o, x: o.transpose(o.transpose(x)))
    yield op("op_swapaxes", lambda o, x: o.swapaxes(x, 1, -1), IMAGE)
    yield op("op_moveaxis", lambda o, x: o.moveaxis(x, 1, -1), IMAGE)
    yield op("op_moveaxis_lists", lambda o, x: o.moveaxis(x, (1, 2), (3, 1)), IMAGE)
    yield op("op_expand_dims", lambda o, x: o.expand_dims(x, 1))
    yield op("op_expand_dims_list", lambda o, x: o.expand_dims(x, (1, -1)))
    yield op("op_squeeze", lambda o, x: o.squeeze(x, 1), ((1, 6), FLOAT))
    yield op("op_squeeze_last", lambda o, x: o.squeeze(x, -1), ((6, 1), FLOAT))
    yield op("op_flip", lambda o, x: o.flip(x, axis=1))
    yield op("op_flip_batch", lambda o, x: o.flip(x, axis=0))
    yield op("op_flip_two", lambda o, x: o.flip(x, axis=(1, 2)))
    yield op("op_roll", lambda o, x: o.roll(x, 2, axis=1))
    yield op("op_roll_flat", lambda o, x: o.roll(x, 3))
    yield op("op_tile", lambda o, x: o.tile(x, (1, 2, 1)))
    yield op("op_repeat", lambda o, x: o.repeat(x, 3, axis=1))
    yield op("op_repeat_list", lambda o, x: o.repeat(x, [1, 0, 2, 3], axis=1))
    yield op("op_broadcast_to", lambda o, x: x + o.broadcast_to(np.ones((1, 6), "float32"), (4, 6)))
    yield op("op_pad", lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 3))))
    yield op("op_pad_value", lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 3)), constant_values=2.5))
    yield op("op_pad_reflect", lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 3)), mode="reflect"))
    yield op("op_pad_symmetric", lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 3)), mode="symmetric"))
    yield op("op_concatenate", lambda o, x, y: o.concatenate([x, y], axis=-1), X, X)
    yield op("op_concatenate_constant", lambda o, x, i: o.concatenate([x, o.cast(i, "float32")], axis=1), ((2,), FLOAT), IDS)
    yield op("op_stack", lambda o, x, y: o.stack([x, y], axis=1), X, X)
    yield op("op_stack_last", lambda o, x, y: o.stack([x, y, x], axis=-1), X, X)
    yield op("op_stack_first", lambda o, x, y: o.sum(o.stack([x, y]), axis=0), X, X)
    yield op("op_hstack", lambda o, x, y: o.hstack([x, y]), X, X)
    yield op("op_dstack", lambda o, x, y: o.dstack([x, y]), X, X)
    yield op("op_append", lambda o, x, y: o.append(x, y, axis=1), X, X)
    yield op("op_split", lambda o, x: list(o.split(x, 3, axis=-1)))
    yield op("op_split_at", lambda o, x: list(o.split(x, [1, 4], axis=2)))
    yield op("op_split_one", lambda o, x: o.split(x, 2, axis=1)[1])
    yield op("op_unstack", lambda o, x: list(o.unstack(x, axis=1)))
    yield op("op_ones_like", lambda o, x: x + o.ones_like(x))
    yield op("op_zeros_like", lambda o, x: x * 0 + o.zeros_like(x, dtype="int32"))
    yield op("op_full_like", lambda o, x: x + o.full_like(x, 2.5))
    yield op("op_tril", lambda o, x: o.tril(x))
    yield op("op_triu", lambda o, x: o.triu(x, k=1))


def index_cases():
    keys = {
        "first": np.s_[:, 0],
        "last": np.s_[:, -1],
        "last_element": np.s_[:, -1, -1],
        "range": np.s_[:, 1:3],
        "negative_range": np.s_[:, -3:-1],
        "step": np.s_[:, ::2, 1::2],
        "reversed": np.s_[:, ::-1],
        "reversed_part": np.s_[:, 3:0:-1, 4:1:-2],
        "beyond": np.s_[:, 2:100],
        "ellipsis": np.s_[..., 0],
        "ellipsis_first": np.s_[:, ..., 1:2],
        "new_axis": np.s_[:, None],
        "new_axis_last": np.s_[..., None],
        "new_axes": np.s_[:, None, 1, ..., None],
    }
    for tag, key in keys.items():
        yield op(f"op_getitem_{tag}", lambda o, x, key=key: x[key])
    yield op("op_getitem_ints", lambda o, i: i[:, 1:], IDS)
    yield op("op_getitem_batch", lambda o, x: x + x[:1, :])
    yield op("op_take", lambda o, x: o.take(x, [0, 2, -1], axis=1))
    yield op("op_take_scalar", lambda o, x: o.take(x, 2, axis=-1))
    yield op("op_take_table", lambda o, i: o.take(np.linspace(0, 1, 30, dtype="float32").reshape(10, 3), i, axis=0), IDS)
    yield op("op_take_along_axis", lambda o, x, i: o.take_along_axis(x, i - 2, axis=1), X, ((2, 6), "int32"), high=4)
    yield op("op_where", lambda o, x, y: o.where(x > 0, x, y), X, X)
    yield op("op_where_number", lambda o, x: o.where(x > 0, x, 0))
    yield op("op_where_ints", lambda o, i: o.where(i > 3, i, -1), IDS)
    yield op("op_where_mask", lambda o, b, x: o.where(b[..., None], x, -1e9), FLAGS, X, high=2)
    yield op("op_one_hot", lambda o, i: o.one_hot(i, 12), IDS)
    yield op("op_one_hot_axis", lambda o, i: o.one_hot(i, 5, axis=1, dtype="int32"), IDS)
    yield op("op_multi_hot", lambda o, i: o.multi_hot(i, 10), IDS)
    yield op("op_digitize", lambda o, x: o.digitize(x, np.array([-1.0, 0.0, 0.5], "float32")))


def product_cases():
    yield op("op_matmul", lambda o, x, y: o.matmul(x, y), X, ((6, 3), FLOAT))
    yield op("op_matmul_constant", lambda o, x: x @ np.linspace(-1, 1, 12, dtype="float32").reshape(6, 2))
    yield op("op_matmul_vector", lambda o, x: o.matmul(x, np.linspace(-1, 1, 6, dtype="float32")))
    yield op("op_matmul_batch", lambda o, x: o.matmul(x, o.transpose(x)) @ x, ((6,), FLOAT))
    yield op("op_matmul_int", lambda o, i, j: o.matmul(i, j), ((4, 2), "int32"), ((2, 3), "int32"))
    yield op("op_dot", lambda o, x: o.dot(x, np.linspace(-1, 1, 12, dtype="float32").reshape(6, 2)))
    yield op("op_einsum", lambda o, x, y: o.einsum("bij,bkj->bik", x, y), X, X)
    yield op("op_einsum_constant", lambda o, x: o.einsum("...i,ij->...j", x, np.ones((6, 2), "float32")))
    yield op("op_einsum_batch", lambda o, x: o.einsum("bi,ci->bc", x, x) @ x, ((6,), FLOAT))
    yield op("op_einsum_reduce", lambda o, x: o.einsum("bij->bj", x))
    yield op("op_tensordot", lambda o, x: o.tensordot(x, np.linspace(-1, 1, 48, dtype="float32").reshape(4, 6, 2), axes=2))
    yield op("op_tensordot_axes", lambda o, x: o.tensordot(x, np.linspace(-1, 1, 8, dtype="float32").reshape(2, 4), axes=[[1], [1]]))
    yield op("op_outer", lambda o, x: x + o.sum(o.outer(x, np.ones(2, "float32"))))


ACTIVATIONS = [
    "relu", "relu6", "sigmoid", "softplus", "softsign", "silu", "log_sigmoid", "hard_sigmoid", "hard_silu", "selu",
    "tanh_shrink", "hard_tanh", "sparse_plus", "sparse_sigmoid", "sparsemax", "gelu", "elu", "celu", "glu",
    "leaky_relu", "hard_shrink", "soft_shrink", "squareplus", "softmax", "log_softmax",
]  # fmt: skip


def nn_cases():
    for name in ACTIVATIONS:
        yield op(f"op_{name}", lambda o, x, name=name: getattr(o, name)(x), spread=2.0)
    yield op("op_gelu_exact", lambda o, x: o.gelu(x, approximate=False))
    yield op("op_elu_alpha", lambda o, x: o.elu(x, alpha=0.3))
    yield op("op_celu_alpha", lambda o, x: o.celu(x, alpha=0.3))
    yield op("op_glu_axis", lambda o, x: o.glu(x, axis=1))
    yield op("op_leaky_slope", lambda o, x: o.leaky_relu(x, negative_slope=0.05))
    yield op("op_hard_shrink_threshold", lambda o, x: o.hard_shrink(x, threshold=1.0))
    yield op("op_soft_shrink_threshold", lambda o, x: o.soft_shrink(x, threshold=0.2))
    yield op("op_threshold", lambda o, x: o.threshold(x, 0.5, -3.0))
    yield op("op_squareplus_b", lambda o, x: o.squareplus(x, b=1))
    yield op("op_softmax_axis", lambda o, x: o.softmax(x, axis=1))
    yield op("op_softmax_batch", lambda o, x: o.softmax(x, axis=0))
    yield op("op_log_softmax_axis", lambda o, x: o.log_softmax(x, axis=1))
    yield Case("op_activations_relu", [X], lambda k, t: k.activations.relu(t[0], negative_slope=0.1, max_value=1.5, threshold=0.2))
    yield Case("op_activations_gelu", [X], lambda k, t: k.activations.gelu(t[0]))
    vector = np.linspace(0.5, 1.5, 6, dtype="float32")
    yield op("op_layer_norm", lambda o, x: o.layer_normalization(x, gamma=vector, beta=vector, axis=-1))
    yield op("op_layer_norm_axes", lambda o, x: o.layer_normalization(x, axis=[1, 2], epsilon=0.01))
    yield op("op_rms_norm", lambda o, x: o.rms_normalization(x, scale=vector, axis=-1))
    yield op("op_batch_norm", lambda o, x: o.batch_normalization(x, vector, vector, axis=-1, offset=vector, scale=vector, epsilon=0.01))
    yield op("op_batch_norm_axis", lambda o, x: o.batch_normalization(x, vector[:4], vector[:4], axis=1))
    heads = ((3, 2, 4), FLOAT)
    yield op("op_attention", lambda o, q, k, v: o.dot_product_attention(q, k, v), heads, heads, heads)
    yield op("op_attention_causal", lambda o, q, k: o.dot_product_attention(q, k, k, is_causal=True), heads, heads)
    yield op("op_attention_mask", lambda o, q, k, m: o.dot_product_attention(q, k, k, mask=m, scale=0.3), heads, heads,
             ((2, 3, 3), "bool"), high=2)  # fmt: skip
    yield op("op_depth_to_space", lambda o, x: o.depth_to_space(x, 2), ((2, 3, 8), FLOAT))
    yield op("op_space_to_depth", lambda o, x: o.space_to_depth(x, 2), ((4, 6, 2), FLOAT))
    for size in ((8, 9), (3, 2), (4, 6)):
        for kind in ("bilinear", "nearest"):
            yield op(f"op_resize_{kind}_{size[0]}", lambda o, x, s=size, i=kind: o.image.resize(x, s, interpolation=i), IMAGE)
    yield op("op_resize_uint8", lambda o, x: o.image.resize(x, (8, 9), interpolation="nearest"), ((4, 6, 3), "uint8"))
    yield op("op_grayscale", lambda o, x: o.image.rgb_to_grayscale(x), IMAGE)


def model_cases():
    """What mixes layers and operations: names, places of weights, refusals."""

    def layers_between(k, tensors):
        x = k.layers.Dense(5)(tensors[0])
        y = k.layers.Add()([x, k.ops.sigmoid(x)]) + 1
        return k.layers.Dense(3)(k.ops.add(y, x))

    yield Case("op_between_layers", [((6,), FLOAT)], layers_between)
    yield Case("op_after_convolution", [IMAGE], lambda k, t: k.ops.relu6(
        k.layers.Conv2D(4, 2)(t[0]) + 3.0) * 0.5 + k.layers.Conv2D(4, 2)(t[0]))  # fmt: skip
    yield op("op_unknown", lambda o, x: o.i0(x), refused="keras.ops.numpy.I0")
    yield Case("op_lambda", [X], lambda k, t: k.layers.Lambda(lambda x: x * 2)(t[0]), refused="tf.saved_model.save")
    yield op("op_slice_argument", lambda o, x: o.max(x, axis=1, keepdims=True) > 0)


def all_cases(generation):
    if generation == 2:
        return
    yield from shape_cases()
    yield from index_cases()
    yield from product_cases()
    yield from nn_cases()
    yield from model_cases()
