"""Numbers and strings as categories: encoding, hashing, crossing, lookups."""

import numpy as np

from .layer_cases import Case, FLOAT

BATCH = 3

WORDS = ["red", "green", "blue", "grün", "", "[UNK]", "unknown", "a rather long word that fills more than one block"]
LARGE = [0, 1, -1, 7, 123456789012345, -(2**40), 2**62, 42]


def ids(high, low=0):
    return lambda random, shape: random.integers(low, high, shape)


def floats(random, shape):
    return (3 * random.normal(size=shape)).astype("float32")


def words(random, shape):
    return random.choice(np.array(WORDS), shape)


def large(random, shape):
    return random.choice(np.array(LARGE, "int64"), shape)


def layer(name, class_name, shapes, dtype, values, second=None, refused=None, **config):
    """A layer on one or several inputs of one type and kind of values."""

    def call(k, inputs):
        result = getattr(k.layers, class_name)(**config)
        return result(inputs if len(inputs) > 1 else inputs[0])

    kinds = [values, second or values]

    def data(random):
        arrays = [kinds[min(i, 1)](random, (BATCH, *shape)) for i, shape in enumerate(shapes)]
        return [array if kind == "string" else array.astype(kind) for array, kind in zip(arrays, types)]

    types = [dtype if isinstance(dtype, str) else dtype[i] for i in range(len(shapes))]
    return Case(name, list(zip(shapes, types)), call, data=data, refused=refused)


def encoding_cases(generation):
    for mode in ("one_hot", "multi_hot", "count"):
        for tag, shape in (("one", (1,)), ("row", (4,)), ("scalar", ()), ("matrix", (3, 2))):
            # Keras takes the batch for the one sample.
            refused = "in this output mode" if tag == "scalar" and mode != "one_hot" else None
            yield layer(f"encoding_{mode}_{tag}", "CategoryEncoding", [shape], "int64", ids(6), refused=refused, num_tokens=6, output_mode=mode)
        if generation == 3:
            yield layer(f"encoding_{mode}_outside", "CategoryEncoding", [(4,)], "int32", ids(9), num_tokens=6, output_mode=mode)
    yield layer("encoding_default", "CategoryEncoding", [(5,)], "int32", ids(4), num_tokens=4)

    def weighed(k, inputs):
        return k.layers.CategoryEncoding(num_tokens=5, output_mode="count")(inputs[0], count_weights=inputs[1])

    def data(random):
        return [random.integers(0, 5, (BATCH, 6)), floats(random, (BATCH, 6))]

    yield Case("encoding_count_weights", [((6,), "int64"), ((6,), FLOAT)], weighed, data=data)


def discretization_cases():
    bounds = [-2.0, -0.5, 0.5, 3.0]
    yield layer("discretization", "Discretization", [(5,)], FLOAT, floats, bin_boundaries=bounds)
    yield layer("discretization_exact", "Discretization", [(4,)], FLOAT, lambda r, s: r.choice(np.float32(bounds), s), bin_boundaries=bounds)
    yield layer("discretization_ints", "Discretization", [(5,)], "int64", ids(5, -5), bin_boundaries=[-2, 0, 1, 3])
    for mode in ("one_hot", "multi_hot", "count"):
        yield layer(f"discretization_{mode}", "Discretization", [(1,)], FLOAT, floats, bin_boundaries=bounds, output_mode=mode)
    yield layer("discretization_count_row", "Discretization", [(6,)], FLOAT, floats, bin_boundaries=bounds, output_mode="count")

    def scaled(k, inputs):
        return k.layers.Discretization(bin_boundaries=bounds)(k.layers.Rescaling(2.0, 0.5)(inputs[0]))

    yield Case("discretization_of_layer", [((5,), FLOAT)], scaled, data=lambda r: [floats(r, (BATCH, 5))])


def hashing_cases(generation):
    for tag, dtype, values in (("strings", "string", words), ("int64", "int64", large), ("int32", "int32", ids(1000, -1000))):
        yield layer(f"hashing_{tag}", "Hashing", [(8,)], dtype, values, num_bins=100)
        yield layer(f"hashing_{tag}_salt", "Hashing", [(8,)], dtype, values, num_bins=100, salt=133)
        yield layer(f"hashing_{tag}_salts", "Hashing", [(8,)], dtype, values, num_bins=10, salt=[133, 2**40])
        mask = "red" if dtype == "string" else 7
        yield layer(f"hashing_{tag}_mask", "Hashing", [(8,)], dtype, values, num_bins=5, mask_value=mask)
    yield layer("hashing_one_bin", "Hashing", [(3,)], "string", words, num_bins=1, mask_value="red")
    for mode in ("one_hot", "multi_hot", "count"):
        yield layer(f"hashing_{mode}", "Hashing", [(1,)], "string", words, num_bins=6, output_mode=mode)
        yield layer(f"hashing_{mode}_row", "Hashing", [(5,)], "int64", large, num_bins=6, output_mode=mode)
    if generation == 3:
        yield layer("hashing_floats", "Hashing", [(5,)], FLOAT, floats, num_bins=50)
        yield layer("hashing_floats_mask", "Hashing", [(5,)], FLOAT, lambda r, s: r.choice(np.float32([1, 1.5, 2]), s), num_bins=50, mask_value=1.5)
    for tag, shape in (("column", (1,)), ("scalar", ())):
        yield layer(f"crossing_strings_{tag}", "HashedCrossing", [shape, shape], "string", words, num_bins=1000)
        yield layer(f"crossing_mixed_{tag}", "HashedCrossing", [shape, shape], ("string", "int64"), words, large, num_bins=1000)
    yield layer("crossing_three", "HashedCrossing", [(1,), (1,), (1,)], "int64", large, num_bins=20)
    yield layer("crossing_int32", "HashedCrossing", [(1,), (1,)], "int32", ids(50, -50), num_bins=77)
    yield layer("crossing_one_hot", "HashedCrossing", [(1,), (1,)], "string", words, num_bins=8, output_mode="one_hot")


def lookup_cases(generation):
    vocabulary = ["blue", "green", "grün", "red"]
    numbers = [42, -1, 2**62, 7]
    for tag, class_name, dtype, values, tokens in (("string", "StringLookup", "string", words, vocabulary),
                                                   ("integer", "IntegerLookup", "int64", large, numbers)):  # fmt: skip
        mask = "red" if tag == "string" else 0
        rest = [token for token in tokens if token != mask]

        def case(name, shape=(6,), values=values, vocabulary=tokens, **config):
            return layer(f"{tag}_lookup_{name}", class_name, [shape], dtype, values, vocabulary=vocabulary, **config)

        yield case("int")
        yield case("scalar", ())
        yield case("mask", vocabulary=rest, mask_token=mask)
        yield case("oov_3", num_oov_indices=3)
        yield case("oov_3_mask", vocabulary=rest, mask_token=mask, num_oov_indices=3)
        special = [mask, "[UNK]" if tag == "string" else -1] + [t for t in rest if t != -1]
        yield case("special_tokens", vocabulary=special, mask_token=mask)
        yield case("oov_0", values=lambda r, s, tokens=tokens: r.choice(np.array(tokens), s), num_oov_indices=0)
        for mode in ("one_hot", "multi_hot", "count"):
            yield case(f"{mode}_one", (1,), output_mode=mode)
            yield case(f"{mode}_row", output_mode=mode)
            yield case(f"{mode}_mask", vocabulary=rest, output_mode=mode, mask_token=mask, num_oov_indices=2)
            yield case(f"{mode}_padded", (1,), output_mode=mode, max_tokens=9, pad_to_max_tokens=True)
        yield case("tf_idf", output_mode="tf_idf", idf_weights=[0.5, 1.0, 1.5, 2.5])
        yield case("tf_idf_padded", output_mode="tf_idf", idf_weights=[0.5, 1.0, 1.5, 2.5], max_tokens=8, pad_to_max_tokens=True)
        if generation == 3:
            yield case("int32_farmhash", num_oov_indices=5, **({"oov_method": "farmhash"} if tag == "integer" else {"salt": 5}))
            if tag == "integer":
                yield case("salt", num_oov_indices=5, oov_method="farmhash", salt=[3, 4])
    yield layer("integer_lookup_invert", "IntegerLookup", [(6,)], "int64", ids(8), vocabulary=[10, 20, 30], invert=True)
    yield layer("integer_lookup_invert_mask", "IntegerLookup", [(6,)], "int64", ids(8), vocabulary=[10, 20, 30], mask_token=-5, oov_token=-9, invert=True)
    yield layer("integer_lookup_of_int32", "IntegerLookup", [(6,)], "int32", ids(8), vocabulary=[1, 4, 6])


def chain_cases():
    vocabulary = ["blue", "green", "grün"]

    def lookup_then_encoding(k, inputs):
        return k.layers.CategoryEncoding(num_tokens=4, output_mode="multi_hot")(k.layers.StringLookup(vocabulary=vocabulary)(inputs[0]))

    def there_and_back(k, inputs):
        strings = k.layers.StringLookup(vocabulary=vocabulary, invert=True)(k.layers.StringLookup(vocabulary=vocabulary)(inputs[0]))
        return k.layers.Hashing(num_bins=50)(strings)

    def crossing_of_bins(k, inputs):
        bins = k.layers.Discretization(bin_boundaries=[-1.0, 1.0])(inputs[1])
        crossed = k.layers.HashedCrossing(num_bins=10, output_mode="one_hot")([inputs[0], bins])
        return k.layers.Concatenate()([crossed, inputs[1]])

    def embedded(k, inputs):
        ids = k.layers.Hashing(num_bins=7)(inputs[0])
        return k.layers.Flatten()(k.layers.Embedding(7, 2)(ids))

    column = [((1,), "string")]
    yield Case("chain_encoding", [((4,), "string")], lookup_then_encoding, data=lambda r: [words(r, (BATCH, 4))])
    yield Case("chain_invert", [((4,), "string")], there_and_back, data=lambda r: [words(r, (BATCH, 4))])
    yield Case("chain_crossing", [*column, ((1,), FLOAT)], crossing_of_bins, data=lambda r: [words(r, (BATCH, 1)), floats(r, (BATCH, 1))])
    yield Case("chain_embedding", [((3,), "string")], embedded, data=lambda r: [words(r, (BATCH, 3))])


def all_cases(generation):
    yield from encoding_cases(generation)
    yield from discretization_cases()
    yield from hashing_cases(generation)
    yield from lookup_cases(generation)
    yield from chain_cases()
