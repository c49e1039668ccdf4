"""A subclassed model that the program reads as a SavedModel."""

import json

import numpy as np
import tensorflow as tf

import checks
import models

BATCH = 16


def network(k):
    class Block(k.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.dense = k.layers.Dense(units, activation="relu")
            self.norm = k.layers.BatchNormalization()

        def build(self, shape):
            self.gain = self.add_weight(name="gain", shape=(shape[-1],), initializer="ones")
            super().build(shape)

        def call(self, x, training=None):
            return self.norm(self.dense(x * self.gain), training=training)

    class Network(k.Model):
        def __init__(self):
            super().__init__(name="network")
            self.flatten = k.layers.Flatten()
            self.first, self.second = Block(8), Block(6)
            self.head = k.layers.Dense(4, activation="softmax")

        def call(self, x, training=None):
            hidden = self.second(self.first(self.flatten(x), training=training), training=training)
            return self.head(hidden)

    return Network()


def evaluate(report, program, work, generation):
    """tf.saved_model.save before training; each checkpoint is evaluated by both."""
    folder = work / f"saved_model_k{generation}"
    folder.mkdir(parents=True)
    k = models.KERAS[generation]
    case = models.build(generation, "classifier")
    case.model = network(k)
    case.model(k.Input(case.x.shape[1:], name="image"))
    compile_config = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    case.model.compile("adam", **compile_config)
    tf.saved_model.save(case.model, str(folder / "model"))
    folder.joinpath("compile.json").write_text(json.dumps(compile_config))
    np.savez(folder / "val.npz", **case.members())
    checkpoint = tf.train.Checkpoint(model=case.model, optimizer=case.model.optimizer)
    manager = tf.train.CheckpointManager(checkpoint, str(folder / "ckpts"), max_to_keep=None)
    for index in (1, 2):
        case.train()
        prefix = manager.save()
        want = case.evaluate(batch_size=BATCH)
        (line,) = checks.run_json(
            program, "evaluate", "--model", folder / "model", "--compile", folder / "compile.json",
            "--data", folder / "val.npz", "--checkpoint", prefix, "--batch-size", BATCH,
            "--keras-version", generation,
        )  # fmt: skip
        what = f"keras {generation} SavedModel ckpt-{index}"
        report.metrics(what, line["metrics"], want)
        report.equal(f"{what}: step", line["step"], case.step())
