"""Masks: where they come from, through which layers they pass, what they do to values.

The masked sequences of a batch: one with padding at its end, one with padding
in the middle, one with padding at its start, one that is nothing but padding.
"""

import numpy as np

from .layer_cases import FLOAT, Case

STEPS, CHANNELS = 5, 4
VALID = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 0, 1], [0, 0, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
OTHER_VALID = np.array([[1, 1, 0, 0, 1], [0, 1, 1, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 1, 0]], bool)


def ids(valid):
    return lambda random: np.where(valid, random.integers(1, 9, valid.shape), 0).astype("int32")


def steps(valid, channels=CHANNELS, value=0.0):
    def make(random):
        x = random.normal(size=(*valid.shape, channels)).astype(FLOAT)
        return np.where(valid[..., None], x, np.float32(value))

    return make


def arrays(*makers):
    return lambda random: [make(random) for make in makers]


def sequence_case(name, call, *, value=0.0, has_nan=False):
    """`call(k, masked)` on the output of a Masking layer."""

    def build(k, inputs):
        return call(k, k.layers.Masking(mask_value=value)(inputs[0]))

    return Case(name, [((STEPS, CHANNELS), FLOAT)], build, data=arrays(steps(VALID, value=value)), has_nan=has_nan)


def pair_case(name, call, *, masked=(True, True)):
    """`call(k, [a, b])` on two sequences, of which each may be masked."""

    def build(k, inputs):
        return call(k, [k.layers.Masking()(x) if mask else x for x, mask in zip(inputs, masked)])

    return Case(name, [((STEPS, CHANNELS), FLOAT)] * 2, build, data=arrays(steps(VALID), steps(OTHER_VALID)))


def embedding(k, x):
    return k.layers.Embedding(9, CHANNELS, mask_zero=True)(x)


def source_cases():
    for value in (0.0, -1.5):
        tag = "zero" if value == 0 else "value"
        yield sequence_case(f"masking_{tag}", lambda k, x: x, value=value)
    yield Case("masking_images", [((3, 2, CHANNELS), FLOAT)], lambda k, xs: k.layers.Masking()(xs[0]),
               data=arrays(lambda random: random.integers(-1, 1, (3, 3, 2, CHANNELS)).astype(FLOAT)))
    yield Case("masking_matrix", [((2,), FLOAT)], lambda k, xs: k.layers.Masking()(xs[0]),
               data=arrays(lambda random: np.array([[0, 0], [0, 1], [2, 1]], FLOAT)))
    yield Case("embedding", [((STEPS,), "int32")], lambda k, xs: embedding(k, xs[0]), data=arrays(ids(VALID)))
    yield Case("embedding_float_ids", [((STEPS,), FLOAT)], lambda k, xs: embedding(k, xs[0]),
               data=arrays(lambda random: ids(VALID)(random).astype(FLOAT)))
    yield Case("embedding_matrix", [((2, 3), "int64")], lambda k, xs: embedding(k, xs[0]), high=3)
    yield Case("masking_again", [((STEPS,), "int32")], lambda k, xs: k.layers.Masking()(embedding(k, xs[0])),
               data=arrays(ids(VALID)))


PASSING = [
    ("activation", "Activation", {"activation": "tanh"}), ("linear", "Activation", {"activation": "linear"}),
    ("dense", "Dense", {"units": 3}), ("dense_softmax", "Dense", {"units": 3, "activation": "softmax"}),
    ("relu", "ReLU", {}), ("leaky_relu", "LeakyReLU", {}), ("dropout", "Dropout", {"rate": 0.5}),
    ("batch_normalization", "BatchNormalization", {}), ("layer_normalization", "LayerNormalization", {}),
    ("rescaling", "Rescaling", {"scale": 2.0}), ("normalization", "Normalization", {"mean": 0.5, "variance": 2.0}),
    ("flatten", "Flatten", {}), ("reshape", "Reshape", {"target_shape": (CHANNELS, STEPS)}),
    ("identity", "Identity", {}), ("elu", "ELU", {}), ("prelu", "PReLU", {"shared_axes": [1]}),
    ("spatial_dropout", "SpatialDropout1D", {"rate": 0.5}), ("gaussian_noise", "GaussianNoise", {"stddev": 1.0}),
    ("gaussian_dropout", "GaussianDropout", {"rate": 0.5}), ("alpha_dropout", "AlphaDropout", {"rate": 0.5}),
    ("group_normalization", "GroupNormalization", {"groups": 2}), ("unit_normalization", "UnitNormalization", {}),
    ("einsum_dense", "EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 3)}),
    ("conv", "Conv1D", {"filters": 2, "kernel_size": 2}), ("max_pooling", "MaxPooling1D", {}),
    ("up_sampling", "UpSampling1D", {}), ("zero_padding", "ZeroPadding1D", {}), ("cropping", "Cropping1D", {}),
    ("permute", "Permute", {"dims": (2, 1)}), ("global_max_pooling", "GlobalMaxPooling1D", {}),
    ("activity_regularization", "ActivityRegularization", {}),
]  # fmt: skip


def layer_cases():
    for name, class_name, config in PASSING:
        yield sequence_case(
            f"through_{name}", lambda k, x, c=class_name, o=config: getattr(k.layers, c)(**o)(x)
        )


def merge_cases():
    for class_name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Dot"):
        for masked in ((True, True), (True, False), (False, True)):
            tag = "".join("m" if mask else "n" for mask in masked)
            yield pair_case(f"{class_name.lower()}_{tag}", lambda k, xs, c=class_name: getattr(k.layers, c)(**({"axes": 2} if c == "Dot" else {}))(xs), masked=masked)
    for axis in (-1, 1):
        yield pair_case(f"concatenate_{axis % 3}_mm", lambda k, xs, a=axis: k.layers.Concatenate(axis=a)(xs))
    yield pair_case("concatenate_2_mn", lambda k, xs: k.layers.Concatenate()(xs), masked=(True, False))
    yield pair_case("concatenate_2_nm", lambda k, xs: k.layers.Concatenate()(xs), masked=(False, True))
    yield pair_case("concatenate_2_nn", lambda k, xs: k.layers.Concatenate()(xs), masked=(False, False))

    def three(k, xs):
        return k.layers.Multiply()([*xs, k.layers.Dense(CHANNELS)(xs[0])])

    yield pair_case("multiply_three", three)


def pooling_cases():
    def pool(k, x, **config):
        return k.layers.GlobalAveragePooling1D(**config)(x)

    yield sequence_case("global_average", lambda k, x: pool(k, x), has_nan=True)
    yield sequence_case("global_average_keepdims", lambda k, x: pool(k, x, keepdims=True), has_nan=True)
    yield Case("global_average_words", [((STEPS,), "int32")], lambda k, xs: k.layers.Dense(2)(pool(k, embedding(k, xs[0]))),
               data=arrays(lambda random: ids(VALID)(random)[:3]))  # fmt: skip


def softmax_cases(generation):
    def call(k, xs, **config):
        return k.layers.Softmax(**config)(xs[0], mask=xs[1])

    options = [("default", {}), ("axis_1", {"axis": 1}), ("axes", {"axis": [1, 2]})]
    if generation == 2:
        options.append(("robust", {"robust_masking": True}))
    for tag, config in options:
        yield Case(f"softmax_{tag}", [((3, 4), FLOAT), ((3, 4), "bool")], lambda k, xs, c=config: call(k, xs, **c),
                   data=arrays(lambda random: random.normal(size=(3, 3, 4)).astype(FLOAT),
                               lambda random: random.random((3, 3, 4)) > [[[0.9]], [[0.5]], [[0.3]]]))  # fmt: skip
    if generation == 3:
        yield Case("softmax_by_position", [((4,), FLOAT), ((4,), "bool")], lambda k, xs: k.layers.Softmax()(xs[0], xs[1]),
                   data=arrays(lambda random: random.normal(size=(3, 4)).astype(FLOAT), lambda random: random.random((3, 4)) > 0.5))  # fmt: skip
    yield Case("softmax_integers", [((4,), FLOAT), ((4,), "int32")], lambda k, xs: k.layers.Softmax()(xs[0], mask=xs[1]), high=2)


def argument_cases(generation):
    """Masks that Keras 3 hands to layers as outputs of operations of the graph."""

    def after(k, x):
        return k.layers.BatchNormalization()(x)

    yield pair_case("argument_add", lambda k, xs: after(k, k.layers.Add()(xs)))
    yield pair_case("argument_concatenate", lambda k, xs: after(k, k.layers.Concatenate()(xs)))
    yield pair_case("argument_concatenate_mn", lambda k, xs: after(k, k.layers.Concatenate()(xs)), masked=(True, False))
    if generation == 2:
        return

    def computed(k, xs):
        ops = k.ops
        mask = ops.logical_and(ops.not_equal(xs[1], 3), ops.less(xs[1], 8))
        other = ops.logical_or(ops.logical_not(ops.greater(xs[1], 2)), ops.equal(xs[1], ops.ones_like(xs[1])))
        third = ops.any(ops.concatenate([ops.expand_dims(mask, -1), ops.expand_dims(other, -1)], axis=-1), axis=-1)
        outputs = [k.layers.BatchNormalization()(xs[0], mask=m) for m in (mask, other, third)]
        return [*outputs, k.layers.BatchNormalization()(xs[0], mask=ops.greater_equal(xs[1], 4)),
                k.layers.BatchNormalization()(xs[0], mask=ops.less_equal(ops.zeros_like(xs[1]), xs[1]))]

    yield Case("argument_computed", [((STEPS, CHANNELS), FLOAT), ((STEPS,), "int32")], computed)


def nested_cases():
    def tower(k, shape=(STEPS, CHANNELS)):
        x = inner = k.Input(shape)
        x = k.layers.Dense(3, activation="relu")(x)
        return k.Model(inner, k.layers.LayerNormalization()(x), name="tower")

    yield sequence_case("nested", lambda k, x: tower(k)(x))

    def twice(k, xs):
        model = tower(k)
        return k.layers.Add()([model(x) for x in xs])

    yield pair_case("nested_twice", twice)
    yield pair_case("nested_twice_one_masked", twice, masked=(False, True))

    def sequential(k, x):
        return k.Sequential([k.layers.Dense(3), k.layers.ReLU()])(x)

    yield sequence_case("nested_sequential", sequential)

    def makes_mask(k, xs):
        inner = k.Input((STEPS,), dtype="int32")
        model = k.Model(inner, embedding(k, inner))
        return [k.layers.Dense(2)(model(xs[0])), model(xs[1])]

    yield Case("nested_makes_mask", [((STEPS,), "int32")] * 2, makes_mask, data=arrays(ids(VALID), ids(OTHER_VALID)))

    def pair_model(k, xs):
        a, b = k.Input((STEPS, CHANNELS)), k.Input((STEPS, CHANNELS))
        return k.Model([a, b], [k.layers.Add()([a, b]), k.layers.ReLU()(b)])(xs)

    yield pair_case("nested_two_inputs", pair_model)
    yield pair_case("nested_two_inputs_one_masked", pair_model, masked=(False, True))

    def explicit(k, xs):
        return tower(k)(xs[0], mask=xs[1])

    yield Case("nested_explicit", [((STEPS, CHANNELS), FLOAT), ((STEPS,), "bool")], explicit,
               data=arrays(steps(VALID), lambda random: OTHER_VALID))


def all_cases(generation):
    yield from source_cases()
    yield from layer_cases()
    yield from merge_cases()
    yield from pooling_cases()
    yield from softmax_cases(generation)
    yield from argument_cases(generation)
    yield from nested_cases()
