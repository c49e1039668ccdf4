"""LSTM, GRU, SimpleRNN, cuDNN's layers, and RNN over cells."""

import numpy as np

from .layer_cases import FLOAT, Case
from .layer_cases_masks import VALID, arrays, steps

STEPS, CHANNELS, UNITS = 5, 3, 4
SEQUENCE = ((STEPS, CHANNELS), FLOAT)

LAYERS = {
    "simple": ("SimpleRNN", {}, 1),
    "lstm": ("LSTM", {}, 2),
    "gru": ("GRU", {}, 1),
    "gru_before": ("GRU", {"reset_after": False}, 1),
}


def make(k, class_name, **config):
    return getattr(k.layers, class_name)(**{"units": UNITS, **config})


def flat(outputs):
    """Without lists of lists: states are lists of their own."""
    if not isinstance(outputs, (list, tuple)) and not hasattr(outputs, "__next__"):
        return [outputs]
    return [item for output in outputs for item in flat(output)]


def masked_data(random):
    return [steps(VALID, CHANNELS)(random)]


def plain_cases(name, class_name, config, states):
    """Several layers on one input are several outputs of one model."""
    options = {
        "last": [{}, {"go_backwards": True}],
        "sequences": [{"return_sequences": True}, {"return_sequences": True, "go_backwards": True}],
        "state": [{"return_state": True}, {"return_state": True, "return_sequences": True, "go_backwards": True}],
        "no_bias": [{"use_bias": False}],
        "unroll": [{"unroll": True, "return_sequences": True}],
        "activations": [{"activation": "relu"}, {"activation": "elu", "return_sequences": True}, {"activation": "sigmoid"},
                        {"activation": "linear", "go_backwards": True}, {"activation": None}],
    }  # fmt: skip
    if class_name != "SimpleRNN":
        options["activations"] += [{"recurrent_activation": "hard_sigmoid", "return_sequences": True}]
    for tag, layers in options.items():
        yield Case(f"{name}_{tag}", [SEQUENCE], lambda k, xs, ls=layers: flat(make(k, class_name, **config, **o)(xs[0]) for o in ls))
    yield Case(f"{name}_any_time", [((None, CHANNELS), FLOAT)],
               lambda k, xs: [make(k, class_name, **config, return_sequences=True)(xs[0]), make(k, class_name, **config, use_bias=False)(xs[0])],
               data=lambda random: [random.normal(size=(3, 7, CHANNELS)).astype(FLOAT)])  # fmt: skip
    yield Case(f"{name}_one_step", [((1, CHANNELS), FLOAT)], lambda k, xs: make(k, class_name, **config)(xs[0]))
    yield Case(f"{name}_initial", [SEQUENCE] + [((UNITS,), FLOAT)] * states,
               lambda k, xs: flat(make(k, class_name, **config, **o)(xs[0], initial_state=list(xs[1:]))
                                  for o in ({"return_state": True}, {"return_sequences": True, "go_backwards": True})))  # fmt: skip

    def shared(k, xs):
        layer = make(k, class_name, **config)
        return [layer(xs[0]), layer(xs[1])]

    yield Case(f"{name}_twice", [SEQUENCE, ((2, CHANNELS), FLOAT)], shared)


def masked_cases(name, class_name, config, states, generation):
    options = {
        "last": [{}, {"go_backwards": True}, {"return_state": True}],
        "sequences": [{"return_sequences": True}, {"return_sequences": True, "go_backwards": True, "return_state": True}],
        "zeros": [{"return_sequences": True, "zero_output_for_mask": True},
                  {"return_sequences": True, "zero_output_for_mask": True, "go_backwards": True}, {"zero_output_for_mask": True}],
        "unroll": [{"return_sequences": True, "unroll": True, "go_backwards": True},
                   {"return_sequences": True, "unroll": True, "zero_output_for_mask": True},
                   {"return_sequences": True, "unroll": True, "zero_output_for_mask": True, "go_backwards": True}],
        "activations": [{"activation": "relu", "use_bias": False, "return_sequences": True}],
    }  # fmt: skip
    if generation == 3:  # Keras 2 fails
        options["unroll"].append({"unroll": True, "zero_output_for_mask": True, "go_backwards": True})
    for tag, layers in options.items():
        def call(k, xs, ls=layers):
            x = k.layers.Masking()(xs[0])
            return flat(make(k, class_name, **config, **o)(x) for o in ls)

        yield Case(f"{name}_masked_{tag}", [SEQUENCE], call, data=masked_data)

    def initial(k, xs):
        x = k.layers.Masking()(xs[0])
        return flat([make(k, class_name, **config, return_sequences=True, return_state=True)(x, initial_state=list(xs[1:]))])

    def both(k, xs):
        x = k.layers.Masking()(xs[0])
        return make(k, class_name, **config, return_sequences=True)(x, mask=xs[1])

    state = lambda random: random.normal(size=(4, UNITS)).astype(FLOAT)  # noqa: E731
    yield Case(f"{name}_masked_initial", [SEQUENCE] + [((UNITS,), FLOAT)] * states, initial,
               data=arrays(steps(VALID, CHANNELS), *[state] * states))
    yield Case(f"{name}_masked_explicit", [SEQUENCE, ((STEPS,), "bool")], both,
               data=arrays(steps(VALID, CHANNELS), lambda random: random.random((4, STEPS)) > 0.4))
    yield Case(f"{name}_masked_any_time", [((None, CHANNELS), FLOAT)],
               lambda k, xs: make(k, class_name, **config, return_sequences=True)(k.layers.Masking()(xs[0])), data=masked_data)


def text_cases(generation):
    def call(k, xs):
        x = k.layers.Embedding(9, CHANNELS, mask_zero=True)(xs[0])
        x = k.layers.LSTM(UNITS, return_sequences=True)(x)
        x = k.layers.Dropout(0.3)(x)
        return k.layers.Dense(2, activation="softmax")(k.layers.GRU(UNITS)(x))

    yield Case("text", [((STEPS,), "int32")], call,
               data=arrays(lambda random: np.where(VALID, random.integers(1, 9, VALID.shape), 0).astype("int32")))
    if generation == 3:
        yield Case("integers", [((STEPS, CHANNELS), "int32")], lambda k, xs: k.layers.LSTM(UNITS)(xs[0]), high=3)


def regularized_cases():
    yield Case("activation_layer", [SEQUENCE], lambda k, xs: [
        k.layers.SimpleRNN(UNITS, activation=k.layers.LeakyReLU())(xs[0]),
        k.layers.LSTM(UNITS, activation=k.layers.ReLU(max_value=1.0), return_sequences=True)(xs[0])])  # fmt: skip


def time_major_cases():
    import tensorflow as tf

    def over(*layers):
        def call(k, xs):
            return flat(layer(k)(tf.transpose(xs[0], [1, 0, 2])) for layer in layers)

        return call

    def layer(class_name, **options):
        return lambda k: make(k, class_name, time_major=True, **options)

    def sequence(class_name, **options):
        return lambda k: lambda x: tf.transpose(layer(class_name, return_sequences=True, **options)(k)(x), [1, 0, 2])

    yield Case("time_major", [SEQUENCE], over(layer("LSTM"), layer("GRU", return_state=True), layer("SimpleRNN", unroll=True),
                                              layer("LSTM", activation="elu", go_backwards=True)))  # fmt: skip
    yield Case("time_major_sequences", [SEQUENCE], over(sequence("LSTM", go_backwards=True), sequence("GRU", reset_after=False),
                                                        sequence("SimpleRNN", activation="softsign")))  # fmt: skip
    yield Case("time_major_chained", [SEQUENCE, ((UNITS,), FLOAT)], lambda k, xs: layer("SimpleRNN")(k)(
        layer("GRU", return_sequences=True)(k)(tf.transpose(xs[0], [1, 0, 2])), initial_state=[xs[1]]))
    yield Case("time_major_cell", [SEQUENCE], over(lambda k: k.layers.RNN(k.layers.GRUCell(UNITS), time_major=True)))
    masked = lambda k, xs: layer("LSTM")(k)(xs[0], mask=xs[1])  # noqa: E731
    yield Case("time_major_mask", [SEQUENCE, ((STEPS,), "bool")], masked, high=2, refused="not supported with a mask")
    both = lambda k, xs: k.layers.Bidirectional(layer("LSTM")(k))(tf.transpose(xs[0], [1, 0, 2]))  # noqa: E731
    yield Case("time_major_both_ways", [SEQUENCE], both, refused="not supported inside of Bidirectional")


def cudnn_cases():
    """TensorFlow's CPU has no such kernels: the ordinary layers with the sum of both biases."""
    from tf_keras.src.layers.rnn import cudnn_gru, cudnn_lstm

    classes = {"lstm": cudnn_lstm.CuDNNLSTM, "gru": cudnn_gru.CuDNNGRU}
    for name, layer_class in classes.items():
        for tag, config in (("last", {}), ("sequences", {"return_sequences": True, "go_backwards": True}), ("state", {"return_state": True})):
            def expected(model, xs, n=name, c=config):
                import tf_keras

                kernel, recurrent, bias = model.layers[-1].get_weights()
                if n == "lstm":
                    twin, bias = tf_keras.layers.LSTM(UNITS, **c), bias[: 4 * UNITS] + bias[4 * UNITS :]
                else:
                    twin, bias = tf_keras.layers.GRU(UNITS, **c), bias.reshape(2, -1)
                twin(xs[0])
                twin.set_weights([kernel, recurrent, bias])
                return twin(xs[0])

            yield Case(f"cudnn_{name}_{tag}", [SEQUENCE], lambda k, xs, l=layer_class, c=config: flat([l(UNITS, **c)(xs[0])]), expected=expected)


def all_cases(generation):
    for name, (class_name, config, states) in LAYERS.items():
        yield from plain_cases(name, class_name, config, states)
        yield from masked_cases(name, class_name, config, states, generation)
    yield from text_cases(generation)
    yield from regularized_cases()
    if generation == 2:
        yield from cudnn_cases()
        yield from time_major_cases()
