"""Cases of tests/golden/models whose recurrent layers keep their states from batch to batch."""

import numpy as np

from . import model_builders as build

BATCH, STEPS = 16, 6
SAMPLES = 4 * BATCH  # Keras fails on a batch of another size


def case_of(model, x, y):
    first = lambda value: value[:SAMPLES] if not isinstance(value, dict) else value  # noqa: E731
    extra = {"in_order": True}
    return build.Case(model, first(x), first(y), batch_size=BATCH, checkpoints=3, extra=extra)


def stateful(k):
    """A stack of layers, one of them over a stack of cells."""
    l = k.layers
    model = k.Sequential(
        [
            k.Input(batch_shape=(BATCH, STEPS, 3), name="signal"),
            l.LSTM(5, stateful=True, return_sequences=True, name="first"),
            l.RNN(l.GRUCell(4), stateful=True, return_sequences=True, go_backwards=True, name="second"),
            l.SimpleRNN(4, stateful=True, name="third"),
            l.Dense(3, activation="softmax", name="classes"),
        ],
        name="stateful",
    )
    model.compile(k.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return case_of(model, *build.class_data((STEPS, 3), 3))


def stateful_masked(k):
    """Masks, both directions, a model inside of another, and a layer that is called twice."""
    l = k.layers
    words = k.Input(batch_shape=(BATCH, STEPS), dtype="int32", name="words")
    more = k.Input(batch_shape=(BATCH, STEPS), dtype="int32", name="more")
    inner_in = k.Input(batch_shape=(BATCH, STEPS, 3), name="inner_in")
    inner = k.Model(inner_in, l.GRU(3, stateful=True, name="inner_gru")(inner_in), name="inner")
    embedding = l.Embedding(9, 3, mask_zero=True, name="embedding")
    both = l.Bidirectional(l.LSTM(3, stateful=True, return_sequences=True), name="both")
    read, later = both(embedding(words)), both(embedding(more))
    once = l.LSTM(3, stateful=True, name="once")(later)
    nested = inner(l.Dense(3, name="project")(l.Add(name="sum")([read, later])))
    output = l.Dense(1, activation="sigmoid", name="positive")(l.Concatenate(name="join")([once, nested]))
    model = k.Model([words, more], output, name="stateful_masked")
    model.compile(k.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    random = build.rng()
    lengths = random.integers(1, STEPS + 1, (2, SAMPLES, 1))
    ids = np.where(np.arange(STEPS) < lengths, random.integers(1, 9, (2, SAMPLES, STEPS)), 0).astype("int32")
    y = (np.sum(ids[0] > ids[1], axis=1, keepdims=True) > 2).astype("float32")
    return case_of(model, {"words": ids[0], "more": ids[1]}, y)


BOTH = {"stateful": stateful, "stateful_masked": stateful_masked}
