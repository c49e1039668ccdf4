"""keras.ops as nodes of functional models (Keras 3)."""

import numpy as np

from .layer_cases import FLOAT, Case

X = ((4, 6), FLOAT)
IMAGE = ((4, 6, 3), FLOAT)
IDS = ((4,), "int32")
FLAGS = ((4,), "bool")


def op(name, call, *inputs, **options):
    """`call(ops, *tensors)`; without inputs one of shape (4, 6)."""
    return Case(name, list(inputs or (X,)), lambda k, tensors: call(k.ops, *tensors), **options)


def positive(name, call):
    """Of numbers above 0."""
    return op(name, lambda o, x: call(o, o.absolute(x) + 0.1))


def elementwise_cases():
    for name in ("absolute", "arcsinh", "arctan", "cbrt", "ceil", "copy", "cos", "cosh", "deg2rad", "exp", "exp2",
                 "expm1", "floor", "isfinite", "isinf", "isnan", "negative", "rad2deg", "reciprocal", "round", "sign",
                 "sin", "sinh", "square", "tan", "tanh", "trunc", "erf", "stop_gradient", "nan_to_num"):  # fmt: skip
        yield op(f"op_{name}", lambda o, x, name=name: getattr(o, name)(x))
    for name in ("log", "log10", "log1p", "log2", "sqrt", "rsqrt"):
        yield positive(f"op_{name}", lambda o, x, name=name: getattr(o, name)(x))
    for name in ("arccos", "arcsin", "arctanh"):
        yield op(f"op_{name}", lambda o, x, name=name: getattr(o, name)(o.tanh(x) * 0.9))
    yield positive("op_arccosh", lambda o, x: o.arccosh(x + 1.0))
    yield op("op_round_decimals", lambda o, x: o.round(x, 2))
    yield op("op_clip", lambda o, x: o.clip(x, -0.5, 1))
    yield op("op_clip_int", lambda o, i: o.clip(i, 2, 5), IDS)
    yield op("op_abs_int", lambda o, i: o.abs(i - 5), IDS)
    yield op("op_exp_int", lambda o, i: o.exp(i * 0.1), IDS)
    yield op("op_square_int", lambda o, i: o.square(i), IDS)
    yield op("op_sqrt_int", lambda o, i: o.sqrt(i), IDS)
    for dtype in ("int32", "bool", "int64"):
        yield op(f"op_cast_{dtype}", lambda o, x, dtype=dtype: o.cast(x, dtype))
    # Half precision is computed in float32.
    yield op("op_cast_float16", lambda o, x: o.cast(x, "float16"), tolerance=1e-3)
    yield op("op_cast_same", lambda o, x: o.cast(x, "float32"))
    yield op("op_cast_ids", lambda o, i: o.cast(i, "float32"), IDS)
    yield op("op_cast_flags", lambda o, b: o.cast(b, "float32") * 2, FLAGS, high=2)
    yield op("op_logical_not", lambda o, b: o.logical_not(b), FLAGS, high=2)


def binary_cases():
    for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "arctan2", "hypot", "logaddexp",
                 "divide_no_nan", "true_divide"):  # fmt: skip
        yield op(f"op_{name}", lambda o, x, y, name=name: getattr(o, name)(x, y), X, X)
    for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"):
        yield op(f"op_{name}", lambda o, i, j, name=name: getattr(o, name)(i, j), IDS, IDS, high=3)
        yield op(f"op_{name}_number", lambda o, i, name=name: getattr(o, name)(i, 1.5), IDS, high=3)
    for name in ("logical_and", "logical_or", "logical_xor"):
        yield op(f"op_{name}", lambda o, b, c, name=name: getattr(o, name)(b, c), FLAGS, FLAGS, high=2)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        yield op(f"op_{name}", lambda o, b, c, name=name: getattr(o, name)(b, c), IDS, IDS, high=16)
    for name in ("add", "subtract", "multiply", "divide", "floor_divide", "mod", "power", "maximum"):
        yield op(f"op_{name}_ints", lambda o, i, j, name=name: getattr(o, name)(i - 4, j + 1), IDS, IDS, high=5)
        yield op(f"op_{name}_int_number", lambda o, i, name=name: getattr(o, name)(i, 2), IDS)
        yield op(f"op_{name}_int_float", lambda o, i, name=name: getattr(o, name)(i, 2.5), IDS)
        yield op(f"op_{name}_number_first", lambda o, x, name=name: getattr(o, name)(3, o.abs(x) + 0.5))
    yield op("op_mod_floats", lambda o, x, y: o.mod(x, o.abs(y) + 0.5), X, X)
    yield op("op_floor_divide_floats", lambda o, x, y: o.floor_divide(x, o.abs(y) + 0.5), X, X)
    yield op("op_operators", lambda o, x, y: (1.0 - x) * 2 + -y / 3 - (x > y) * 1.0, X, X)
    yield op("op_broadcast", lambda o, x, y: x + y, ((4, 1), FLOAT), ((1, 6), FLOAT))
    yield op("op_broadcast_rank", lambda o, x, y: x * y, ((2, 4, 6), FLOAT), ((1, 1, 6), FLOAT))
    yield op("op_constant_array", lambda o, x: x + np.arange(6, dtype="float32"))
    yield op("op_constant_matrix", lambda o, x: o.multiply(np.linspace(0, 1, 24, dtype="float32").reshape(1, 4, 6), x))
    yield op("op_constant_int_array", lambda o, x: x * np.arange(6))
    yield op("op_constant_tensor", lambda o, x: x - o.convert_to_tensor([1.0, 2, 3, 4, 5, 6]))
    yield op("op_int_int64", lambda o, i, j: i + j, IDS, ((4,), "int64"))
    yield op("op_int_float_tensor", lambda o, i, x: i * x, IDS, ((4,), FLOAT))
    yield op("op_uint8_number", lambda o, i: o.cast(i, "float32") / 255, ((4, 4, 3), "uint8"), high=256)
    yield op("op_bool_int", lambda o, b, i: b * i, FLAGS, IDS, high=2)
    yield op("op_mask_of_ids", lambda o, i: o.cast(o.not_equal(i, 0), "float32"), IDS, high=3)


def reduction_cases():
    for name in ("sum", "mean", "max", "min", "prod", "std", "var", "logsumexp", "amax", "amin"):
        yield op(f"op_{name}", lambda o, x, name=name: getattr(o, name)(x, axis=1))
        yield op(f"op_{name}_axes", lambda o, x, name=name: getattr(o, name)(x, axis=(1, 2), keepdims=True), IMAGE)
        yield op(f"op_{name}_last", lambda o, x, name=name: getattr(o, name)(x, axis=-1))
        # Over all rows: the batch must not be filled up.
        yield op(f"op_{name}_all", lambda o, x, name=name: x - getattr(o, name)(x))
    yield op("op_mean_batch", lambda o, x: x - o.mean(x, axis=0, keepdims=True))
    for name in ("all", "any"):
        yield op(f"op_{name}", lambda o, b, name=name: getattr(o, name)(b, axis=1), ((4, 2), "bool"), high=2)
    yield op("op_sum_bool", lambda o, b: o.sum(b, axis=-1), FLAGS, high=2)
    yield op("op_sum_int", lambda o, i: o.sum(i, axis=-1), IDS)
    yield op("op_mean_int", lambda o, i: o.mean(i, axis=-1), IDS)
    yield op("op_max_initial", lambda o, x: o.max(x, axis=1, initial=0.3))
    yield op("op_count_nonzero", lambda o, i: o.count_nonzero(i, axis=1), IDS, high=2)
    yield op("op_average", lambda o, x: o.average(x, axis=1))
    yield op("op_average_weights", lambda o, x: o.average(x, axis=1, weights=np.arange(1, 5, dtype="float32")))
    yield op("op_ptp", lambda o, x: o.ptp(x, axis=1))
    yield op("op_moments", lambda o, x: list(o.moments(x, axes=[1])))
    yield op("op_moments_keep", lambda o, x: list(o.moments(x, axes=[1, 2], keepdims=True)), IMAGE)
    for name in ("argmax", "argmin"):
        yield op(f"op_{name}", lambda o, x, name=name: getattr(o, name)(x, axis=-1))
        yield op(f"op_{name}_keep", lambda o, x, name=name: getattr(o, name)(x, axis=1, keepdims=True))
        yield op(f"op_{name}_ties", lambda o, i, name=name: getattr(o, name)(i, axis=-1), ((9,), "int32"), high=3)
        yield op(f"op_{name}_all", lambda o, x, name=name: x * o.cast(getattr(o, name)(x), "float32"))
    for order in (None, 1, 2, 3):
        yield op(f"op_norm_{order}", lambda o, x, order=order: o.norm(x, ord=order, axis=-1))
        if order:
            yield op(f"op_normalize_{order}", lambda o, x, order=order: o.normalize(x, axis=-1, order=order))
    yield op("op_norm_keep", lambda o, x: o.norm(x, axis=(1, 2), keepdims=True))
    yield op("op_normalize_axis", lambda o, x: o.normalize(x, axis=1))
    yield op("op_cumsum", lambda o, x: o.cumsum(x, axis=1))
    yield op("op_cumsum_int", lambda o, i: o.cumsum(i, axis=-1), IDS)
    yield op("op_cumprod", lambda o, x: o.cumprod(x, axis=-1))
    yield op("op_cumprod_one", lambda o, x: o.cumprod(x[:, :1], axis=1))
    yield op("op_sort", lambda o, x: o.sort(x, axis=-1))
    yield op("op_sort_axis", lambda o, x: o.sort(x, axis=1))
    yield op("op_argsort", lambda o, x: o.argsort(x, axis=-1))
    yield op("op_argsort_ties", lambda o, i: o.argsort(i, axis=-1), ((9,), "int32"), high=3)
    yield op("op_top_k", lambda o, x: list(o.top_k(x, 3)))
    yield op("op_top_k_ties", lambda o, i: list(o.top_k(i, 4)), ((9,), "int32"), high=3)


def all_cases(generation):
    if generation == 2:
        return
    yield from elementwise_cases()
    yield from binary_cases()
    yield from reduction_cases()
