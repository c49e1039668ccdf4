"""Pooling over one to three dimensions, global and adaptive pooling."""

from .layer_cases import channels_first, single
from .layer_cases_conv import SHAPES, first
from .layer_cases_masks import sequence_case


def window_cases():
    for dims, shape in SHAPES.items():
        for kind in ("Max", "Average"):
            short = f"{kind[:3].lower()}{dims}"
            for padding in ("valid", "same"):
                for pool, stride in ((2, None), (3, 2), (3, 1), (2, 3), (1, 2)):
                    yield single(f"{short}_{padding}_{pool}_{stride}", f"{kind}Pooling{dims}D", shape, pool_size=pool, strides=stride, padding=padding)
                yield channels_first(f"{short}_first_{padding}", f"{kind}Pooling{dims}D", first(shape), pool_size=3, strides=2, padding=padding)
            yield single(f"{short}_default", f"{kind}Pooling{dims}D", shape)
    yield single("max3_uneven", "MaxPooling3D", SHAPES[3], pool_size=(1, 2, 3), strides=(2, 3, 1), padding="same")
    yield single("avg3_uneven", "AveragePooling3D", SHAPES[3], pool_size=(3, 1, 2), strides=(2, 2, 1), padding="same")
    yield single("avg2_wide", "AveragePooling2D", (3, 4, 2), pool_size=(5, 2), padding="same", strides=1)


def global_cases():
    for dims, shape in SHAPES.items():
        for kind in ("Max", "Average"):
            for keep in (False, True):
                tag = f"{kind[:3].lower()}{dims}{'_keep' if keep else ''}"
                yield single(f"global_{tag}", f"Global{kind}Pooling{dims}D", shape, keepdims=keep)
                yield single(f"global_{tag}_first", f"Global{kind}Pooling{dims}D", first(shape), keepdims=keep, data_format="channels_first")


def masked_cases():
    for keep in (False, True):
        # The mean of a sequence without valid steps is not a number.
        yield sequence_case(f"global_ave1_masked{'_keep' if keep else ''}", lambda k, x, keep=keep: k.layers.GlobalAveragePooling1D(keepdims=keep)(x), has_nan=True)
    yield sequence_case("global_max1_masked", lambda k, x: k.layers.GlobalMaxPooling1D()(x))


def adaptive_cases():
    for dims, shape in SHAPES.items():
        for kind in ("Max", "Average"):
            short = f"adaptive_{kind[:3].lower()}{dims}"
            # The maximum of everything ends TensorFlow's process: a window larger than the input.
            for size in (1, 2, 3, 4) if kind == "Average" else (2, 3, 4):
                yield single(f"{short}_{size}", f"Adaptive{kind}Pooling{dims}D", shape, output_size=size)
                yield single(f"{short}_{size}_first", f"Adaptive{kind}Pooling{dims}D", first(shape), output_size=size, data_format="channels_first")
    yield single("adaptive_avg2_uneven", "AdaptiveAveragePooling2D", (7, 5, 2), output_size=(3, 5))
    yield single("adaptive_max3_uneven", "AdaptiveMaxPooling3D", (4, 7, 5, 2), output_size=(2, 3, 4))


def all_cases(generation):
    yield from window_cases()
    yield from global_cases()
    yield from masked_cases()
    if generation == 3:
        yield from adaptive_cases()
