"""Tiny models of both Kerases, with data, that the checks train."""

import dataclasses

import keras
import numpy as np
import tf_keras

SAMPLES = 41
KERAS = {2: tf_keras, 3: keras}


@dataclasses.dataclass
class Case:
    model: object
    x: object
    y: object

    def targets(self):
        """Keras 3 takes the targets of a list of outputs as a list only."""
        if isinstance(self.y, dict) and isinstance(self.model, keras.Model):
            return [self.y[name] for name in self.model.output_names]
        return self.y

    def train(self):
        self.model.fit(self.x, self.targets(), batch_size=8, verbose=0)

    def evaluate(self, batch_size):
        return self.model.evaluate(
            self.x, self.targets(), batch_size=batch_size, verbose=0, return_dict=True
        )

    def step(self):
        return int(np.asarray(self.model.optimizer.iterations))

    def members(self):
        result = {}
        for name, value in (("x", self.x), ("y", self.y)):
            if isinstance(value, dict):
                result.update({f"{name}/{key}": array for key, array in value.items()})
            else:
                result[name] = value
        return result


def build(generation, name):
    k = KERAS[generation]
    k.utils.set_random_seed(4)
    random = np.random.default_rng(4)
    x = random.normal(size=(SAMPLES, 6, 6, 2)).astype("float32")
    kind = np.argmax(x.reshape(SAMPLES, -1) @ random.normal(size=(72, 4)), axis=1)
    if name == "classifier":
        return Case(classifier(k), x, kind)
    score = random.normal(size=(SAMPLES, 1)).astype("float32")
    return Case(two_outputs(k), x, {"kind": kind, "score": score})


def classifier(k):
    l = k.layers
    model = k.Sequential(
        [
            k.Input((6, 6, 2), name="image"),
            l.Conv2D(4, 3, padding="same", strides=2),
            l.BatchNormalization(),
            l.ReLU(),
            l.Flatten(),
            l.Dropout(0.2),
            l.Dense(4, activation="softmax"),
        ],
        name="classifier",
    )
    metric = k.metrics.SparseCategoricalAccuracy(name="eval_metrics")
    model.compile("adam", k.losses.SparseCategoricalCrossentropy(), metrics=[metric])
    return model


def two_outputs(k):
    l = k.layers
    image = k.Input((6, 6, 2), name="image")
    features = l.LayerNormalization()(l.Dense(8, activation="gelu")(l.Flatten()(image)))
    kind = l.Dense(4, activation="softmax", name="kind")(features)
    score = l.Dense(1, name="score")(features)
    model = k.Model(image, [kind, score], name="two_outputs")
    model.compile(
        k.optimizers.SGD(0.02, momentum=0.9),
        {"kind": "sparse_categorical_crossentropy", "score": "mse"},
        loss_weights={"kind": 1.0, "score": 0.3},
        metrics={"kind": ["accuracy"], "score": ["mae"]},
    )
    return model
