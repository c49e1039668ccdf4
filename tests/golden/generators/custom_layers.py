"""tests/golden/custom_layers: models with classes of their own, for programs that bring them."""

import numpy as np
import tensorflow as tf

from . import common, model_builders as build, models


def classes(k):
    """The classes, once for each Keras: two registered ones and one that is not."""

    @k.saving.register_keras_serializable(package="golden")
    class ChannelScale(k.layers.Layer):
        """|x|^power * alpha + offset, with statistics that inference reads."""

        def __init__(self, power=1.0, shifts=True, **kwargs):
            super().__init__(**kwargs)
            self.power, self.shifts = power, shifts

        def build(self, input_shape):
            shape = (input_shape[-1],)
            self.seen = self.add_weight(name="seen", shape=shape, initializer="ones", trainable=False)
            self.alpha = self.add_weight(name="slope", shape=shape, initializer="ones")
            if self.shifts:
                self.offset = self.add_weight(name="offset", shape=shape, initializer="zeros", regularizer=k.regularizers.L2(0.05))
            super().build(input_shape)

        def call(self, x):
            y = tf.abs(x) ** self.power * self.alpha / self.seen
            return y + self.offset if self.shifts else y

        def get_config(self):
            return {**super().get_config(), "power": self.power, "shifts": self.shifts, "offset_regularizer": {"class_name": "L2", "config": {"l2": 0.05}}}

        @classmethod
        def from_config(cls, config):
            config.pop("offset_regularizer", None)
            return cls(**config)

    @k.saving.register_keras_serializable(package="golden")
    class Gated(k.layers.Layer):
        """dense(x) * sigmoid(gate(x)) with layers in attributes."""

        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.dense = k.layers.Dense(units)
            self.gate = k.layers.Dense(units, activation="sigmoid", use_bias=False)

        def call(self, x):
            return self.dense(x) * self.gate(x)

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class SwapHalves(k.layers.Layer):
        """Not registered: named by its class alone. Two outputs."""

        def call(self, x):
            a, b = tf.split(x, 2, axis=-1)
            return b, a

    return ChannelScale, Gated, SwapHalves


def model(k):
    scale, gated, swap = classes(k)
    x_in = k.Input((6,), name="x_in")
    h = scale(power=1.5, name="scale")(x_in)
    h = gated(8, name="gated")(h)
    first, second = swap(name="swap")(h)
    h = k.layers.Concatenate(name="join")([first, scale(shifts=False, name="plain")(second)])
    out = k.layers.Dense(3, activation="softmax", name="classes")(h)
    made = k.Model(x_in, out, name="custom")
    made.compile(k.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return build.Case(made, *build.class_data((6,), 3)), {"SwapHalves": swap}


def write(generation):
    common.reset(41)
    k = common.KERAS[generation]
    case, custom = model(k)
    folder, stem = common.ROOT / "custom_layers", f"k{generation}_custom"
    models.train(case)
    for layer in case.model.layers:
        if hasattr(layer, "seen"):
            layer.seen.assign(np.linspace(0.5, 2, layer.seen.shape[0]).astype("float32"))
    rows = []
    for ending in ("keras", "h5"):
        file = folder / f"{stem}.{ending}"
        case.model.save(file)
        with k.saving.custom_object_scope(custom):
            logs = models.run_evaluate(case, k.models.load_model(file))
        rows.append({"model": file.name, "checkpoint": file.name, "metrics": common.logs_list(logs)})
    models.train(case)
    checkpoint = tf.train.Checkpoint(model=case.model, optimizer=case.model.optimizer)
    checkpoint.write(str(folder / f"{stem}.ckpt-1"))
    logs = common.logs_list(models.run_evaluate(case, case.model))
    rows.append({"model": f"{stem}.keras", "checkpoint": f"{stem}.ckpt-1", "metrics": logs})
    np.savez_compressed(folder / "data.npz", **common.data_members(case.x, case.y))
    return rows


def generate():
    folder = common.fresh_dir("custom_layers")
    common.write_json_rows(folder / "expected.json", write(2) + write(3))
