"""TextVectorization."""

import numpy as np

from .layer_cases import Case

BATCH = 3

TEXTS = [
    "The cat sat on the mat.", "A dog, a CAT and a bird!", "", "   ", "Über-große Katze\u00a0sat", "the\tend\nof  the (long) text...",
    "[UNK] the", "naïve café ÀÉ", "cat",
]  # fmt: skip
VOCABULARY = ["the", "cat", "sat", "a", "dog", "the cat", "café", "The", "mat.", "a b"]
LETTERS = ["t", "h", "e", "é", " ", "c", "a"]


def text(name, shape=(), dtype="U", texts=TEXTS, vocabulary=VOCABULARY, refused=None, **config):
    def call(k, inputs):
        return k.layers.TextVectorization(vocabulary=vocabulary, **config)(inputs[0])

    def data(random):
        strings = random.choice(np.array(texts), (BATCH, *shape))
        return [np.char.encode(strings, "utf-8") if dtype == "S" else strings]

    return Case(name, [(shape, "string")], call, data=data, refused=refused)


def all_cases(generation):
    yield text("int")
    yield text("int_column", (1,))
    yield text("int_bytes", (1,), "S")
    for length in (1, 3, 12):
        yield text(f"length_{length}", (1,), output_sequence_length=length)
    for standardize in ("lower_and_strip_punctuation", "lower", "strip_punctuation", None):
        tag = standardize or "none"
        for split in ("whitespace", "character", None):
            words = VOCABULARY if split == "whitespace" else LETTERS if split == "character" else [t.lower() for t in TEXTS[:2]] + TEXTS[:1]
            shape = (3,) if split is None else (1,)
            yield text(f"{tag}_{split or 'whole'}", shape, vocabulary=words, standardize=standardize, split=split)
    for ngrams in (1, 2, 3, (2,), (3, 1)):
        tag = "_".join(str(n) for n in ngrams) + "_list" if isinstance(ngrams, tuple) else str(ngrams)
        yield text(f"ngrams_{tag}", (1,), ngrams=ngrams, output_sequence_length=9)
    yield text("ngrams_whole", (3,), texts=["a", "b", "the", "cat"], split=None, ngrams=2)
    for mode in ("multi_hot", "count"):
        yield text(f"{mode}", (1,), output_mode=mode)
        yield text(f"{mode}_scalar", (), output_mode=mode)
        yield text(f"{mode}_padded", (1,), output_mode=mode, max_tokens=20, pad_to_max_tokens=True)
        yield text(f"{mode}_ngrams", (1,), output_mode=mode, ngrams=2)
        yield text(f"{mode}_whole", (4,), output_mode=mode, split=None, texts=["the", "cat", "", "z"])
        yield text(f"{mode}_empty", (1,), output_mode=mode, texts=["", " "])
    weights = [0.1 * (i + 3) for i in range(len(VOCABULARY))]
    yield text("tf_idf", (1,), output_mode="tf_idf", idf_weights=weights)
    yield text("tf_idf_padded", (1,), output_mode="tf_idf", idf_weights=weights, max_tokens=15, pad_to_max_tokens=True)
    yield text("special_tokens", (1,), vocabulary=["", "[UNK]", "the", "cat"])

    def classified(k, inputs):
        ids = k.layers.TextVectorization(vocabulary=VOCABULARY, output_sequence_length=6)(inputs[0])
        return k.layers.Dense(2, activation="softmax")(k.layers.Flatten()(k.layers.Embedding(12, 3)(ids)))

    yield Case("classified", [((1,), "string")], classified, data=lambda r: [r.choice(np.array(TEXTS), (BATCH, 1))])
