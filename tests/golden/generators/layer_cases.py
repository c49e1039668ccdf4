"""The grid of layer options. The same for both Kerases where possible."""

import dataclasses
from typing import Callable, Optional

import numpy as np

FLOAT = "float32"
IMAGE = (7, 8, 3)


@dataclasses.dataclass
class Case:
    name: str
    inputs: list  # (shape without batch, dtype)
    call: Callable  # (keras, symbolic inputs) -> symbolic output
    spread: float = 1.0
    high: int = 10
    expected: Optional[Callable] = None  # (model, arrays) -> outputs, where the CPU cannot
    tolerance: Optional[float] = None  # of the output's largest value; say why in a comment
    refused: Optional[str] = None  # what the refusal of this model must say
    data: Optional[Callable] = None  # (NumPy random generator) -> inputs, instead of random ones
    has_nan: bool = False
    batch_size: Optional[int] = None  # of the model's inputs, where it is fixed
    batches: int = 1  # that the rows of the data make, of a model whose batches depend on each other


def single(name, class_name, shape, dtype=FLOAT, spread=1.0, high=10, expected=None, **config):
    def call(k, inputs):
        return getattr(k.layers, class_name)(**config)(inputs[0])

    return Case(name, [(shape, dtype)], call, spread, high, expected)


def merge(name, class_name, *shapes, **config):
    def call(k, inputs):
        return getattr(k.layers, class_name)(**config)(inputs)

    return Case(name, [(shape, FLOAT) for shape in shapes], call)


def channels_first(name, class_name, shape, transposed=True, **config):
    """TensorFlow's CPU kernels have no channels_first: run the channels_last twin.

    It has the bias in its place also where the channels are as many as the last dimension has, where Keras 3 has not.
    """

    def expected(model, arrays):
        layer = model.layers[-1]
        twin = type(layer).from_config({**layer.get_config(), "data_format": "channels_last", "name": "twin"})
        x = np.moveaxis(arrays[0], 1, -1)
        twin(x)
        twin.set_weights(layer.get_weights())
        y = np.asarray(twin(x))
        return np.moveaxis(y, -1, 1) if transposed and y.ndim > 2 else y

    return single(name, class_name, shape, expected=expected, data_format="channels_first", **config)


COMMON_ACTIVATIONS = [
    "linear", "relu", "relu6", "tanh", "sigmoid", "exponential", "softplus", "softsign", "silu",
    "swish", "mish", "leaky_relu", "elu", "selu", "gelu", "hard_sigmoid", "softmax", "log_softmax",
]  # fmt: skip
KERAS3_ACTIVATIONS = [
    "celu", "glu", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "log_sigmoid",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "hard_silu", "hard_swish",
]  # fmt: skip


def activation_cases(generation):
    names = COMMON_ACTIVATIONS + (KERAS3_ACTIVATIONS if generation == 3 else [])
    for name in names:
        yield single(f"activation_{name}", "Activation", (3, 6), spread=2.5, activation=name)
        yield single(f"dense_{name}", "Dense", (5,), units=4, activation=name)
        if name != "glu":
            yield single(f"conv_{name}", "Conv2D", (4, 5, 2), filters=3, kernel_size=2, activation=name)
    for options in ({}, {"max_value": 6.0}, {"negative_slope": 0.1}, {"threshold": 0.7},
                    {"max_value": 2.0, "negative_slope": 0.2, "threshold": 0.5}, {"max_value": 1.0}):  # fmt: skip
        tag = "_".join(key.split("_")[0] for key in options) or "default"
        if options.get("max_value") == 1.0:
            tag = "max_one"
        yield single(f"relu_{tag}", "ReLU", (4, 6), spread=4, **options)
    slope = "alpha" if generation == 2 else "negative_slope"
    yield single("leaky_default", "LeakyReLU", (4, 6))
    yield single("leaky_slope", "LeakyReLU", (4, 6), **{slope: 0.05})
    for axis in (-1, 1, 2, [1, 2], [-2, -1]):
        tag = str(axis).strip("[]").replace("-", "m").replace(", ", "_")
        yield single(f"softmax_axis_{tag}", "Softmax", (4, 5, 3), axis=axis)
    yield single("softmax_vector", "Softmax", (6,), spread=3)


def core_cases():
    for rank, shape in ((2, (6,)), (3, (4, 6)), (4, (2, 3, 6))):
        yield single(f"dense_rank_{rank}", "Dense", shape, units=5)
        yield single(f"dense_no_bias_rank_{rank}", "Dense", shape, units=5, use_bias=False)
    yield single("dense_one_unit", "Dense", (6,), units=1, activation="sigmoid")
    yield single("embedding", "Embedding", (5,), dtype="int32", input_dim=10, output_dim=4)
    yield single("embedding_int64_rank3", "Embedding", (5, 2), dtype="int64", input_dim=10, output_dim=3)
    yield single("embedding_float_ids", "Embedding", (5,), dtype="float32", spread=0, input_dim=10, output_dim=4)
    yield single("embedding_uint8_ids", "Embedding", (5,), dtype="uint8", input_dim=10, output_dim=4)
    yield single("embedding_mask_zero", "Embedding", (5,), dtype="int32", input_dim=10, output_dim=4, mask_zero=True)
    yield single("flatten", "Flatten", (3, 4, 2))
    yield single("flatten_vector", "Flatten", (7,))
    yield single("flatten_scalar", "Flatten", ())
    yield single("flatten_channels_first", "Flatten", (3, 4, 2), data_format="channels_first")
    for target in ((24,), (-1,), (4, -1), (-1, 3), (2, 3, 4), (1, 24, 1), (2, -1, 2, 2)):
        tag = "_".join(str(size) for size in target).replace("-", "m")
        yield single(f"reshape_{tag}", "Reshape", (4, 6), target_shape=target)
    yield single("dropout", "Dropout", (4, 6), rate=0.5)
    yield single("dropout_noise_shape", "Dropout", (4, 6), rate=0.9, noise_shape=(None, 1, 6))
    yield single("rescaling", "Rescaling", (4, 5, 3), scale=1 / 255, offset=-1)
    yield single("rescaling_uint8", "Rescaling", (4, 5, 3), dtype="uint8", high=256, scale=1 / 127.5, offset=-1)
    yield single("rescaling_lists", "Rescaling", (4, 5, 3), scale=[0.5, 2.0, 3.0], offset=[0.1, 0.2, -0.3])
    yield single("rescaling_list_scale", "Rescaling", (4, 5, 3), scale=[0.5, 2.0, 3.0])
    yield single("rescaling_int32", "Rescaling", (4,), dtype="int32", scale=0.1)


def conv_cases():
    for padding in ("valid", "same"):
        for stride in (1, 2, (2, 3), 3):
            tag = f"{padding}_{stride if isinstance(stride, int) else '2x3'}"
            for size in (1, 3, (2, 4)):
                kernel = f"k{size if isinstance(size, int) else '2x4'}"
                yield single(f"conv_{tag}_{kernel}", "Conv2D", IMAGE, filters=4, kernel_size=size, strides=stride, padding=padding)
        for dilation in (2, (1, 3)):
            tag = f"{padding}_dilation_{dilation if isinstance(dilation, int) else '1x3'}"
            yield single(f"conv_{tag}", "Conv2D", (9, 10, 2), filters=3, kernel_size=3, padding=padding, dilation_rate=dilation)
            yield single(f"depthwise_{tag}", "DepthwiseConv2D", (9, 10, 2), kernel_size=3, padding=padding, dilation_rate=dilation)
        for stride in (1, 2):
            for multiplier in (1, 2):
                yield single(f"depthwise_{padding}_{stride}_m{multiplier}", "DepthwiseConv2D", IMAGE, kernel_size=3, strides=stride, padding=padding, depth_multiplier=multiplier)
    yield single("conv_no_bias", "Conv2D", IMAGE, filters=4, kernel_size=3, use_bias=False)
    yield single("conv_groups_2", "Conv2D", (6, 7, 4), filters=6, kernel_size=3, groups=2, padding="same")
    yield single("conv_groups_all", "Conv2D", (6, 7, 4), filters=8, kernel_size=3, groups=4, strides=2, padding="same")
    yield single("depthwise_no_bias", "DepthwiseConv2D", IMAGE, kernel_size=(3, 2), use_bias=False)
    yield single("depthwise_relu", "DepthwiseConv2D", IMAGE, kernel_size=2, activation="relu", padding="same", strides=2)
    yield channels_first("conv_channels_first", "Conv2D", (3, 7, 8), filters=5, kernel_size=3, strides=2, padding="same")
    yield channels_first("conv_channels_first_valid", "Conv2D", (3, 7, 8), filters=5, kernel_size=(2, 3), dilation_rate=2)
    yield channels_first("depthwise_channels_first", "DepthwiseConv2D", (3, 7, 8), kernel_size=3, depth_multiplier=2, padding="same")
    yield single("zero_padding", "ZeroPadding2D", IMAGE)
    yield single("zero_padding_int", "ZeroPadding2D", IMAGE, padding=2)
    yield single("zero_padding_pair", "ZeroPadding2D", IMAGE, padding=(1, 3))
    yield single("zero_padding_full", "ZeroPadding2D", IMAGE, padding=((1, 2), (0, 3)))
    yield channels_first("zero_padding_channels_first", "ZeroPadding2D", (3, 4, 5), padding=((1, 2), (0, 3)))


def pool_cases():
    for kind in ("MaxPooling2D", "AveragePooling2D"):
        short = kind[:3].lower()
        for padding in ("valid", "same"):
            for pool, stride in ((2, None), (3, 2), ((2, 3), (1, 2)), (3, 1)):
                tag = f"{pool if isinstance(pool, int) else '2x3'}_{stride if not isinstance(stride, tuple) else '1x2'}"
                yield single(f"{short}_pool_{padding}_{tag}", kind, IMAGE, pool_size=pool, strides=stride, padding=padding)
        yield channels_first(f"{short}_pool_channels_first", kind, (3, 7, 8), pool_size=3, strides=2, padding="same")
    for kind in ("GlobalAveragePooling2D", "GlobalMaxPooling2D"):
        short = f"global_{'avg' if 'Average' in kind else 'max'}"
        yield single(short, kind, IMAGE)
        yield single(f"{short}_keepdims", kind, IMAGE, keepdims=True)
        yield channels_first(f"{short}_channels_first", kind, (3, 7, 8))
        yield channels_first(f"{short}_channels_first_keepdims", kind, (3, 7, 8), transposed=True, keepdims=True)


def norm_cases(generation):
    image = (4, 5, 3)
    options = {"default": {}, "no_scale": {"scale": False}, "no_center": {"center": False},
               "plain": {"scale": False, "center": False}, "epsilon": {"epsilon": 0.1}}  # fmt: skip
    for tag, config in options.items():
        yield single(f"batch_norm_{tag}", "BatchNormalization", image, **config)
        yield single(f"layer_norm_{tag}", "LayerNormalization", image, **config)
    yield single("batch_norm_vector", "BatchNormalization", (6,))
    yield single("batch_norm_rank3", "BatchNormalization", (4, 6))
    yield single("batch_norm_axis_1", "BatchNormalization", image, axis=1)
    yield single("batch_norm_axis_2", "BatchNormalization", (4, 5, 3), axis=2)
    yield single("batch_norm_tiny_epsilon", "BatchNormalization", image, epsilon=1e-6)
    if generation == 2:
        yield single("batch_norm_two_axes", "BatchNormalization", image, axis=[1, 3])
        yield single("batch_norm_not_fused", "BatchNormalization", image, fused=False)
        yield single("batch_norm_renorm", "BatchNormalization", image, renorm=True)
        yield single("sync_batch_norm", "BatchNormalization", image, synchronized=True)
    for axis in (1, 2, [1, 2], [2, 3], [1, 2, 3], -2):
        tag = str(axis).strip("[]").replace("-", "m").replace(", ", "_")
        yield single(f"layer_norm_axis_{tag}", "LayerNormalization", image, axis=axis)
    yield single("layer_norm_vector", "LayerNormalization", (6,), epsilon=1e-6)
    mean, variance = [0.3, -1.0, 2.0], [0.5, 2.0, 0.0]
    yield single("normalization_config", "Normalization", (4, 3), mean=mean, variance=variance)
    yield single("normalization_invert", "Normalization", (4, 3), mean=mean, variance=variance, invert=True)
    yield single("normalization_scalar", "Normalization", (4, 3), axis=None, mean=0.4, variance=1.7)
    yield single("normalization_weights", "Normalization", (4, 3))
    yield single("normalization_weights_invert", "Normalization", (4, 3), invert=True)
    yield single("normalization_weights_axis_1", "Normalization", (4, 3), axis=1)
    yield single("normalization_weights_two_axes", "Normalization", (4, 5, 3), axis=[1, 3])
    yield single("normalization_weights_scalar", "Normalization", (4, 3), axis=None)
    yield single("normalization_uint8", "Normalization", (4, 3), dtype="uint8", mean=mean, variance=variance)


def merge_cases():
    for kind in ("Add", "Multiply"):
        short = kind.lower()
        yield merge(f"{short}_two", kind, (3, 4), (3, 4))
        yield merge(f"{short}_three", kind, (3, 4), (3, 4), (3, 4))
        yield merge(f"{short}_ones", kind, (3, 4), (1, 4))
        yield merge(f"{short}_both_ones", kind, (3, 1), (1, 4))
        yield merge(f"{short}_lower_rank", kind, (3, 5, 4), (4,))
        yield merge(f"{short}_lower_rank_first", kind, (5, 4), (3, 5, 4))
        yield merge(f"{short}_ranks_4_2", kind, (2, 3, 5, 4), (4,))
    yield merge("concatenate_last", "Concatenate", (3, 4), (3, 2))
    yield merge("concatenate_axis_1", "Concatenate", (3, 4), (5, 4), axis=1)
    yield merge("concatenate_axis_m2", "Concatenate", (3, 2, 4), (3, 5, 4), axis=-2)
    yield merge("concatenate_three", "Concatenate", (2, 3, 4), (2, 3, 1), (2, 3, 2), axis=3)


def all_cases(generation):
    yield from core_cases()
    yield from activation_cases(generation)
    yield from conv_cases()
    yield from pool_cases()
    yield from norm_cases(generation)
    yield from merge_cases()
