"""Models that start from strings and ids, with vocabularies that their layers adapted."""

import numpy as np

from .model_builders import SAMPLES, Case, rng

CITIES = ["Bern", "Genf", "Zürich", "Basel", "Chur"]
TAGS = ["new", "sale", "old", "rare", "blue"]


def tabular_data():
    random = rng()
    x = {
        "age": random.uniform(18, 90, (SAMPLES, 1)).astype("float32"),
        "city": random.choice(np.array(CITIES), (SAMPLES, 1)),
        "plan": random.choice(np.array([3, 7, 2**40, -1]), (SAMPLES, 1)),
        "tags": random.choice(np.array(TAGS), (SAMPLES, 4)),
    }
    score = x["age"][:, 0] / 40 + (x["city"][:, 0] == "Bern") + (x["tags"] == "sale").sum(axis=1) - (x["plan"][:, 0] == 7)
    return x, (score > 2.3).astype("float32")


def tabular(k):
    """Columns of every kind. The vocabularies are adapted: a .keras file keeps them as assets."""
    l = k.layers
    x, y = tabular_data()
    inputs = {
        "age": k.Input((1,), name="age"),
        "city": k.Input((1,), dtype="string", name="city"),
        "plan": k.Input((1,), dtype="int64", name="plan"),
        "tags": k.Input((4,), dtype="string", name="tags"),
    }
    norm = l.Normalization(name="norm")
    norm.adapt(x["age"])
    city = l.StringLookup(output_mode="one_hot", name="city_lookup")
    city.adapt(x["city"][:40])
    plan = l.IntegerLookup(num_oov_indices=2, name="plan_lookup")
    plan.adapt(x["plan"][:20])
    tags = l.StringLookup(output_mode="tf_idf", name="tag_lookup")
    # Keras 2 adapts only to rows that all have equally many different tokens.
    tags.adapt(np.array([["new", "sale", "old"], ["sale", "rare", "old"], ["old", "new", "rare"]]))
    bins = l.Discretization(bin_boundaries=[30.0, 45.0, 60.0], name="age_bins")(inputs["age"])
    crossed = l.HashedCrossing(num_bins=12, output_mode="one_hot", name="city_by_age")([inputs["city"], bins])
    plan_vector = l.Flatten(name="plan_flat")(l.Embedding(8, 3, name="plan_embed")(plan(inputs["plan"])))
    hashed = l.CategoryEncoding(num_tokens=6, output_mode="count", name="tag_counts")(
        l.Hashing(num_bins=6, name="tag_hash")(inputs["tags"])
    )
    columns = [norm(inputs["age"]), city(inputs["city"]), crossed, plan_vector, tags(inputs["tags"]), hashed]
    joined = l.Concatenate(name="join")(columns)
    hidden = l.Dense(8, activation="relu", name="hidden")(joined)
    model = k.Model(inputs, l.Dense(1, activation="sigmoid", name="buys")(hidden), name="tabular")
    model.compile(k.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy", "mse"])
    return Case(model, x, y)


def review_data():
    random = rng()
    words = np.array(["good", "Bad!", "fine,", "the", "a", "FILM", "café", "(boring)", "great...", "not"])
    texts = np.array([" ".join(random.choice(words, random.integers(0, 9))) for _ in range(SAMPLES)])
    y = np.array([("good" in text or "great" in text) and "not" not in text for text in texts])
    return texts, y.astype("float32")


def bag_of_words(k):
    """Batches whose longest texts differ. Keras 2 cannot adapt tf_idf to texts of several lengths."""
    l = k.layers
    texts, y = review_data()
    mode = "count" if k.__name__ == "tf_keras" else "tf_idf"
    vectorize = l.TextVectorization(output_mode=mode, name="vectorize")
    vectorize.adapt(texts[:50])
    hidden = l.Dense(6, activation="relu", name="hidden")
    layers = [k.Input((), dtype="string", name="text"), vectorize, hidden, l.Dense(1, activation="sigmoid", name="positive")]
    model = k.Sequential(layers, name="bag_of_words")
    model.compile(k.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Case(model, texts, y)


def reviews(k):
    """Texts, some of them with words that the vocabulary lacks."""
    l = k.layers
    texts, y = review_data()
    vectorize = l.TextVectorization(output_sequence_length=7, ngrams=2, max_tokens=40, name="vectorize")
    vectorize.adapt(texts[:50])
    model = k.Sequential(
        [
            k.Input((1,), dtype="string", name="text"),
            vectorize,
            l.Embedding(40, 4, name="embed"),
            l.Flatten(name="flat"),
            l.Dense(1, activation="sigmoid", name="positive"),
        ],
        name="reviews",
    )
    model.compile(k.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Case(model, texts.reshape(-1, 1), y)
