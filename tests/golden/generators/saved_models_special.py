"""Cases of saved_models that are refused, lose something, or are no Keras models."""

import numpy as np
import tensorflow as tf

from . import common, saved_models_cases as cases
from .saved_models_cases import Case, class_data, classifier


def refused(case, exit_code, at, *names):
    """`names`: what the first line on standard error must name."""
    case.expected = {**case.expected, "refused": list(names), "exit": exit_code, "at": at}
    return case


def features(k):
    return k.Input((4,), name="features")


def small_net(k, units=6, name="net"):
    class Net(k.Model):
        def __init__(self):
            super().__init__(name=name)
            self.hidden = k.layers.Dense(units, activation="relu", name="hidden")
            self.out = k.layers.Dense(3, activation="softmax", name="out")

        def call(self, x):
            return self.out(self.hidden(x))

    return Net()


def other_width(k):
    """The checkpoints are of a wider model than the SavedModel."""
    case = Case(classifier(k, small_net(k, units=8), features(k)), *class_data((4,), 3))
    saved = classifier(k, small_net(k), features(k))
    case.save = lambda path: tf.saved_model.save(saved, path)
    return refused(case, 65, "checkpoint", "hidden")


def other_model(k):
    """The checkpoints are of a model without the SavedModel's layer `hidden`."""

    class Other(k.Model):
        def __init__(self):
            super().__init__(name="other")
            self.first = k.layers.Dense(6, activation="relu", name="first")
            self.out = k.layers.Dense(3, activation="softmax", name="out")

        def call(self, x):
            return self.out(self.first(x))

    case = Case(classifier(k, Other(), features(k)), *class_data((4,), 3))
    saved = classifier(k, small_net(k), features(k))
    case.save = lambda path: tf.saved_model.save(saved, path)
    return refused(case, 65, "checkpoint", "hidden")


def tables(k, names):
    class Tables(k.Model):
        def __init__(self):
            super().__init__(name="tables")
            values = [cases.normal(4, 3), cases.normal(4, 3) + 1]
            self.plus, self.minus = (tf.Variable(v, name=n) for v, n in zip(values, names))

        def call(self, x):
            return tf.nn.softmax(tf.matmul(x, self.plus) - tf.matmul(tf.square(x), self.minus))

    return Case(classifier(k, Tables(), features(k)), *class_data((4,), 3), save="Model.export")


def export_same_shape(k):
    """Two variables of one shape: only their full names tell them apart."""
    return tables(k, ("plus", "minus"))


def export_ambiguous(k):
    """Two variables of one shape and one full name."""
    return refused(tables(k, ("table", "table")), 65, "checkpoint", "table")


def export_two_norms(k):
    """Keras 3: moving statistics have one shape and one full name, no optimizer lists them."""

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="norms")
            self.first, self.second = k.layers.BatchNormalization(), k.layers.BatchNormalization()
            self.hidden, self.out = k.layers.Dense(4, activation="relu"), k.layers.Dense(3, activation="softmax")

        def call(self, x, training=None):
            return self.out(self.second(self.hidden(self.first(x, training=training)), training=training))

    case = Case(classifier(k, Net(), features(k)), *class_data((4,), 3), save="Model.export")
    return refused(case, 65, "checkpoint", "moving_mean")


def untracked(k, norm=False):
    """Keras 3's lists of layers; the SavedModel is of another process's model."""
    case = Case(classifier(k, cases.list_net(k, norm), features(k)), *class_data((4,), 3))
    saved = classifier(k, cases.list_net(k, norm), features(k))
    case.save = lambda path: tf.saved_model.save(saved, path)
    return case


def lists_optimizer(k):
    """The checkpoint has the layers in lists only as the optimizer's variables."""
    return untracked(k)


def lists_untracked(k):
    """The checkpoint does not have the layers in lists at all: the network was never compiled itself."""

    class Outer(k.Model):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = cases.list_net(k)

        def call(self, x):
            return self.inner(x)

    case = Case(classifier(k, Outer(), features(k)), *class_data((4,), 3), optimizer=False)
    case.tracked = case.model.inner
    saved = classifier(k, cases.list_net(k), features(k))
    case.save = lambda path: tf.saved_model.save(saved, path)
    return refused(case, 65, "checkpoint", "blocks", "attribute")


def lists_norm(k):
    """The optimizer's variables lack the moving statistics."""
    return refused(untracked(k, norm=True), 65, "checkpoint", "blocks", "attribute")


def static_batch(k):
    """Called with two rows before it was saved: the signature's batch size is 2."""
    model = small_net(k)
    model(np.zeros((2, 4), "float32"))
    return Case(compiled(k, model), *class_data((4,), 3))


def compiled(k, model):
    model.compile(k.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def string_input(k):
    class Net(k.Model):
        def __init__(self):
            super().__init__(name="words")
            self.table = k.layers.Embedding(16, 4)
            self.out = k.layers.Dense(3, activation="softmax")

        def call(self, words):
            return self.out(self.table(tf.strings.to_hash_bucket_fast(words, 16)))

    model = classifier(k, Net(), k.Input((), dtype="string", name="words"))
    numbers = cases.rng().integers(0, 12, cases.SAMPLES)
    words = np.array([f"word{number}" for number in numbers])
    return refused(Case(model, words, numbers % 3), 69, "model", "words")


def unsupported_ops(k):
    """Ops that OpenVINO's TensorFlow front end lacks, in two layers."""

    class Enlarge(k.layers.Layer):
        def call(self, x):
            return tf.image.resize(x, (8, 8), method="bicubic")

    class Running(k.layers.Layer):
        def call(self, x):
            return tf.math.cumprod(1.0 + 0.1 * x, axis=1)

    class Net(k.Model):
        def __init__(self):
            super().__init__(name="net")
            self.enlarge, self.running = Enlarge(name="enlarge"), Running(name="running")
            self.conv = k.layers.Conv2D(3, 3)

        def call(self, x):
            hidden = self.running(self.conv(self.enlarge(x)))
            return tf.nn.softmax(tf.reduce_mean(hidden, axis=[1, 2]))

    model = classifier(k, Net(), k.Input((5, 5, 1), name="image"))
    case = Case(model, *class_data((5, 5, 1), 3))
    return refused(case, 69, "model", "ResizeBicubic", "Cumprod", "enlarge", "running")


def save_no_traces(k):
    """Model.save(save_traces=False) writes no signature: there is no graph to read."""
    case = Case(classifier(k, small_net(k), features(k)), *class_data((4,), 3), save="Model.save", save_traces=False)
    return refused(case, 65, "model", "signature", "save_traces")


def save_regularized(k):
    """The loss has regularization losses, which the SavedModel's graph lacks."""
    l = k.layers
    layers = [
        k.Input((4,), name="features"),
        l.Dense(6, activation="relu", kernel_regularizer=k.regularizers.L2(0.05)),
        l.Dense(3, activation="softmax", kernel_regularizer=k.regularizers.L1(0.02)),
    ]
    case = Case(compiled(k, k.Sequential(layers, name="regularized")), *class_data((4,), 3), save="Model.save")

    def carried(case):
        logs = case.model.evaluate(case.x, case.y, batch_size=case.batch_size, verbose=0, return_dict=True)
        return {**logs, "loss": logs["loss"] - float(sum(case.model.losses))}

    case.carried, case.expected = carried, {"says": "regulariz"}
    return case


def save_masked(k):
    """Keras weighs the loss by the mask of the output, which the SavedModel's graph lacks."""
    l = k.layers
    ids = k.Input((6,), dtype="int32", name="ids")
    hidden = l.SimpleRNN(5, return_sequences=True)(l.Embedding(12, 4, mask_zero=True)(ids))
    model = k.Model(ids, l.Dense(3, name="tags")(hidden), name="masked")
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(k.optimizers.Adam(0.02), loss, metrics=["sparse_categorical_accuracy"])
    random = cases.rng()
    x = random.integers(1, 12, (cases.SAMPLES, 6)).astype("int32")
    x[np.arange(6) >= random.integers(2, 7, (cases.SAMPLES, 1))] = 0
    case = Case(model, x, x % 3, save="Model.save")

    class WithoutMask(k.Model):
        def call(self, ids):
            return tf.identity(model(ids))

    def carried(case):
        plain = WithoutMask()
        plain.compile(loss=loss, metrics=["sparse_categorical_accuracy"])
        return plain.evaluate(case.x, case.y, batch_size=case.batch_size, verbose=0, return_dict=True)

    case.carried, case.expected = carried, {"says": "mask"}
    return case


class Linear(tf.Module):
    def __init__(self, inputs, outputs, seed, name):
        super().__init__(name)
        random = np.random.default_rng(seed)
        self.w = tf.Variable(random.normal(size=(inputs, outputs)).astype("float32") * 0.5, name="w")
        self.b = tf.Variable(np.zeros(outputs, "float32"), name="b")

    def __call__(self, x):
        return tf.matmul(x, self.w) + self.b


class Network(tf.Module):
    """No Keras anywhere: variables in a list, in a dict and in an attribute."""

    def __init__(self):
        super().__init__("network")
        self.layers = [Linear(4, 6, 1, "one"), Linear(6, 6, 2, "two")]
        self.heads = {"kind": Linear(6, 3, 3, "kind")}
        self.scale = tf.Variable(1.5, name="scale")
        self.offset = tf.Variable([0.1, 0.2, 0.3], trainable=False, name="offset")

    def logits(self, x):
        for layer in self.layers:
            x = tf.nn.elu(layer(x))
        return self.heads["kind"](x) * self.scale + self.offset

    def probabilities(self, x):
        return tf.nn.softmax(self.logits(x))


def module_case(k, loss, forward, root="model"):
    """Keras 2 trains and evaluates it, as a model around the module."""
    network = Network()

    class Around(k.Model):
        def __init__(self):
            super().__init__(name="around")
            self.network = network

        def call(self, x):
            return getattr(self.network, forward)(x)

    model = Around()
    model(k.Input((4,), name="features"))
    model.compile(k.optimizers.Adam(0.03), loss, metrics=["accuracy"])
    spec = [tf.TensorSpec([None, 4], tf.float32, name="features")]

    def save(path):
        logits = tf.function(lambda x: {"logits": network.logits(x)}, input_signature=spec)
        scores = tf.function(lambda x: {"scores": network.probabilities(x)}, input_signature=spec)
        tf.saved_model.save(network, path, signatures={"serving_default": logits, "scores": scores})

    return Case(model, *class_data((4,), 3), save=save, tracked=network, root=root)


def tf_module(k):
    return module_case(k, k.losses.SparseCategoricalCrossentropy(from_logits=True), "logits", root="net")


def tf_module_signature(k):
    case = module_case(k, "sparse_categorical_crossentropy", "probabilities")
    case.expected = {"signature": "scores"}
    return case


def tf1_session(name):
    """A SavedModel and checkpoints of TensorFlow 1's sessions: no object graph."""
    common.reset(23)
    folder = common.fresh_dir("saved_models", name)
    x, y = class_data((4,), 3)
    np.savez(folder / "data.npz", **common.data_members(x, y))
    config = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    common.write_json(folder / "compile.json", config)
    rows = [tf1_row(weights, step, x, y) for step, weights in list(tf1_training(folder, x, y))]
    expected = {"keras": 2, "saved_by": "tf.compat.v1.saved_model.simple_save", "batch_size": 32}
    expected |= {"checkpoint_root": None, "signature": "serving_default"}
    expected |= {"refused": ["TensorFlow 1"], "exit": 69, "at": "model", "checkpoints": rows}
    common.write_json(folder / "expected.json", expected)
    print(f"   {name}", rows[-1]["metrics"])


def tf1_training(folder, x, y):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(23)
        features = v1.placeholder(tf.float32, [None, 4], name="features")
        labels = v1.placeholder(tf.int64, [None], name="labels")
        hidden = tf.nn.relu(tf1_dense(features, 6, "hidden"))
        logits = tf1_dense(hidden, 3, "out")
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        global_step = v1.train.get_or_create_global_step()
        train = v1.train.GradientDescentOptimizer(0.3).minimize(loss, global_step=global_step)
        saver = v1.train.Saver(save_relative_paths=True)
        session.run(v1.global_variables_initializer())
        inputs, outputs = {"features": features}, {"probabilities": tf.nn.softmax(logits)}
        v1.saved_model.simple_save(session, str(folder / "model"), inputs=inputs, outputs=outputs)
        for _ in range(2):
            for _ in range(10):
                session.run(train, {features: x, labels: y})
            saver.save(session, str(folder / "ckpts" / "model.ckpt"), global_step, write_meta_graph=False)
            yield int(session.run(global_step)), session.run(v1.trainable_variables())


def tf1_dense(x, units, name):
    with tf.compat.v1.variable_scope(name, use_resource=False):
        kernel = tf.compat.v1.get_variable("kernel", [x.shape[-1], units])
        bias = tf.compat.v1.get_variable("bias", [units], initializer=tf.zeros_initializer())
        return tf.matmul(x, kernel) + bias


def tf1_row(weights, step, x, y):
    """Keras 2 evaluates a twin with the session's values."""
    k = common.KERAS[2]
    l = k.layers
    model = k.Sequential([features(k), l.Dense(6, activation="relu"), l.Dense(3, activation="softmax")])
    compiled(k, model)
    model.set_weights(weights)
    logs = model.evaluate(x, y, batch_size=32, verbose=0, return_dict=True)
    name = f"model.ckpt-{step}"
    return {"prefix": name, "number": step, "step": step, "metrics": common.logs_list(logs)}


ONLY2 = {
    "other_width": other_width,
    "export_same_shape": export_same_shape,
    "export_ambiguous": export_ambiguous,
    "string_input": string_input,
    "unsupported_ops": unsupported_ops,
    "save_no_traces": save_no_traces,
    "save_regularized": save_regularized,
    "save_masked": save_masked,
    "tf_module": tf_module,
    "tf_module_signature": tf_module_signature,
}
ONLY3 = {
    "other_model": other_model,
    "export_two_norms": export_two_norms,
    "lists_optimizer": lists_optimizer,
    "lists_untracked": lists_untracked,
    "lists_norm": lists_norm,
    "static_batch": static_batch,
    "unsupported_ops": unsupported_ops,
}
LOST_BY_THE_REFERENCE = {"k3_lists_optimizer", "k3_lists_untracked", "k3_lists_norm"}
OTHERS = {"tf1_session": tf1_session}
