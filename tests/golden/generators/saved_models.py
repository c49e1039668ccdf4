"""tests/golden/saved_models: SavedModels with checkpoints of real writers."""

import json
import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from . import common, saved_models_cases as cases, saved_models_special as special


def save_model(case, folder):
    """Writes the SavedModel as a user does."""
    path = str(folder / "model")
    if case.save == "tf.saved_model.save":
        tf.saved_model.save(case.model, path, signatures=case.signatures)
    elif case.save == "Model.save":
        case.model.save(path, save_format="tf", save_traces=case.save_traces)
    elif case.save == "Model.export":
        options = {} if isinstance(case.model, common.KERAS[2].Model) else {"verbose": False}
        case.model.export(path, **options)
    else:
        case.save(path)


def write_compile_config(case, folder):
    """compile.json, unless keras_metadata.pb has it."""
    if case.save == "Model.save":
        return
    config = case.model.get_compile_config()
    keys = ("loss", "loss_weights", "metrics", "weighted_metrics")
    common.write_json(folder / "compile.json", json.loads(json.dumps({key: config.get(key) for key in keys})))


def train_and_save(k, case, folder):
    """Two checkpoints, and what model.evaluate gives at each."""
    rows = []
    if case.fit:
        after = k.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: rows.append(evaluated(case, epoch + 1)))
        save = k.callbacks.ModelCheckpoint(str(folder / "ckpt-{epoch}"), save_weights_only=True)
        case.model.fit(case.x, case.y, batch_size=16, epochs=2, callbacks=[save, after], verbose=0)
        return rows
    manager = tf.train.CheckpointManager(checkpoint_of(case), str(folder), max_to_keep=None)
    for number in (1, 2):
        train(case)
        manager.save()
        rows.append(evaluated(case, number))
    return rows


def targets(model, value):
    """Keras 3's functional models take the targets of a list of outputs as a list only."""
    if isinstance(value, dict) and isinstance(model, common.KERAS[3].Model) and hasattr(model, "output_names"):
        return [value[name] for name in model.output_names]
    return value


def train(case):
    weights = targets(case.model, case.sample_weight)
    case.model.fit(case.x, targets(case.model, case.y), sample_weight=weights, batch_size=16, verbose=0)


def run_evaluate(case, model):
    y, weights = targets(model, case.y), targets(model, case.sample_weight)
    size = case.batch_size
    return model.evaluate(case.x, y, batch_size=size, sample_weight=weights, verbose=0, return_dict=True)


def checkpoint_of(case, optimizer=True):
    keywords = {case.root: case.tracked or case.model}
    if optimizer and case.optimizer:
        keywords["optimizer"] = case.model.optimizer
    return tf.train.Checkpoint(**keywords)


def evaluated(case, number):
    logs = run_evaluate(case, case.model)
    step = int(np.asarray(case.model.optimizer.iterations)) if case.optimizer else None
    row = {"prefix": f"ckpt-{number}", "number": number, "step": step, "metrics": common.logs_list(logs)}
    if case.carried:
        row["metrics_carried"] = common.logs_list(case.carried(case))
    return row


def restores_all(k, builder, case, folder, rows):
    """Whether a fresh model of the same code gives the same with the checkpoint's values."""
    fresh = builder(k)
    if case.save == "Model.save":  # it settles what "accuracy" means, see README.md
        with tempfile.TemporaryDirectory() as other:
            save_model(fresh, pathlib.Path(other))
    if case.fit:
        fresh.model.load_weights(str(folder / "ckpt-2")).expect_partial()
    else:
        checkpoint_of(fresh, optimizer=False).restore(str(folder / "ckpt-2")).expect_partial()
    logs = run_evaluate(case, fresh.model)
    return np.allclose([float(v) for v in logs.values()], [v for _, v in rows[-1]["metrics"]], rtol=1e-5)


def report_margin(case):
    """Warns when an argmax or a threshold is within reach of rounding."""
    outputs = case.model.predict(case.x, batch_size=case.batch_size, verbose=0)
    outputs = outputs.values() if isinstance(outputs, dict) else outputs
    for output in outputs if not isinstance(outputs, np.ndarray) else [outputs]:
        ranked = np.sort(np.asarray(output, "float64"), axis=-1)
        gaps = np.diff(ranked, axis=-1)[..., -1] if ranked.shape[-1] > 1 else np.abs(ranked - 0.5)
        if gaps.min() < 2e-5:
            print("   small margin", case.model.name, gaps.min())


def write_case(name, generation, builder, restores=True):
    """`restores`: the reference itself finds every value of the checkpoint."""
    common.reset(23)
    k = common.KERAS[generation]
    folder = common.fresh_dir("saved_models", name)
    case = builder(k)
    save_model(case, folder)
    write_compile_config(case, folder)
    np.savez(folder / "data.npz", **common.data_members(case.x, case.y, case.sample_weight))
    rows = train_and_save(k, case, folder / "ckpts")
    assert rows[0]["metrics"] != rows[1]["metrics"], name
    assert restores_all(k, builder, case, folder / "ckpts", rows) == restores, name
    write_expected(folder, generation, case, rows)
    print(f"   {name}", rows[-1]["step"], rows[-1]["metrics"])


def write_expected(folder, generation, case, rows):
    report_margin(case)
    how = case.save if isinstance(case.save, str) else "tf.saved_model.save"
    expected = {"keras": generation, "saved_by": how, "batch_size": case.batch_size}
    expected["checkpoint_root"] = None if case.root == "model" else case.root
    expected |= {"signature": "serving_default", **case.expected, "checkpoints": rows}
    common.write_json(folder / "expected.json", expected)


def saved(builder, **changes):
    """The builder with other members of its case."""

    def build(k):
        case = builder(k)
        for name, value in changes.items():
            setattr(case, name, value)
        return case

    return build


BOTH = {
    "subclassed": cases.subclassed,
    "shared": cases.shared,
    "custom_layer": cases.custom_layer,
    "functional": cases.functional,
    "dicts": cases.dicts,
    "lstm": cases.lstm,
    "while_loop": cases.while_loop,
    "transformer": cases.transformer,
    "embedding": cases.embedding,
    "uint8_image": cases.uint8_image,
    "batch_statistics": cases.batch_statistics,
    "constants": cases.constants,
    "ensemble": cases.ensemble,
    "sharp": cases.sharp,
}
SAVE, EXPORT = "Model.save", "Model.export"
ONLY2 = {
    "export_gru": saved(cases.gru, save=EXPORT),  # 1.8 MB by the other ways
    "export_dynamic_time": saved(cases.dynamic_time, save=EXPORT),
    "lists": cases.lists,
    "subclassed_fit": saved(cases.subclassed, fit=True),
    "save_subclassed": saved(cases.subclassed, save=SAVE),
    "save_functional": saved(cases.functional, save=SAVE, expected={}),  # keras_metadata.pb has the order
    "save_cnn_fit": saved(cases.cnn, save=SAVE, fit=True),
    "export_subclassed": saved(cases.subclassed, save=EXPORT),
    "export_cnn_fit": saved(cases.cnn, save=EXPORT, fit=True),
    "float16_input": cases.float16_input,
}
ONLY3 = {
    "gru": cases.gru,
    "dynamic_time": cases.dynamic_time,
    "states": cases.states,
    "cnn": cases.cnn,
    "export_embedding": saved(cases.embedding, save=EXPORT),
    "export_cnn": saved(cases.cnn, save=EXPORT),
    "export_functional": saved(cases.functional, save=EXPORT),
}


def generate(only=()):
    for generation, builders in ((2, BOTH | ONLY2 | special.ONLY2), (3, BOTH | ONLY3 | special.ONLY3)):
        for name, builder in builders.items():
            if not only or f"k{generation}_{name}" in only:
                restores = f"k{generation}_{name}" not in special.LOST_BY_THE_REFERENCE
                write_case(f"k{generation}_{name}", generation, builder, restores)
    for name, write in special.OTHERS.items():
        if not only or name in only:
            write(name)
