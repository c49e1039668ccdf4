"""Normalization layers with all options."""

from unittest import mock

import tensorflow as tf

from .layer_cases import Case, FLOAT, single
from .layer_cases_conv import SHAPES

IMAGE = (4, 5, 6)


def batch_cases(generation):
    for dims, shape in SHAPES.items():
        yield single(f"batch_norm_{dims}d", "BatchNormalization", shape)
        yield single(f"batch_norm_{dims}d_axis_1", "BatchNormalization", shape, axis=1)
        yield single(f"batch_norm_{dims}d_tiny_epsilon", "BatchNormalization", shape, epsilon=1e-7, center=False)
    renorm = {"renorm": True, "renorm_clipping": {"rmax": 3.0, "rmin": 0.3, "dmax": 5.0}, "renorm_momentum": 0.9}
    for tag, config in {"": {}, "_no_scale": {"scale": False}, "_no_center": {"center": False}}.items():
        yield single(f"batch_renorm{tag}", "BatchNormalization", (4, 5, 3), **renorm, **config)
    yield single("batch_norm_synchronized", "BatchNormalization", (4, 5, 3), synchronized=True, epsilon=1e-6)
    if generation == 2:
        yield single("batch_norm_axes", "BatchNormalization", (4, 5, 3), axis=[3])
        yield single("batch_norm_three_axes", "BatchNormalization", (2, 3, 4), axis=[1, 2, 3])
        for options in ({}, {"epsilon": 1e-6}, {"scale": False, "center": False}, {"axis": 1}):
            tag = "_".join(options) or "default"

            def call(k, inputs, options=options):
                return k.layers.experimental.SyncBatchNormalization(**options)(inputs[0])

            yield Case(f"sync_batch_norm_{tag}", [((4, 5, 3), FLOAT)], call)


def layer_cases(generation):
    for dims, shape in SHAPES.items():
        yield single(f"layer_norm_{dims}d", "LayerNormalization", shape)
        yield single(f"layer_norm_{dims}d_all", "LayerNormalization", shape, axis=list(range(1, dims + 2)), epsilon=1e-5)
    yield single("layer_norm_unsorted", "LayerNormalization", (4, 5, 3), axis=[3, 1])
    yield single("layer_norm_negative", "LayerNormalization", (4, 5, 3), axis=[-1, -2], center=False)
    yield single("layer_norm_small_epsilon", "LayerNormalization", (6,), epsilon=1e-7)
    if generation == 3:
        for axis in (-1, 1, [1, 2]):
            tag = str(axis).strip("[]").replace("-", "m").replace(", ", "_")
            yield single(f"layer_norm_rms_{tag}", "LayerNormalization", (4, 5, 3), axis=axis, rms_scaling=True)
        yield single("layer_norm_rms_no_scale", "LayerNormalization", (4, 5, 3), rms_scaling=True, scale=False, epsilon=0.1)
        yield single("rms_norm", "RMSNormalization", (4, 6))
        yield single("rms_norm_vector", "RMSNormalization", (6,), epsilon=0.01)
        yield single("rms_norm_image", "RMSNormalization", (4, 5, 3), axis=-1, epsilon=1e-3)
        yield single("rms_norm_two_axes", "RMSNormalization", (4, 3), axis=[2, 1])
        yield single("rms_norm_axes_in_front", "RMSNormalization", (5, 5), axis=1)


def group_cases():
    for dims, shape in SHAPES.items():
        wide = (*shape[:-1], 6)
        for groups in (1, 2, 3, 6, -1):
            yield single(f"group_norm_{dims}d_{groups if groups > 0 else 'each'}", "GroupNormalization", wide, groups=groups)
    yield single("group_norm_vector", "GroupNormalization", (8,), groups=4)
    for axis in (1, 2, -2, -3):
        yield single(f"group_norm_axis_{str(axis).replace('-', 'm')}", "GroupNormalization", (4, 6, 2), groups=2, axis=axis)
    yield single("group_norm_no_scale", "GroupNormalization", IMAGE, groups=2, scale=False)
    yield single("group_norm_no_center", "GroupNormalization", IMAGE, groups=2, center=False, epsilon=0.1)
    yield single("group_norm_default", "GroupNormalization", (3, 64))


def unit_cases():
    for axis in (-1, 1, 2, [1, 2], [2, 3], (1, 2, 3)):
        tag = "_".join(str(a) for a in axis) if not isinstance(axis, int) else str(axis)
        yield single(f"unit_norm_{tag.replace('-', 'm')}", "UnitNormalization", (4, 5, 3), axis=axis)
    yield single("unit_norm_vector", "UnitNormalization", (5,))
    yield single("unit_norm_tiny", "UnitNormalization", (5,), spread=1e-7)
    yield single("unit_norm_tiniest", "UnitNormalization", (5,), spread=1e-13)


def spectral(name, shape, class_name, dtype=FLOAT, iterations=1, **config):
    def call(k, inputs):
        inner = getattr(k.layers, class_name)(**config)
        # Keras 2's layer takes tf.keras to be Keras 2.
        with mock.patch.object(tf.keras.layers, "InputSpec", k.layers.InputSpec):
            return k.layers.SpectralNormalization(inner, power_iterations=iterations)(inputs[0])

    return Case(name, [(shape, dtype)], call)


def spectral_cases():
    yield spectral("spectral_dense", (5,), "Dense", units=3)
    yield spectral("spectral_dense_activation", (4, 5), "Dense", units=3, activation="relu", iterations=3)
    yield spectral("spectral_conv2", (5, 6, 2), "Conv2D", filters=3, kernel_size=2, use_bias=False)
    yield spectral("spectral_conv1", (7, 2), "Conv1D", filters=3, kernel_size=3)
    yield spectral("spectral_transposed", (3, 4, 2), "Conv2DTranspose", filters=3, kernel_size=2, strides=2)
    yield spectral("spectral_embedding", (4,), "Embedding", dtype="int32", input_dim=10, output_dim=3)


def all_cases(generation):
    yield from batch_cases(generation)
    yield from layer_cases(generation)
    yield from group_cases()
    yield from unit_cases()
    yield from spectral_cases()
