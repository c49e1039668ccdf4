"""Convolutions over one to three dimensions."""

from .layer_cases import channels_first, single

LINE, IMAGE, VOLUME = (7, 2), (6, 5, 2), (4, 5, 3, 2)
SHAPES = {1: LINE, 2: IMAGE, 3: VOLUME}


def first(shape):
    """The shape with its channels in front."""
    return (shape[-1], *shape[:-1])


def plain_cases(generation):
    for dims in (1, 3):
        shape, kind = SHAPES[dims], f"Conv{dims}D"
        for padding in ("valid", "same", "causal") if dims == 1 else ("valid", "same"):
            for stride in (1, 2, 3):
                for size in (1, 2, 3):
                    yield single(f"conv{dims}_{padding}_{stride}_{size}", kind, shape, filters=2, kernel_size=size, strides=stride, padding=padding)
            for dilation in (2, 3) if dims == 1 else (2,):
                yield single(f"conv{dims}_{padding}_dilation_{dilation}", kind, shape, filters=2, kernel_size=2, dilation_rate=dilation, padding=padding)
        yield single(f"conv{dims}_groups", kind, (*shape[:-1], 4), filters=6, kernel_size=2, groups=2, padding="same", strides=2)
        yield single(f"conv{dims}_groups_no_bias", kind, (*shape[:-1], 4), filters=4, kernel_size=3, groups=4, use_bias=False)
        yield single(f"conv{dims}_activation", kind, shape, filters=3, kernel_size=3, activation="tanh")
        yield single(f"conv{dims}_softmax", kind, shape, filters=3, kernel_size=2, activation="softmax")
        for padding in ("valid", "same"):
            yield channels_first(f"conv{dims}_first_{padding}", kind, first(shape), filters=5, kernel_size=3, strides=2, padding=padding)
        yield channels_first(f"conv{dims}_first_groups", kind, (4, *shape[:-1]), filters=4, kernel_size=2, groups=2)
        yield channels_first(f"conv{dims}_first_relu", kind, first(shape), filters=3, kernel_size=2, activation="relu")
    # On the CPU, XLA has channels_first for volumes. Keras 3 adds this bias along the last dimension.
    yield single("conv3_first_as_wide_as_filters", "Conv3D", (2, 4, 5, 4), filters=3, kernel_size=2, data_format="channels_first")
    yield channels_first("conv1_first_causal", "Conv1D", first(LINE), filters=2, kernel_size=3, dilation_rate=2, padding="causal")
    yield single("conv3_uneven", "Conv3D", VOLUME, filters=2, kernel_size=(1, 3, 2), strides=(2, 1, 3), padding="same")
    yield single("conv2_uneven_dilation", "Conv2D", (8, 9, 2), filters=2, kernel_size=(2, 3), dilation_rate=(3, 2), padding="same")
    yield single("conv2_wide_kernel", "Conv2D", (2, 3, 2), filters=2, kernel_size=(4, 5), padding="same")
    if generation == 2:
        yield single("conv1_batch_dimensions", "Conv1D", (2, *LINE), filters=3, kernel_size=3, strides=2, padding="same")
        yield single("conv2_batch_dimensions", "Conv2D", (2, 3, *IMAGE), filters=2, kernel_size=3, activation="relu")
        yield single("conv1_batch_causal", "Conv1D", (2, *LINE), filters=2, kernel_size=2, padding="causal", dilation_rate=2)


def depthwise_cases(generation):
    for dims in (1, 2):
        shape = SHAPES[dims]
        for padding in ("valid", "same"):
            for stride in (1, 2):
                for multiplier in (1, 2):
                    yield single(f"depthwise{dims}_{padding}_{stride}_{multiplier}", f"DepthwiseConv{dims}D", shape, kernel_size=3, strides=stride, padding=padding, depth_multiplier=multiplier)
                    yield single(f"separable{dims}_{padding}_{stride}_{multiplier}", f"SeparableConv{dims}D", shape, filters=4, kernel_size=3, strides=stride, padding=padding, depth_multiplier=multiplier)
            yield single(f"depthwise{dims}_{padding}_dilation", f"DepthwiseConv{dims}D", shape, kernel_size=2, dilation_rate=2, padding=padding)
            yield single(f"separable{dims}_{padding}_dilation", f"SeparableConv{dims}D", shape, filters=3, kernel_size=2, dilation_rate=2, padding=padding)
            if generation == 3:
                yield single(f"depthwise{dims}_{padding}_both", f"DepthwiseConv{dims}D", shape, kernel_size=2, strides=2, dilation_rate=3, padding=padding)
                yield single(f"separable{dims}_{padding}_both", f"SeparableConv{dims}D", shape, filters=3, kernel_size=2, strides=2, dilation_rate=2, padding=padding)
        yield single(f"depthwise{dims}_no_bias", f"DepthwiseConv{dims}D", shape, kernel_size=2, use_bias=False, activation="relu")
        yield single(f"separable{dims}_no_bias", f"SeparableConv{dims}D", shape, filters=2, kernel_size=2, use_bias=False, activation="elu")
        for kind in ("Depthwise", "Separable"):
            options = {} if kind == "Depthwise" else {"filters": 5}
            for padding in ("valid", "same"):
                yield channels_first(f"{kind.lower()}{dims}_first_{padding}", f"{kind}Conv{dims}D", first(shape), kernel_size=3, strides=2, padding=padding, depth_multiplier=3, **options)
    if generation == 2:
        for dilation in (1, 2):
            yield single(f"separable1_causal_{dilation}", "SeparableConv1D", LINE, filters=3, kernel_size=3, padding="causal", dilation_rate=dilation)
    yield single("separable2_uneven", "SeparableConv2D", IMAGE, filters=3, kernel_size=(1, 3))


def transposed_cases():
    for dims, shape in {1: (5, 2), 2: (3, 4, 2), 3: (2, 3, 2, 2)}.items():
        kind = f"Conv{dims}DTranspose"
        for padding in ("valid", "same"):
            for stride in (1, 2, 3):
                for size in (1, 2, 3, 4) if dims < 3 else (1, 3):
                    tag = f"transpose{dims}_{padding}_{stride}_{size}"
                    yield single(tag, kind, shape, filters=3, kernel_size=size, strides=stride, padding=padding)
                    for extra in range(stride) if dims == 1 else (1,) if stride > 1 else ():
                        yield single(f"{tag}_output_{extra}", kind, shape, filters=2, kernel_size=size, strides=stride, padding=padding, output_padding=extra)
            yield single(f"transpose{dims}_{padding}_dilation", kind, shape, filters=2, kernel_size=2, dilation_rate=2, padding=padding)
            yield single(f"transpose{dims}_{padding}_dilation_3", kind, shape, filters=2, kernel_size=3, dilation_rate=3, padding=padding)
        yield single(f"transpose{dims}_no_bias", kind, shape, filters=2, kernel_size=2, strides=2, use_bias=False, activation="sigmoid")
        yield single(f"transpose{dims}_small_kernel_relu", kind, shape, filters=2, kernel_size=1, strides=2, activation="relu")
        for padding in ("valid", "same"):
            yield channels_first(f"transpose{dims}_first_{padding}", kind, first(shape), filters=3, kernel_size=3, strides=2, padding=padding)
    yield single("transpose2_uneven", "Conv2DTranspose", (3, 4, 2), filters=2, kernel_size=(2, 3), strides=(3, 2), padding="same")
    yield single("transpose2_uneven_output", "Conv2DTranspose", (3, 4, 2), filters=2, kernel_size=3, strides=(3, 2), output_padding=(2, 0), padding="same")


def local_cases():
    for implementation in (1, 2, 3):
        for padding in ("valid",) if implementation == 1 else ("valid", "same"):
            for stride in (1, 2):
                tag = f"{implementation}_{padding}_{stride}"
                options = {"kernel_size": 3, "strides": stride, "padding": padding, "implementation": implementation}
                yield single(f"local1_{tag}", "LocallyConnected1D", (6, 2), filters=3, **options)
                yield single(f"local2_{tag}", "LocallyConnected2D", (4, 5, 2), filters=2, **options)
        options = {"filters": 2, "kernel_size": 2, "implementation": implementation, "data_format": "channels_first"}
        yield single(f"local1_{implementation}_first", "LocallyConnected1D", (2, 5), activation="relu", **options)
        yield single(f"local2_{implementation}_first", "LocallyConnected2D", (2, 3, 4), use_bias=False, **options)
        yield single(f"local2_{implementation}_first_bias", "LocallyConnected2D", (2, 3, 4), **options)
        yield single(f"local2_{implementation}_uneven", "LocallyConnected2D", (4, 5, 2), filters=2, kernel_size=(1, 3), strides=(2, 1), implementation=implementation)


def all_cases(generation):
    yield from plain_cases(generation)
    yield from depthwise_cases(generation)
    yield from transposed_cases()
    if generation == 2:
        yield from local_cases()
