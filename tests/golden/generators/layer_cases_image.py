"""Cropping, resizing and contrast of images."""

import numpy as np

from .layer_cases import Case, FLOAT

METHODS = ["bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5"]
METHODS_KERAS2 = ["gaussian", "mitchellcubic"]


def image(name, class_name, shape, size=None, dtype=FLOAT, expected=None, tolerance=None, **config):
    def call(k, inputs):
        if size is not None:
            config.update(height=size[0], width=size[1])
        return getattr(k.layers, class_name)(**config)(inputs[0])

    return Case(name, [(shape, dtype)], call, high=256, expected=expected, tolerance=tolerance)


def level_case(name, class_name, shape, scale=255.0, shift=0.0, dtype=FLOAT, tolerance=None, **config):
    """Grey levels in a range instead of normal numbers."""

    def call(k, inputs):
        x = inputs[0]
        if dtype == FLOAT:
            x = k.layers.Rescaling(scale, shift)(k.layers.Activation("sigmoid")(x))
        return getattr(k.layers, class_name)(**config)(x)

    return Case(name, [(shape, dtype)], call, high=256, tolerance=tolerance)


def resizing_cases(generation):
    methods = METHODS + (METHODS_KERAS2 if generation == 2 else [])
    for method in methods:
        for tag, shape, size in (("down", (9, 11, 2), (4, 7)), ("up", (4, 5, 2), (9, 7)),
                                 ("half", (8, 6, 1), (4, 3)), ("one", (3, 4, 1), (1, 1)),
                                 ("mixed", (3, 9, 1), (7, 4)), ("same", (4, 5, 1), (4, 5))):  # fmt: skip
            yield image(f"resizing_{method}_{tag}", "Resizing", shape, size, interpolation=method)
        yield image(f"resizing_{method}_uint8", "Resizing", (5, 6, 2), (7, 4), dtype="uint8", interpolation=method)
        for tag, shape, size in (("wide", (5, 9, 2), (4, 4)), ("tall", (9, 4, 1), (3, 5))):
            yield image(f"resizing_{method}_crop_{tag}", "Resizing", shape, size, interpolation=method, crop_to_aspect_ratio=True)
            if generation == 3:
                yield image(f"resizing_{method}_pad_{tag}", "Resizing", shape, size, interpolation=method, pad_to_aspect_ratio=True, fill_value=0.5)
        if generation == 3:
            for tag, shape, size in (("down", (9, 11, 2), (4, 7)), ("up", (4, 5, 2), (9, 7))):
                yield image(f"resizing_{method}_antialias_{tag}", "Resizing", shape, size, interpolation=method, antialias=True)
            yield image(f"resizing_{method}_channels_first", "Resizing", (2, 5, 6), (4, 9), interpolation=method, data_format="channels_first")
    yield image("resizing_int16", "Resizing", (5, 6, 2), (7, 4), dtype="int16")
    if generation == 3:
        yield image("resizing_channels_first_crop", "Resizing", (2, 5, 8), (3, 3), data_format="channels_first", crop_to_aspect_ratio=True)
        yield image("resizing_channels_first_pad", "Resizing", (2, 5, 8), (3, 3), data_format="channels_first", pad_to_aspect_ratio=True)


def resized_unknown(name, method, size):
    """The size of the images is not known when the model is built."""

    def call(k, inputs):
        return k.layers.Resizing(*size, interpolation=method)(inputs[0])

    return Case(name, [((None, None, 2), FLOAT)], call)


def cropping_cases(generation):
    for kind in ("CenterCrop", "RandomCrop"):
        short = "center" if kind == "CenterCrop" else "random"
        for tag, shape, size in (("even", (8, 9, 2), (4, 5)), ("odd", (7, 8, 1), (4, 5)), ("full", (4, 5, 1), (4, 5)),
                                 ("up", (3, 4, 2), (6, 5)), ("one_side", (3, 9, 1), (5, 4))):  # fmt: skip
            yield image(f"{short}_crop_{tag}", kind, shape, size)
        yield image(f"{short}_crop_uint8", kind, (6, 7, 2), (4, 4), dtype="uint8")
    if generation == 3:
        yield image("center_crop_channels_first", "CenterCrop", (2, 7, 8), (4, 5), data_format="channels_first")
        yield image("center_crop_channels_first_up", "CenterCrop", (2, 3, 8), (4, 5), data_format="channels_first")


def contrast_cases():
    yield level_case("auto_contrast", "AutoContrast", (5, 6, 3))
    yield level_case("auto_contrast_unit", "AutoContrast", (5, 6, 3), 1.0, value_range=(0, 1))
    yield level_case("auto_contrast_signed", "AutoContrast", (5, 6, 2), 2.0, -1.0, value_range=(-1, 1))
    yield level_case("auto_contrast_flat", "AutoContrast", (1, 1, 3), 1.0, value_range=(0, 1))
    yield level_case("auto_contrast_uint8", "AutoContrast", (5, 6, 2), dtype="uint8")
    yield level_case("auto_contrast_channels_first", "AutoContrast", (3, 5, 6), data_format="channels_first")
    clahe = "ContrastLimitedAdaptiveHistogramEqualization"
    yield level_case("clahe", clahe, (16, 24, 2))
    yield level_case("clahe_uneven", clahe, (13, 17, 1), tile_grid_size=(3, 4))
    yield level_case("clahe_unit", clahe, (12, 10, 1), 1.0, value_range=(0, 1), tile_grid_size=(2, 2), clip_limit=2.0)
    yield level_case("clahe_no_limit", clahe, (12, 12, 1), tile_grid_size=(2, 3), clip_limit=0)
    # Keras cuts off the fraction: a rounding error can be one level of 255.
    yield level_case("clahe_uint8", clahe, (12, 12, 2), dtype="uint8", tolerance=4e-3, tile_grid_size=(3, 3))
    yield level_case("clahe_channels_first", clahe, (2, 12, 12), tile_grid_size=(3, 3), data_format="channels_first")


def all_cases(generation):
    yield from resizing_cases(generation)
    for method in ("bilinear", "nearest"):
        yield resized_unknown(f"resizing_{method}_unknown_size", method, (5, 4))
    yield from cropping_cases(generation)
    if generation == 3:
        yield from contrast_cases()
