"""Functions on images as nodes: sizes, places, colours (keras.ops.image; tf.image in Keras 2)."""

import numpy as np
import tensorflow as tf

from .layer_cases import FLOAT, Case

IMAGE = ((6, 7, 3), FLOAT)
GREY = ((6, 7, 1), FLOAT)
BYTES = ((6, 7, 3), "uint8")
METHODS = ("bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def op(name, call, shape=IMAGE, **options):
    return Case(name, [shape], lambda k, tensors: call(k, tensors[0]), **options)


def colour(name, call, **options):
    """Of values from 0 to 1, as colours are."""
    return op(name, call, data=lambda random: [random.uniform(0, 1, (3, *IMAGE[0])).astype("float32")], **options)


def keras3_cases():
    def image(name, function, *args, **config):
        return op(name, lambda k, x: getattr(k.ops.image, function)(x, *args, **config))

    for method in METHODS[:4]:
        yield image(f"op_resize_{method}", "resize", (9, 4), interpolation=method)
    for method in ("bilinear", "bicubic", "lanczos3"):
        yield image(f"op_resize_{method}_antialias", "resize", (4, 5), interpolation=method, antialias=True)
    yield image("op_resize_crop", "resize", (4, 8), crop_to_aspect_ratio=True)
    yield image("op_resize_pad", "resize", (4, 8), pad_to_aspect_ratio=True, fill_value=0.5)
    # A tie between two numbers may be rounded either way.
    yield op("op_resize_ints", lambda k, x: k.ops.image.resize(x, (9, 4)), BYTES, high=256, tolerance=5e-3)
    yield op("op_resize_ints_nearest", lambda k, x: k.ops.image.resize(x, (9, 4), interpolation="nearest"), BYTES, high=256)
    yield image("op_pad_images", "pad_images", 1, 2, target_height=9, target_width=12)
    yield image("op_pad_images_end", "pad_images", bottom_padding=1, right_padding=0, target_height=9, target_width=9)
    yield image("op_crop_images", "crop_images", 1, 2, target_height=4, target_width=5)
    yield image("op_crop_images_both", "crop_images", 1, 2, 1, 1)
    yield image("op_extract_patches", "extract_patches", (2, 3))
    yield image("op_extract_patches_options", "extract_patches", 2, strides=1, dilation_rate=2, padding="same")
    yield colour("op_rgb_to_hsv", lambda k, x: k.ops.image.rgb_to_hsv(x))
    yield colour("op_hsv_to_rgb", lambda k, x: k.ops.image.hsv_to_rgb(x))


def keras2_cases():
    i = tf.image
    for method in METHODS:
        yield op(f"tf_resize_{method}", lambda _, x, m=method: i.resize(x, (9, 4), method=m))
    for method in ("bilinear", "bicubic", "lanczos3", "area"):
        yield op(f"tf_resize_{method}_antialias", lambda _, x, m=method: i.resize(x, (4, 5), method=m, antialias=True))
    yield op("tf_resize_ratio", lambda _, x: i.resize(x, (9, 4), preserve_aspect_ratio=True))
    yield op("tf_resize_bytes", lambda _, x: i.resize(x, (9, 4)), BYTES, high=256)
    for tag, options in (("", {}), ("_aligned", {"align_corners": True}), ("_centred", {"half_pixel_centers": True})):
        yield op(f"tf_old_bilinear{tag}", lambda _, x, o=options: tf.compat.v1.image.resize_bilinear(x, (9, 4), **o))
        yield op(f"tf_old_nearest{tag}", lambda _, x, o=options: tf.compat.v1.image.resize_nearest_neighbor(x, (9, 4), **o))
    yield op("tf_old_images", lambda _, x: tf.compat.v1.image.resize_images(x, (9, 4), method=1))
    yield op("tf_old_images_same", lambda _, x: tf.compat.v1.image.resize_images(x, (6, 7), align_corners=True) + 1)
    yield op("tf_resize_with_pad", lambda _, x: i.resize_with_pad(x, 9, 15))
    yield op("tf_resize_with_pad_small", lambda _, x: i.resize_with_pad(x, 5, 4, method="area"))
    yield op("tf_crop_or_pad", lambda _, x: i.resize_with_crop_or_pad(x, 9, 4))
    yield op("tf_central_crop", lambda _, x: i.central_crop(x, 0.5))
    yield op("tf_crop_box", lambda _, x: i.crop_to_bounding_box(x, 1, 2, 3, 4))
    yield op("tf_pad_box", lambda _, x: i.pad_to_bounding_box(x, 1, 2, 9, 11))
    yield op("tf_flip_left_right", lambda _, x: i.flip_left_right(x))
    yield op("tf_flip_up_down", lambda _, x: i.flip_up_down(x))
    yield op("tf_transpose_image", lambda _, x: i.transpose(x))
    for k in range(4):
        yield op(f"tf_rot90_{k}", lambda _, x, k=k: i.rot90(x, k))
    yield op("tf_patches", lambda _, x: i.extract_patches(x, [1, 2, 3, 1], [1, 2, 3, 1], [1, 1, 1, 1], "VALID"))
    yield op("tf_patches_rates", lambda _, x: i.extract_patches(x, [1, 2, 2, 1], [1, 1, 2, 1], [1, 2, 1, 1], "SAME"))
    yield op("tf_sobel", lambda _, x: i.sobel_edges(x))
    yield op("tf_brightness", lambda _, x: i.adjust_brightness(x, 0.25))
    yield op("tf_contrast", lambda _, x: i.adjust_contrast(x, 1.7))
    yield op("tf_gamma", lambda _, x: i.adjust_gamma(tf.abs(x), 0.7, 1.5))
    yield op("tf_standardization", lambda _, x: i.per_image_standardization(x))
    yield op("tf_standardization_bytes", lambda _, x: i.per_image_standardization(x), BYTES, high=256)
    yield op("tf_grayscale_to_rgb", lambda _, x: i.grayscale_to_rgb(x), GREY)
    for name in ("rgb_to_hsv", "hsv_to_rgb", "rgb_to_yuv", "yuv_to_rgb", "rgb_to_yiq", "yiq_to_rgb"):
        yield colour(f"tf_{name}", lambda _, x, f=getattr(i, name): f(x))
    yield colour("tf_saturation", lambda _, x: i.adjust_saturation(x, 0.6))
    yield colour("tf_hue", lambda _, x: i.adjust_hue(x, 0.3))
    yield op("tf_convert_bytes", lambda _, x: i.convert_image_dtype(x, "float32"), BYTES, high=256)
    yield op("tf_random_flip", lambda _, x: i.random_flip_left_right(x), refused="tf.image.random_flip_left_right")


def all_cases(generation):
    yield from keras2_cases() if generation == 2 else keras3_cases()
