"""tests/golden/h5_models: whole-model HDF5 files with the metrics of their weights."""

import numpy as np
import tensorflow as tf

from . import common, model_builders as build, models

MODELS = {
    "mlp": build.mlp,
    "cnn": build.cnn,
    "two_in_out": build.two_in_out,
    "shared": build.shared,
    "nested": build.nested,
    "text": build.text,
    "regression": build.regression,
    "weighted": build.weighted,
    "regularized": build.regularized,
}


def two_metrics(k):
    """Keras 3 fails to read the metrics of two_in_out back: here only words it can."""
    case = build.two_in_out(k)
    case.model.compile(
        k.optimizers.Adam(0.01),
        loss={"kind": "sparse_categorical_crossentropy", "score": "mean_squared_error"},
        metrics={"kind": ["accuracy"], "score": [k.metrics.MeanAbsoluteError(name="far")]},
    )
    case.sample_weight = None
    return case


def frozen(k):
    """Frozen layers and a frozen model inside a model: their weights stand last."""
    l = k.layers
    inner_in = k.Input((6,), name="inner_in")
    h = l.Dense(6, activation="tanh", name="inner_dense")(inner_in)
    h = l.BatchNormalization(name="inner_norm")(h)
    inner = k.Model(inner_in, l.Dense(6, name="inner_dense_2")(h), name="inner")
    inner.get_layer("inner_dense").trainable = False
    stem = k.Sequential(
        [k.Input((4,), name="stem_in"), l.Dense(6, name="stem_dense"), l.BatchNormalization(name="stem_norm")],
        name="stem",
    )
    stem.trainable = False
    block_in = k.Input((6,), name="block_in")
    block_out = l.Dense(6, activation="relu", name="block_dense")(inner(block_in))
    block = k.Model(block_in, block_out, name="block")
    x_in = k.Input((4,), name="x_in")
    norm = l.BatchNormalization(name="norm", trainable=False)
    out = l.Dense(3, activation="softmax", name="out")(norm(block(stem(x_in))))
    model = k.Model(x_in, out, name="frozen")
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = build.class_data((4,), 3)
    set_statistics(model)
    return build.Case(model, x, y)


def set_statistics(model):
    """Frozen normalizations never learn any statistics: different ones for each."""
    random = build.rng()
    model.set_weights([w + random.uniform(0.05, 0.3, w.shape).astype(w.dtype) for w in model.get_weights()])


def shared_between(k):
    """One layer in two models and beside them; layers of one name in both models."""
    l = k.layers
    common_dense = l.Dense(5, activation="tanh", name="common")

    def tower(name, width):
        tower_in = k.Input((5,), name=f"{name}_in")
        h = common_dense(l.Dense(5, name=f"{name}_first")(tower_in))
        return k.Model(tower_in, l.Dense(width, name=f"{name}_last")(h), name=name)

    left, right = k.Input((5,), name="left"), k.Input((5,), name="right")
    one, other = tower("one", 4), tower("other", 4)
    joined = l.Concatenate(name="join")([one(left), other(right), one(right), common_dense(left)])
    model = k.Model([left, right], l.Dense(1, activation="sigmoid", name="same")(joined), name="shared_between")
    model.compile(k.optimizers.SGD(0.05), "binary_crossentropy", metrics=["accuracy"])
    case = build.shared(k)
    return build.Case(model, case.x, case.y)


def untrained(k):
    """Compiled, never run: Keras 2 stores the metrics as they were given."""
    case = build.regression(k)
    case.extra["train"] = False
    return case


def mixed_float16(k):
    case = build.mlp(k, dtype="mixed_float16")
    case.extra["tolerance"] = 5e-3
    return case


def save_checkpoint(case, folder, stem):
    """What training writes beside the model file."""
    models.train(case)
    checkpoint = tf.train.Checkpoint(model=case.model, optimizer=case.model.optimizer)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / f"{stem}.ckpts"), max_to_keep=None)
    manager.save()
    return models.run_evaluate(case, case.model)


def write(generation, name, builder):
    common.reset(37)
    k = common.KERAS[generation]
    case = builder(k)
    if case.extra.get("train", True):
        models.train(case)
    folder = common.ROOT / "h5_models"
    stem = f"k{generation}_{name}"
    case.model.save(folder / f"{stem}.h5")
    logs = models.run_evaluate(case, k.models.load_model(folder / f"{stem}.h5"))
    np.savez_compressed(folder / f"{stem}.npz", **common.data_members(case.x, case.y, case.sample_weight))
    row = {"file": f"{stem}.h5", "batch_size": case.batch_size, "step": step_of(case), "metrics": common.logs_list(logs)}
    if "tolerance" in case.extra:
        row["tolerance"] = case.extra["tolerance"]
    if name in {"cnn", "frozen"}:
        row["checkpoint"] = f"{stem}.ckpts/ckpt-1"
        row["checkpoint_metrics"] = common.logs_list(save_checkpoint(case, folder, stem))
    print("  ", stem, row["metrics"])
    return row


def step_of(case):
    """The file has an optimizer's counter once its variables exist."""
    return int(np.asarray(case.model.optimizer.iterations))


def generate():
    folder = common.fresh_dir("h5_models")
    only2 = {"two_in_out"}
    special = {
        "two_metrics": two_metrics,
        "frozen": frozen,
        "shared_between": shared_between,
        "untrained": untrained,
        "mixed_float16": mixed_float16,
    }
    rows = []
    for name, builder in {**MODELS, **special}.items():
        for generation in (2, 3):
            if generation == 3 and name in only2:
                continue
            rows.append(write(generation, name, builder))
    common.write_json_rows(folder / "expected.json", rows)
