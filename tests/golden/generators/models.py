"""tests/golden/models: whole models with checkpoints of real writers."""

import json
import tempfile

import h5py
import numpy as np
import tensorflow as tf

from . import (
    common,
    model_builders as build,
    model_builders_preprocessing as preprocessing,
    model_zoo,
    models_feature_space as feature_space,
    models_functions as functions,
    models_special as special,
    models_stateful as stateful,
)

COMMON = {
    "mlp": build.mlp,
    "cnn": build.cnn,
    "two_in_out": build.two_in_out,
    "shared": build.shared,
    "nested": build.nested,
    "text": build.text,
    "regression": build.regression,
    "weighted": build.weighted,
    "uint8_image": build.uint8_image,
    "many_layers": build.many_layers,
    "regularized": build.regularized,
    "tabular": preprocessing.tabular,
    "reviews": preprocessing.reviews,
    "bag_of_words": preprocessing.bag_of_words,
}
FIT = {"cnn", "text", "uint8_image"}  # Keras 2: Model.fit with ModelCheckpoint
JSON_ONLY = {"shared", "weighted", "same_names"}  # to_json() instead of a .keras file


def legacy_adam(k):
    return build.mlp(k, optimizer=k.optimizers.legacy.Adam(0.01))


def loss_scale(k):
    return build.mlp(k, optimizer=loss_scale_optimizer(k))


def loss_scale_optimizer(k):
    if k is common.KERAS[2]:
        return k.mixed_precision.LossScaleOptimizer(k.optimizers.Adam(0.01))
    return k.optimizers.LossScaleOptimizer(k.optimizers.Adam(0.01))


def mixed_float16(k):
    case = build.mlp(k, dtype="mixed_float16")
    case.extra["tolerance"] = 5e-3
    return case


def mixed_float16_out32(k):
    """As the guide advises: half precision, the last layer in float32."""
    hidden = k.layers.Dense(12, activation="relu", name="hidden", dtype="mixed_float16")
    classes = k.layers.Dense(3, activation="softmax", name="classes", dtype="float32")
    model = k.Sequential([k.Input((6,), name="features"), hidden, classes], name="mixed")
    model.compile(loss_scale_optimizer(k), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = build.class_data((6,), 3)
    return build.Case(model, x, y, checkpoints=3, extra={"tolerance": 5e-3})


def float64(k):
    return build.mlp(k, dtype="float64")


def floatx64(k):
    """Under set_floatx("float64"): layers, metrics and the loss, with outputs that are 0 and 1 and have no logits."""
    l = k.layers
    inputs = k.Input((6,), name="features")
    hidden = l.Dense(12, activation="tanh", name="hidden")(inputs)
    steep = k.initializers.RandomNormal(stddev=3.0, seed=3)
    model = k.Model(inputs, l.Dense(3, activation="hard_sigmoid", name="sharp", kernel_initializer=steep)(hidden), name="floatx64")
    m = k.metrics
    metrics = [m.BinaryCrossentropy(name="bce"), m.BinaryAccuracy(name="accuracy"), m.MeanSquaredError(name="mse"), m.AUC(name="auc"), m.Precision(name="precision"), m.RootMeanSquaredError(name="rmse")]
    model.compile(k.optimizers.Adam(0.001), "binary_crossentropy", metrics=metrics)
    x, y = build.class_data((6,), 3)
    return build.Case(model, x, np.eye(3)[y])


def legacy_json(k):
    """The layer objects without `module`, as TensorFlow up to 2.12 writes them."""
    return build.nested(k)


def gan(k):
    l = k.layers
    generator = k.Sequential(
        [k.Input((3,), name="noise"), l.Dense(6, activation="relu"), l.Dense(4)], name="generator"
    )
    discriminator = k.Sequential(
        [k.Input((4,), name="sample"), l.Dense(6), l.LeakyReLU(), l.Dense(1)], name="discriminator"
    )
    loss = k.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(k.optimizers.Adam(0.01), loss, metrics=[k.metrics.BinaryAccuracy(threshold=0.0)])
    x, y = build.class_data((4,), 2)
    case = build.Case(discriminator, x, y.astype("float32"))
    case.extra["children"] = {"generator": generator, "generator_optimizer": k.optimizers.Adam(0.01)}
    return case


def sharded_options(size):
    policy = tf.train.experimental.MaxShardSizePolicy(max_shard_size=size)
    return tf.train.CheckpointOptions(experimental_sharding_callback=policy)


def targets(model, value):
    """Keras 3 takes the targets of a list of outputs as a list only."""
    if isinstance(value, dict) and isinstance(model, common.KERAS[3].Model):
        return [value[name] for name in model.output_names]
    return value


def tensors(value):
    """Keras 3 takes strings as tensors only."""
    if isinstance(value, dict):
        return {name: tensors(item) for name, item in value.items()}
    return tf.constant(value) if value.dtype.kind == "U" else value


def train(case):
    model = case.model
    weights = targets(model, case.sample_weight)
    model.fit(tensors(case.x), targets(model, case.y), sample_weight=weights, batch_size=16, verbose=0)


def run_evaluate(case, model):
    weights = targets(model, case.sample_weight)
    return model.evaluate(
        tensors(case.x),
        targets(model, case.y),
        batch_size=case.batch_size,
        sample_weight=weights,
        verbose=0,
        return_dict=True,
    )


def train_loop(case):
    """A custom loop: gradients and apply_gradients, without fit."""
    model, loss_fn = case.model, case.extra["loss_fn"]
    for start in range(0, len(case.x), 16):
        with tf.GradientTape() as tape:
            loss = loss_fn(case.y[start : start + 16], model(case.x[start : start + 16], training=True))
        variables = model.trainable_variables
        variables = [getattr(v, "value", v) if hasattr(v, "path") else v for v in variables]
        gradients = tape.gradient(loss, variables)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables))


def save_with_manager(case, folder, keywords, options=None):
    checkpoint = tf.train.Checkpoint(**keywords)
    manager = tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=None)
    for _ in range(case.checkpoints):
        (train_loop if "loss_fn" in case.extra else train)(case)
        manager.save(options=options)


def save_with_fit(k, case, folder):
    callback = k.callbacks.ModelCheckpoint(str(folder / "ckpt-{epoch}"), save_weights_only=True)
    case.model.fit(
        case.x, case.y, batch_size=16, epochs=case.checkpoints, callbacks=[callback], verbose=0
    )


def save_model(k, case, folder, name, builder):
    """Writes model.keras, or model.json and compile.json; returns a loader."""
    if "json" in case.extra:
        return special.save_open_model(k, case, folder)
    if name in JSON_ONLY or name == "legacy_json":
        text = case.model.to_json()
        if name == "legacy_json":
            text = legacy_config(case.model)
        folder.joinpath("model.json").write_text(text + "\n")
        compile_config = case.model.get_compile_config()
        keys = ("loss", "loss_weights", "metrics", "weighted_metrics")
        serialized = json.loads(json.dumps({key: compile_config[key] for key in keys}))
        common.write_json(folder / "compile.json", serialized)

        if name == "same_names":  # Keras 2 orders the layers of the model it reads anew
            return lambda: builder(k).model

        def load():
            model = k.models.model_from_json(text)
            model.compile_from_config({**serialized, "optimizer": compile_config["optimizer"]})
            return model

        return load
    path = folder / "model.keras"
    case.model.save(path)
    if k is common.KERAS[2] and name in {"loss_scale", "mixed_float16_out32"}:
        return lambda: builder(k).model  # load_model fails on its own LossScaleOptimizer
    if name == "policy_map":  # layers of the model that Keras reads have other paths
        return lambda: builder(k).model
    return lambda: k.models.load_model(path)


def legacy_config(model):
    """The JSON text in the form that whole-model .h5 files still have."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder + "/model.h5")
        with h5py.File(folder + "/model.h5") as file:
            legacy = json.loads(file.attrs["model_config"])
    version = json.loads(model.to_json())["keras_version"]
    return json.dumps({**legacy, "keras_version": version, "backend": "tensorflow"})


def restore(model, prefix, root):
    """SidecarEvaluator's way, with the name of the root's attribute."""
    keywords = {root or "model": model, "optimizer": model.optimizer}
    if hasattr(model.optimizer, "build"):
        model.optimizer.build(model.trainable_variables)
    tf.train.Checkpoint(**keywords).restore(prefix).expect_partial()
    names = tf.train.load_checkpoint(prefix).get_variable_to_shape_map()
    if (root or "model") not in {name.split("/")[0] for name in names}:
        if any(name.startswith("layer_with_weights") for name in names):
            model.load_weights(prefix).expect_partial()
    return names


def evaluate(case, model, prefix, root):
    names = restore(model, prefix, root)
    for mine, trained in zip(model.weights, case.model.weights):
        # Keras 2 counts vocabularies as weights.
        assert getattr(mine, "shape", None) == getattr(trained, "shape", None)
    logs = run_evaluate(case, model)
    has_step = any(name.startswith(("optimizer", "discriminator_optimizer")) for name in names)
    step = int(np.asarray(model.optimizer.iterations)) if has_step else None
    report_margin(case, model)
    return {"step": step, "metrics": common.logs_list(logs)}


def report_margin(case, model):
    """Warns when an argmax or a threshold is within reach of rounding."""
    outputs = model.predict(tensors(case.x), batch_size=case.batch_size, verbose=0)
    for output in tf.nest.flatten(outputs):
        output = np.asarray(output, "float64")
        ranked = np.sort(output, axis=-1)
        gaps = np.diff(ranked, axis=-1) if ranked.shape[-1] > 1 else np.abs(output - 0.5)
        if gaps.min() < 2e-5:
            print("   small margin", model.name, gaps.min())


def write_case(name, generation, builder):
    common.reset(11)
    k = common.KERAS[generation]
    folder = common.fresh_dir("models", f"k{generation}_{name}")
    k.backend.set_floatx("float64" if name == "floatx64" else "float32")
    case = builder(k)
    load = save_model(k, case, folder, name, builder)
    np.savez(folder / "data.npz", **common.data_members(case.x, case.y, case.sample_weight))
    root = save_checkpoints(k, name, generation, case, folder / "ckpts")
    rows = []
    for number in range(1, case.checkpoints + 1):
        row = evaluate(case, load(), str(folder / "ckpts" / f"ckpt-{number}"), root)
        rows.append({"prefix": f"ckpt-{number}", "number": number, **row})
    check_last(case, rows[-1])
    if case.extra.get("in_order"):
        model = load()
        for row in rows:
            restore(model, str(folder / "ckpts" / row["prefix"]), root)
            row["metrics_in_order"] = common.logs_list(run_evaluate(case, model))
    expected = {"keras": generation, "batch_size": case.batch_size, "checkpoint_root": root}
    tolerance = {key: case.extra[key] for key in ("tolerance",) if key in case.extra}
    common.write_json(folder / "expected.json", {**expected, **tolerance, "checkpoints": rows})
    print(f"   k{generation}_{name}", rows[-1]["step"], rows[-1]["metrics"])


def save_checkpoints(k, name, generation, case, folder):
    """Trains and saves; returns the root's attribute if it is not `model`."""
    model, optimizer = case.model, case.model.optimizer
    if generation == 2 and name in FIT:
        save_with_fit(k, case, folder)
    elif name == "mlp":
        case.extra["loss_fn"] = k.losses.SparseCategoricalCrossentropy()
        save_with_manager(case, folder, {"model": model, "optimizer": optimizer})
    elif name == "root_net":
        save_with_manager(case, folder, {"net": model, "optimizer": optimizer})
        return "net"
    elif name == "gan":
        children = {"discriminator": model, "optimizer": optimizer, **case.extra["children"]}
        save_with_manager(case, folder, children)
        return "discriminator"
    elif name == "no_optimizer":
        case.model.optimizer = None if generation == 2 else optimizer
        save_without_optimizer(k, case, folder)
    elif name == "shards":
        options = sharded_options(200)
        save_with_manager(case, folder, {"model": model, "optimizer": optimizer}, options)
    else:
        save_with_manager(case, folder, {"model": model, "optimizer": optimizer})
    return None


def save_without_optimizer(k, case, folder):
    """An uncompiled model, as a custom loop has it."""
    model = k.models.model_from_json(case.model.to_json())
    if getattr(model, "optimizer", None) is not None:
        model = k.models.clone_model(case.model)
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(model=model), str(folder), max_to_keep=None)
    for _ in range(case.checkpoints):
        model.set_weights([w + 0.1 * np.random.normal(size=w.shape) for w in model.get_weights()])
        manager.save()
    case.model.set_weights(model.get_weights())


def check_last(case, row):
    """The last checkpoint holds the weights that the trained model has now."""
    if getattr(case.model, "optimizer", None) is None:
        return
    if case.extra.get("in_order") and case.model.__module__.startswith("tf_keras"):
        case.model.reset_states()  # which its checkpoints do not hold
    logs = run_evaluate(case, case.model)
    assert [name for name, _ in row["metrics"]] == list(logs), (row, logs)
    np.testing.assert_allclose([v for _, v in row["metrics"]], list(logs.values()), rtol=1e-5)


def cases():
    """Name, generation and builder of every case."""
    both = {"loss_scale": loss_scale, "mixed_float16": mixed_float16, "no_optimizer": build.mlp}
    both.update({f"zoo_{builder.__name__}": builder for builder in model_zoo.ZOO})
    both["floatx64"] = floatx64
    only2 = {
        "legacy_adam": legacy_adam,
        "root_net": build.mlp,
        "gan": gan,
        "mixed_float16_out32": mixed_float16_out32,
        "shards": build.cnn,
        "float64": float64,
        "legacy_json": legacy_json,
    }
    for name, builder in {**COMMON, **both, **special.BOTH, **functions.BOTH, **stateful.BOTH}.items():
        yield name, 2, builder
        yield name, 3, builder
    for name, builder in {**only2, **special.ONLY_KERAS2}.items():
        yield name, 2, builder
    for name, builder in {**special.ONLY_KERAS3, **feature_space.ONLY_KERAS3}.items():
        yield name, 3, builder


def generate(names=None):
    """All cases, or those named: "mlp" for both Kerases, "k3_mlp" for one."""
    for name, generation, builder in cases():
        if names is None or {name, f"k{generation}_{name}"} & set(names):
            write_case(name, generation, builder)
