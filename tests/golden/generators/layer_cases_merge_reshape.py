"""Merging, reshaping, padding, cropping and upsampling."""

from .layer_cases import Case, FLOAT, channels_first, merge, single
from .layer_cases_conv import SHAPES, first
from .layer_cases_masks import pair_case


def merge_cases():
    for kind in ("Average", "Maximum", "Minimum"):
        short = kind.lower()
        yield merge(f"{short}_two", kind, (3, 4), (3, 4))
        yield merge(f"{short}_three", kind, (3, 4), (3, 4), (3, 4))
        yield merge(f"{short}_ones", kind, (3, 4), (1, 4))
        yield merge(f"{short}_lower_rank", kind, (3, 5, 4), (4,))
        yield merge(f"{short}_lower_rank_first", kind, (5, 4), (3, 5, 4))
    yield merge("subtract", "Subtract", (3, 4), (3, 4))
    yield merge("subtract_ones", "Subtract", (1, 4), (3, 4))
    yield merge("subtract_lower_rank", "Subtract", (4,), (3, 5, 4))
    yield merge("concatenate_volumes", "Concatenate", (2, 3, 2, 4), (2, 3, 2, 1))
    yield merge("concatenate_volumes_axis_2", "Concatenate", (2, 3, 2, 4), (2, 1, 2, 4), axis=2)
    yield merge("concatenate_one_dimension", "Concatenate", (3,), (2,))


def masked_merge_cases():
    for kind in ("Subtract", "Average", "Maximum", "Minimum"):
        for masked in ((True, True), (True, False), (False, True)):
            tag = "".join("m" if mask else "u" for mask in masked)
            yield pair_case(f"{kind.lower()}_{tag}", lambda k, xs, kind=kind: getattr(k.layers, kind)()(xs), masked=masked)
    for kind in ("Maximum", "Minimum"):
        yield pair_case(f"{kind.lower()}_three_masked", lambda k, xs, kind=kind: getattr(k.layers, kind)()([xs[0], xs[1], xs[0]]))


def dot_cases():
    for normalize in (False, True):
        tag = "_normalized" if normalize else ""
        yield merge(f"dot_vectors{tag}", "Dot", (5,), (5,), axes=1, normalize=normalize)
        yield merge(f"dot_vectors_last{tag}", "Dot", (5,), (5,), axes=-1, normalize=normalize)
        yield merge(f"dot_matrices_1{tag}", "Dot", (4, 3), (4, 2), axes=1, normalize=normalize)
        yield merge(f"dot_matrices_2{tag}", "Dot", (3, 4), (2, 4), axes=2, normalize=normalize)
        yield merge(f"dot_matrices_pair{tag}", "Dot", (3, 4), (4, 2), axes=(2, 1), normalize=normalize)
        yield merge(f"dot_matrices_negative{tag}", "Dot", (3, 4), (4, 2), axes=(-1, -2), normalize=normalize)
        yield merge(f"dot_vector_matrix{tag}", "Dot", (4,), (4, 3), axes=1, normalize=normalize)
        yield merge(f"dot_matrix_vector{tag}", "Dot", (3, 4), (4,), axes=(2, 1), normalize=normalize)
        yield merge(f"dot_rank_4{tag}", "Dot", (2, 3, 4), (4, 3, 2), axes=(3, 1), normalize=normalize)
        yield merge(f"dot_rank_4_middle{tag}", "Dot", (2, 5, 3), (2, 5), axes=(2, 2), normalize=normalize)
        yield merge(f"dot_rank_4_3{tag}", "Dot", (2, 3, 4), (5, 4), axes=(3, 2), normalize=normalize)


def reshape_cases():
    for dims in ((1, 2), (2, 1)):
        yield single(f"permute_{dims[0]}{dims[1]}", "Permute", (3, 4), dims=dims)
    for dims in ((3, 1, 2), (2, 3, 1), (1, 3, 2), (3, 2, 1)):
        yield single(f"permute_{''.join(map(str, dims))}", "Permute", (2, 3, 4), dims=dims)
    yield single("permute_4321", "Permute", (2, 3, 4, 2), dims=(4, 3, 2, 1))
    yield single("permute_vector", "Permute", (3,), dims=(1,))
    for count in (1, 3):
        yield single(f"repeat_vector_{count}", "RepeatVector", (4,), n=count)
    yield single("flatten_channels_first_vector", "Flatten", (4,), data_format="channels_first")
    yield single("flatten_channels_first_matrix", "Flatten", (3, 4), data_format="channels_first")
    yield single("flatten_channels_first_volume", "Flatten", (2, 3, 2, 3), data_format="channels_first")
    yield single("reshape_ints", "Reshape", (4, 3), dtype="int32", target_shape=(3, 4))
    yield single("reshape_to_scalar_like", "Reshape", (1,), target_shape=(1, 1))


def margin_cases():
    margins = {
        1: (1, (2, 1), (0, 2), (1, 0)),
        2: (1, (1, 2), ((1, 0), (0, 2)), ((0, 1), (2, 0)), 0),
        3: (1, (1, 2, 1), ((1, 0), (0, 2), (1, 1)), ((0, 1), (2, 0), (0, 0))),
    }
    for dims, shape in SHAPES.items():
        for number, value in enumerate(margins[dims]):
            yield single(f"padding{dims}_{number}", f"ZeroPadding{dims}D", shape, padding=value)
            yield single(f"cropping{dims}_{number}", f"Cropping{dims}D", shape, cropping=value)
        yield single(f"padding{dims}_default", f"ZeroPadding{dims}D", shape)
        yield single(f"padding{dims}_first", f"ZeroPadding{dims}D", first(shape), padding=margins[dims][2], data_format="channels_first")
        yield single(f"cropping{dims}_first", f"Cropping{dims}D", first(shape), cropping=margins[dims][2], data_format="channels_first")


def upsampling_cases(generation):
    for dims, shape in SHAPES.items():
        for size in (1, 2, 3):
            yield single(f"upsampling{dims}_{size}", f"UpSampling{dims}D", shape, size=size)
        if dims > 1:
            size = (2, 3, 1)[:dims]
            yield single(f"upsampling{dims}_uneven", f"UpSampling{dims}D", shape, size=size)
            yield single(f"upsampling{dims}_first", f"UpSampling{dims}D", first(shape), size=size, data_format="channels_first")
    for size in (2, (3, 2)):
        tag = size if isinstance(size, int) else "uneven"
        yield single(f"upsampling_bilinear_{tag}", "UpSampling2D", (3, 4, 2), size=size, interpolation="bilinear")
    methods = ["bicubic", "lanczos3", "lanczos5"] + (["area", "gaussian", "mitchellcubic"] if generation == 2 else [])
    for method in methods:
        yield single(f"upsampling_{method}", "UpSampling2D", (3, 4, 2), size=(2, 3), interpolation=method)
    yield single("upsampling_bicubic_first", "UpSampling2D", (2, 3, 4), size=2, interpolation="bicubic", data_format="channels_first")
    yield single("upsampling_bilinear_first", "UpSampling2D", (2, 3, 4), size=2, interpolation="bilinear", data_format="channels_first")


def chain(name, shape, *layers):
    """Several layers in a row, as the graph moves their transposes about."""

    def call(k, inputs):
        value = inputs[0]
        for class_name, config in layers:
            value = getattr(k.layers, class_name)(**config)(value)
        return value

    return Case(name, [(shape, FLOAT)], call)


def chain_cases():
    conv = ("Conv2D", {"filters": 3, "kernel_size": 2})
    line = ("Conv1D", {"filters": 3, "kernel_size": 2})
    volume = ("Conv3D", {"filters": 2, "kernel_size": 2})
    image = (6, 5, 2)
    yield chain("chain_upsampling", image, conv, ("UpSampling2D", {}), conv)
    yield chain("chain_cropping", image, conv, ("Cropping2D", {"cropping": ((1, 0), (0, 2))}), ("Flatten", {}))
    yield chain("chain_padding_volume", (4, 5, 4, 2), volume, ("ZeroPadding3D", {}), volume)
    yield chain("chain_permute_line", (8, 2), line, ("Permute", {"dims": (2, 1)}), ("ReLU", {}), ("Flatten", {}))
    yield chain("chain_line_pool", (9, 2), line, ("MaxPooling1D", {}), line, ("GlobalMaxPooling1D", {}))
    yield chain("chain_line_norm", (9, 2), line, ("BatchNormalization", {}), ("LeakyReLU", {}), line)
    yield chain("chain_volume_norm", (4, 5, 4, 2), volume, ("BatchNormalization", {}), ("ReLU", {}), ("GlobalAveragePooling3D", {"keepdims": True}))
    yield chain("chain_group_norm", image, conv, ("GroupNormalization", {"groups": 3}), ("Activation", {"activation": "swish"}), conv)
    yield chain("chain_prelu", image, conv, ("PReLU", {"shared_axes": [1, 2]}), conv)
    yield chain("chain_repeat", (5,), ("RepeatVector", {"n": 6}), line, ("Cropping1D", {}))


def all_cases(generation):
    yield from merge_cases()
    yield from masked_merge_cases()
    yield from dot_cases()
    yield from reshape_cases()
    yield from margin_cases()
    yield from upsampling_cases(generation)
    yield from chain_cases()
