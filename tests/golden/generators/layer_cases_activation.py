"""Activation layers, activations with parameters, and every name in every kind of layer."""

from .layer_cases import COMMON_ACTIVATIONS, KERAS3_ACTIVATIONS, Case, FLOAT, channels_first, single


def layer_cases(generation):
    yield single("elu_default", "ELU", (4, 6), spread=2)
    yield single("elu_alpha", "ELU", (4, 6), spread=2, alpha=0.3)
    yield single("elu_alpha_large", "ELU", (4, 5, 2), spread=2, alpha=2.5)
    yield single("prelu_vector", "PReLU", (6,))
    yield single("prelu_image", "PReLU", (3, 4, 2))
    for shared in ([1], [1, 2], [2], [1, 2, 3], 1):
        tag = "_".join(map(str, shared)) if isinstance(shared, list) else f"int_{shared}"
        yield single(f"prelu_shared_{tag}", "PReLU", (3, 4, 2), shared_axes=shared)
    yield single("prelu_shared_negative", "PReLU", (3, 4, 2), shared_axes=[-1])
    if generation == 2:
        yield single("thresholded_default", "ThresholdedReLU", (4, 6), spread=2)
        yield single("thresholded_theta", "ThresholdedReLU", (4, 6), spread=2, theta=0.4)
        yield single("thresholded_zero", "ThresholdedReLU", (4, 6), theta=0.0)
    slope = "alpha" if generation == 2 else "negative_slope"
    yield single("leaky_zero", "LeakyReLU", (4, 6), **{slope: 0.0})
    yield single("leaky_image", "LeakyReLU", (4, 5, 2), **{slope: 0.7})
    yield single("relu_all", "ReLU", (5, 6), spread=4, max_value=3.0, negative_slope=0.3, threshold=1.0)
    yield single("relu_slope_max", "ReLU", (5, 6), spread=4, max_value=1.5, negative_slope=0.3)
    yield single("relu_zero_max", "ReLU", (5, 6), max_value=0.0)


def masked_softmax(name, shape, mask_shape, **config):
    def call(k, inputs):
        return k.layers.Softmax(**config)(inputs[0], mask=inputs[1])

    return Case(name, [(shape, FLOAT), (mask_shape, "bool")], call, high=2)


def softmax_cases(generation):
    yield masked_softmax("softmax_mask", (4, 6), (4, 6))
    yield masked_softmax("softmax_mask_axis_1", (4, 6), (4, 6), axis=1)
    yield masked_softmax("softmax_mask_axes", (4, 6), (4, 6), axis=[1, 2])
    yield masked_softmax("softmax_mask_broadcast", (3, 4, 5), (1, 4, 5))
    yield masked_softmax("softmax_mask_column", (4, 6), (4, 1))
    if generation == 2:
        yield masked_softmax("softmax_mask_robust", (4, 6), (4, 6), robust_masking=True)
    yield single("softmax_axis_list", "Softmax", (4, 6), axis=[-1])
    yield single("softmax_large", "Softmax", (4, 6), spread=60)


def by_layer(name, shape, class_name, make, **config):
    """A layer whose activation is a layer."""

    def call(k, inputs):
        return getattr(k.layers, class_name)(activation=make(k), **config)(inputs[0])

    return Case(name, [(shape, FLOAT)], call, spread=2.0)


def layer_as_activation_cases(generation):
    slope = "alpha" if generation == 2 else "negative_slope"
    makers = {
        "leaky": lambda k: k.layers.LeakyReLU(**{slope: 0.15}),
        "relu6": lambda k: k.layers.ReLU(max_value=6.0),
        "elu": lambda k: k.layers.ELU(alpha=0.4),
        "prelu": lambda k: k.layers.PReLU(),
        "softmax": lambda k: k.layers.Softmax(axis=1),
        "activation": lambda k: k.layers.Activation("tanh"),
    }
    for tag, make in makers.items():
        yield by_layer(f"dense_by_{tag}", (3, 4), "Dense", make, units=3)
        yield by_layer(f"conv_by_{tag}", (4, 5, 2), "Conv2D", make, filters=2, kernel_size=2)
    yield by_layer("activation_by_layer", (3, 4), "Activation", makers["leaky"])
    yield by_layer("transposed_by_layer", (3, 4, 2), "Conv2DTranspose", makers["elu"], filters=2, kernel_size=2)
    yield by_layer("separable_by_layer", (4, 5, 2), "SeparableConv2D", makers["leaky"], filters=2, kernel_size=2)


def everywhere_cases(generation):
    for name in COMMON_ACTIVATIONS + (KERAS3_ACTIVATIONS if generation == 3 else []):
        if name == "glu":
            continue
        yield single(f"depthwise_{name}", "DepthwiseConv1D", (5, 2), kernel_size=2, activation=name)
        yield single(f"transposed_{name}", "Conv1DTranspose", (3, 2), filters=2, kernel_size=2, activation=name)
        yield single(f"separable_{name}", "SeparableConv1D", (5, 2), filters=3, kernel_size=2, activation=name)
        yield single(f"einsum_{name}", "EinsumDense", (2, 4), equation="abc,cd->abd", output_shape=(2, 3), activation=name)
    for name in ("relu", "tanh", "gelu", "elu"):
        yield channels_first(f"conv_first_{name}", "Conv2D", (2, 4, 5), filters=2, kernel_size=2, activation=name)


def all_cases(generation):
    yield from layer_cases(generation)
    yield from softmax_cases(generation)
    yield from layer_as_activation_cases(generation)
    yield from everywhere_cases(generation)
