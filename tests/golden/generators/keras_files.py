"""tests/golden/keras_files: model files with their own weights, and outputs."""

import json

import numpy as np

from . import common, model_builders as build


def attention(k):
    """Projections of attention layers, with and without public properties."""
    l = k.layers
    x = k.Input((5, 6), name="steps")
    h = l.MultiHeadAttention(2, 3, value_dim=4, name="heads")(x, x, use_causal_mask=True)
    if k is common.KERAS[3]:
        h = l.GroupQueryAttention(3, 4, 2, name="groups")(h, x)
    h = l.Attention(use_scale=True, name="dot")([h, x])
    h = l.AdditiveAttention(name="additive")([h, x])
    y = l.Dense(3, activation="softmax", name="kind")(l.GlobalAveragePooling1D(name="mean")(h))
    model = k.Model(x, y, name="attention")
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return build.Case(model, *build.class_data((5, 6), 3))


def lora(k):
    """Kernels that LoRA adapts. Files hold them merged, beside the config's lora_rank."""
    l = k.layers
    x = k.Input((6, 5, 2), name="image")
    h = l.Conv2D(4, 3, activation="relu", name="convolution")(x)
    h = l.EinsumDense("abcd,de->abce", output_shape=(4, 3, 5), name="einsum")(h)
    h = l.Dense(6, activation="tanh", name="hidden")(l.Flatten(name="flat")(h))
    model = k.Model(x, l.Dense(3, activation="softmax", name="kind")(h), name="lora")
    for name in ("convolution", "einsum", "hidden"):
        model.get_layer(name).enable_lora(2)
    model.compile(k.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return build.Case(model, *build.class_data((6, 5, 2), 3))


def wrapped(k):
    """Models and layers inside of wrappers."""
    l = k.layers
    x = k.Input((4, 6), name="steps")
    step = k.Input((6,), name="step")
    inner = k.Model(step, l.BatchNormalization(name="norm")(l.Dense(5, activation="tanh", name="dense")(step)), name="inner")
    stack = k.Sequential([k.Input((5,), name="in"), l.Dense(4, name="dense"), l.Dense(4, name="dense_1")], name="stack")
    h = l.TimeDistributed(inner, name="each")(x)
    h = l.TimeDistributed(stack, name="each_again")(h)
    h = l.TimeDistributed(l.TimeDistributed(l.Dense(2, name="deep"), name="inside"), name="outside")(l.Reshape((4, 2, 2), name="pairs")(h))
    h = l.Bidirectional(l.GRU(3, name="gru"), name="both")(l.Reshape((4, 4), name="flat")(h))
    model = k.Model(x, l.Dense(1, activation="sigmoid", name="out")(h), name="wrapped")
    model.compile(k.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    features, label = build.class_data((4, 6), 2)
    return build.Case(model, features, label.astype("float32"))


def of_policy(policy, tolerance):
    """Variables of that type in the file."""

    def builder(k):
        l = k.layers
        layers = [
            k.Input((6,), name="features"),
            l.Dense(8, activation="tanh", dtype=policy, name="hidden"),
            l.LayerNormalization(dtype=policy, name="norm"),
            l.Dense(3, activation="softmax", dtype=policy, name="kind"),
        ]
        model = k.Sequential(layers, name=policy)
        # No accuracy: half precision decides ties otherwise.
        metrics = ["sparse_categorical_crossentropy"]
        model.compile(k.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=metrics)
        return build.Case(model, *build.class_data((6,), 3), extra={"tolerance": tolerance})

    return builder

MODELS = {
    "mlp": build.mlp,
    "cnn": build.cnn,
    "nested": build.nested,
    "shared": build.shared,
    "text": build.text,
    "regression": build.regression,
    "many_layers": build.many_layers,
    "recurrent": build.recurrent,
    "attention": attention,
    "wrapped": wrapped,
    "float16": of_policy("float16", 2e-2),
    "float64": of_policy("float64", 1e-5),
}
ONLY_KERAS3 = {"lora": lora, "bfloat16": of_policy("bfloat16", 5e-2)}


def outputs(model, x):
    result = model.predict(x, verbose=0)
    return np.asarray(result)


def first_rows(value):
    if isinstance(value, dict):
        return {name: array[:5] for name, array in value.items()}
    return value[:5]


def write(generation, name, builder):
    common.reset(29)
    k = common.KERAS[generation]
    case = builder(k)
    case.model.fit(case.x, case.y, batch_size=16, epochs=1, verbose=0)
    folder = common.ROOT / "keras_files"
    stem = f"k{generation}_{name}"
    case.model.save(folder / f"{stem}.keras")
    loaded = k.models.load_model(folder / f"{stem}.keras")
    x = first_rows(case.x)
    tolerance = case.extra.get("tolerance", 1e-5)
    np.testing.assert_allclose(outputs(loaded, x), outputs(case.model, x), rtol=tolerance)
    np.savez(folder / f"{stem}.npz", **common.data_members(x, None), output=outputs(loaded, x))
    logs = loaded.evaluate(case.x, case.y, batch_size=32, verbose=0, return_dict=True)
    np.savez(folder / f"{stem}.data.npz", **common.data_members(case.x, case.y))
    row = {"file": f"{stem}.keras", "batch_size": 32, "step": 5, "metrics": common.logs_list(logs)}
    return {**row, "tolerance": tolerance} if "tolerance" in case.extra else row


def generate(names=None):
    """All, or those of these names."""
    items = [(generation, *item) for item in MODELS.items() for generation in (2, 3)]
    items += [(3, *item) for item in ONLY_KERAS3.items()]
    folder = common.ROOT / "keras_files" if names else common.fresh_dir("keras_files")
    rows = {}
    if names:
        rows = {row["file"]: row for row in json.loads((folder / "expected.json").read_text())}
    for item in items:
        if not names or item[1] in names:
            row = write(*item)
            rows[row["file"]] = row
    common.write_json_rows(folder / "expected.json", list(rows.values()))
