"""Models on keras.utils.FeatureSpace: its inputs and encoded features, of every kind (Keras 3)."""

import numpy as np
import tensorflow as tf

from .model_builders import SAMPLES, Case, rng

CITIES = np.array(["Bern", "Genf", "Zürich", "Basel"])


def data():
    random = rng()
    x = {
        "age": random.uniform(18, 90, SAMPLES).astype("float32"),
        "height": random.normal(170, 12, SAMPLES).astype("float32"),
        "level": random.integers(0, 256, SAMPLES).astype("float32"),
        "income": random.normal(50, 20, SAMPLES).astype("float32"),
        "plan": random.choice(np.array([3, 7, 11, 12]), SAMPLES).astype("int32"),
        "city": random.choice(CITIES, SAMPLES),
        "id": random.integers(0, 10**6, SAMPLES).astype("int32"),
        "street": random.choice(np.array([f"street {i}" for i in range(20)]), SAMPLES),
    }
    score = x["age"] / 40 + (x["city"] == "Bern") - (x["plan"] == 7) + x["income"] / 60
    return x, (score > 2.3).astype("float32")


def space(k, x, output_mode):
    f = k.utils.FeatureSpace
    features = {
        "age": "float",
        "height": "float_normalized",
        "level": f.float_rescaled(scale=1 / 255, offset=-0.5),
        "income": f.float_discretized(num_bins=4),
        "plan": f.integer_categorical(num_oov_indices=1),
        "city": f.string_categorical(max_tokens=4, num_oov_indices=1),
        "id": f.integer_hashed(num_bins=5),
        "street": f.string_hashed(num_bins=6),
    }
    crosses = [f.cross(("city", "plan"), crossing_dim=7), f.cross(("street", "id"), crossing_dim=5)]
    result = f(features, crosses=crosses, output_mode=output_mode, name="space")
    # What the last half alone has is out of the vocabulary.
    result.adapt(tf.data.Dataset.from_tensor_slices({name: values[: SAMPLES // 2] for name, values in x.items()}).batch(8))
    return result


def finish(k, inputs, features, name):
    hidden = k.layers.Dense(6, activation="relu", name="hidden")(features)
    model = k.Model(inputs, k.layers.Dense(1, activation="sigmoid", name="buys")(hidden), name=name)
    model.compile(k.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy", "mse"])
    return model


def columns(x):
    return {name: values[:, None] for name, values in x.items()}


def feature_space(k):
    x, y = data()
    encoder = space(k, x, "concat")
    model = finish(k, encoder.get_inputs(), encoder.get_encoded_features(), "feature_space")
    return Case(model, columns(x), y)


def feature_space_dict(k):
    """Each feature encoded for itself; integers become rows of a table."""
    x, y = data()
    encoder = space(k, x, "dict")
    encoded = encoder.get_encoded_features()
    parts = [encoded[name] for name in sorted(encoded)]
    return Case(finish(k, encoder.get_inputs(), k.layers.Concatenate(name="all")([k.ops.cast(part, "float32") for part in parts]), "feature_space_dict"), columns(x), y)


def feature_space_int(k):
    """Indices instead of one-hot rows, which go through embeddings."""
    x, y = data()
    f = k.utils.FeatureSpace
    features = {"age": "float_normalized", "city": f.string_categorical(output_mode="int"), "plan": f.integer_categorical(output_mode="int"), "street": f.string_hashed(num_bins=6, output_mode="int")}
    own = {name: x[name] for name in features}
    encoder = f(features, crosses=[f.cross(("city", "street"), crossing_dim=8, output_mode="int")], crossing_dim=8, output_mode="dict", name="space")
    encoder.adapt(tf.data.Dataset.from_tensor_slices(own).batch(8))
    encoded = encoder.get_encoded_features()
    l = k.layers
    parts = [encoded["age"]]
    for name in ("city", "plan", "street", "city_X_street"):
        parts.append(l.Flatten(name=f"{name}_flat")(l.Embedding(12, 2, name=f"{name}_rows")(encoded[name])))
    return Case(finish(k, encoder.get_inputs(), l.Concatenate(name="all")(parts), "feature_space_int"), columns(own), y)


ONLY_KERAS3 = {"feature_space": feature_space, "feature_space_dict": feature_space_dict, "feature_space_int": feature_space_int}
