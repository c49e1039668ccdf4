"""tests/golden/events: event files by tf.summary and by the real SidecarEvaluator."""

import numpy as np
import tensorflow as tf
import tf_keras

from . import common


def read_scalars(path):
    """What TensorBoard's own loader reads: the file's version and all scalars."""
    from tensorboard.backend.event_processing import event_file_loader
    from tensorboard.util import tensor_util

    rows, version = [], None
    for event in event_file_loader.EventFileLoader(str(path)).Load():
        version = event.file_version or version
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "scalars":
                number = float(tensor_util.make_ndarray(value.tensor))
                rows.append({"tag": value.tag, "step": event.step, "value": number})
    return {"file_version": version, "scalars": rows}


def keep(source, folder, name):
    """The file under a name without host and process."""
    (path,) = source.glob("events.out.tfevents.*")
    target = folder / name
    target.write_bytes(path.read_bytes())
    common.write_json(folder / f"{name.split('.')[0]}.json", {"file": name, **read_scalars(target)})


def by_tf_summary(folder, work):
    writer = tf.summary.create_file_writer(str(work / "summary"))
    values = [(0, 2.5), (100, 0.75), (200, -1.25), (300, float("nan")), (400, float("inf")), (500, float("-inf")),
              (2**40, 1e-30)]  # fmt: skip
    with writer.as_default():
        for step, value in values:
            tf.summary.scalar("evaluation_loss_vs_iterations", value, step=step)
            tf.summary.scalar("evaluation_eval_metrics_vs_iterations", value / 2, step=step)
        tf.summary.scalar("epoch_loss", 0.5, step=3, description="with a description")
    writer.close()
    keep(work / "summary", folder, "summary.tfevents.v2")


def by_sidecar_evaluator(folder, work):
    common.reset(23)
    x = np.random.default_rng(1).normal(size=(10, 4)).astype("float32")
    y = np.arange(10) % 3
    model = tf_keras.Sequential([tf_keras.Input((4,)), tf_keras.layers.Dense(3, activation="softmax")], name="small")
    metric = tf_keras.metrics.SparseCategoricalAccuracy(name="eval_metrics")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[metric])
    model.fit(x, y, batch_size=5, epochs=3, verbose=0)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
    tf.train.CheckpointManager(checkpoint, str(work / "ckpts"), max_to_keep=None).save()
    logs = work / "logs"
    tf_keras.utils.SidecarEvaluator(
        model,
        data=tf.data.Dataset.from_tensor_slices((x, y)).batch(4),
        checkpoint_dir=str(work / "ckpts"),
        max_evaluations=1,
        callbacks=[tf_keras.callbacks.TensorBoard(str(logs))],
    ).start()
    keep(logs / "validation", folder, "sidecar_validation.tfevents.v2")
    keep(logs / "train", folder, "sidecar_train.tfevents.v2")


def generate():
    folder = common.fresh_dir("events")
    work = common.fresh_dir("events", "work")
    by_tf_summary(folder, work)
    by_sidecar_evaluator(folder, work)
    common.shutil.rmtree(work)
