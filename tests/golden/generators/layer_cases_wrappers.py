"""Bidirectional, TimeDistributed, RNN over cells, and layers and models inside them."""

import numpy as np

from .layer_cases import FLOAT, Case
from .layer_cases_masks import VALID, arrays, steps
from .layer_cases_recurrent import CHANNELS, SEQUENCE, STEPS, UNITS, flat, make, masked_data

STATE = ((UNITS,), FLOAT)


def both_ways(k, class_name="LSTM", options=None, **config):
    return k.layers.Bidirectional(make(k, class_name, **config), **(options or {}))


def bidirectional_cases(generation):
    for mode in ("concat", "sum", "ave", "mul", None):
        yield Case(f"bidirectional_{mode}".lower(), [SEQUENCE], lambda k, xs, m=mode: flat(
            both_ways(k, "GRU", {"merge_mode": m}, return_sequences=s)(xs[0]) for s in (False, True)))  # fmt: skip
    for name, class_name in (("simple", "SimpleRNN"), ("lstm", "LSTM"), ("gru", "GRU")):
        yield Case(f"bidirectional_{name}_state", [SEQUENCE], lambda k, xs, c=class_name: flat(
            [both_ways(k, c, return_state=True, return_sequences=True)(xs[0])]))  # fmt: skip
        yield Case(f"bidirectional_{name}_masked", [SEQUENCE], lambda k, xs, c=class_name: flat(
            both_ways(k, c, **o)(k.layers.Masking()(xs[0])) for o in ({}, {"return_sequences": True}, {"return_sequences": True, "unroll": True})),
                   data=masked_data)  # fmt: skip
    yield Case("bidirectional_masked_none", [SEQUENCE], lambda k, xs: flat(
        [both_ways(k, "GRU", {"merge_mode": None}, return_sequences=True, return_state=True)(k.layers.Masking()(xs[0]))]), data=masked_data)  # fmt: skip
    yield Case("bidirectional_forward_is_backwards", [SEQUENCE], lambda k, xs: flat(
        k.layers.Bidirectional(make(k, "LSTM", go_backwards=True, return_sequences=s),
                               backward_layer=make(k, "LSTM", return_sequences=s))(xs[0]) for s in (False, True)))  # fmt: skip
    yield Case("bidirectional_two_layers", [SEQUENCE], lambda k, xs: k.layers.Bidirectional(
        make(k, "LSTM", return_sequences=True), backward_layer=k.layers.GRU(3, return_sequences=True, go_backwards=True))(xs[0]))  # fmt: skip
    yield Case("bidirectional_initial", [SEQUENCE] + [STATE] * 4, lambda k, xs: flat(
        [both_ways(k, return_sequences=True, return_state=True)(xs[0], initial_state=list(xs[1:]))]))  # fmt: skip
    state = lambda random: random.normal(size=(4, UNITS)).astype(FLOAT)  # noqa: E731
    yield Case("bidirectional_masked_initial", [SEQUENCE] + [STATE] * 2, lambda k, xs: both_ways(k, "GRU", return_sequences=True)(
        k.layers.Masking()(xs[0]), initial_state=list(xs[1:])), data=arrays(steps(VALID, CHANNELS), state, state))  # fmt: skip
    yield Case("bidirectional_stacked", [SEQUENCE], lambda k, xs: both_ways(k, "LSTM")(both_ways(k, "GRU", return_sequences=True)(xs[0])))
    yield Case("bidirectional_any_time", [((None, CHANNELS), FLOAT)], lambda k, xs: both_ways(k, return_sequences=True)(xs[0]),
               data=lambda random: [random.normal(size=(3, 6, CHANNELS)).astype(FLOAT)])  # fmt: skip
    if generation == 2:  # Keras 3's checkpoints lack what lists of cells hold
        yield Case("bidirectional_rnn", [SEQUENCE], lambda k, xs: k.layers.Bidirectional(
        k.layers.RNN([k.layers.LSTMCell(3), k.layers.GRUCell(2)], return_sequences=True))(xs[0]))  # fmt: skip
    yield Case("bidirectional_conv", [((3, 4, 5, 2), FLOAT)], lambda k, xs: k.layers.Bidirectional(
        k.layers.ConvLSTM2D(2, 2, return_sequences=True, padding="same"))(xs[0]))  # fmt: skip


def time_distributed_cases(generation):
    def distributed(k, layer, x):
        return k.layers.TimeDistributed(layer)(x)

    yield Case("time_dense", [SEQUENCE], lambda k, xs: distributed(k, k.layers.Dense(2, activation="relu"), xs[0]))
    yield Case("time_dense_any_time", [((None, CHANNELS), FLOAT)], lambda k, xs: distributed(k, k.layers.Dense(2), xs[0]),
               data=lambda random: [random.normal(size=(3, 6, CHANNELS)).astype(FLOAT)])  # fmt: skip
    yield Case("time_dense_masked", [SEQUENCE], lambda k, xs: distributed(k, k.layers.Dense(2), k.layers.Masking()(xs[0])), data=masked_data)
    yield Case("time_softmax", [SEQUENCE], lambda k, xs: distributed(k, k.layers.Dense(2, activation="softmax"), xs[0]))
    yield Case("time_conv", [((STEPS, 6, 5, 2), FLOAT)], lambda k, xs: distributed(
        k, k.layers.Flatten(), distributed(k, k.layers.Conv2D(3, 2, strides=2, padding="same"), xs[0])))  # fmt: skip
    yield Case("time_batch_normalization", [SEQUENCE], lambda k, xs: distributed(k, k.layers.BatchNormalization(), xs[0]))
    yield Case("time_lstm", [((STEPS, 4, CHANNELS), FLOAT)], lambda k, xs: [
        distributed(k, k.layers.LSTM(UNITS), xs[0]), distributed(k, k.layers.GRU(2, return_sequences=True), xs[0])])  # fmt: skip
    yield Case("time_bidirectional", [((STEPS, 4, CHANNELS), FLOAT)], lambda k, xs: distributed(k, both_ways(k), xs[0]))
    yield Case("time_embedding", [((STEPS, 4), "int32")], lambda k, xs: distributed(k, k.layers.Embedding(9, 3), xs[0]), high=9)

    def sequential(k, xs):
        model = k.Sequential([k.Input((CHANNELS,)), k.layers.Dense(4, activation="tanh"), k.layers.Dense(2)])
        return k.layers.LSTM(UNITS)(distributed(k, model, xs[0]))

    yield Case("time_sequential", [SEQUENCE], sequential)

    def functional(k, xs):
        image = k.Input((4, 5, 2))
        x = k.layers.Conv2D(3, 2)(image)
        model = k.Model(image, k.layers.GlobalAveragePooling2D()(k.layers.BatchNormalization()(x)), name="encoder")
        layer = k.layers.TimeDistributed(model)
        return [layer(xs[0]), layer(xs[1])]

    yield Case("time_functional", [((STEPS, 4, 5, 2), FLOAT), ((2, 4, 5, 2), FLOAT)], functional)

    def words(k, xs):
        word = k.Input((4,), dtype="int32")
        x = k.layers.LSTM(3)(k.layers.Embedding(9, CHANNELS, mask_zero=True)(word))
        x = distributed(k, k.Model(word, x, name="words"), xs[0])
        return k.layers.GRU(UNITS)(x)

    yield Case("time_words", [((STEPS, 4), "int32")], words, high=3)
    yield Case("time_twice", [((2, STEPS, CHANNELS), FLOAT)], lambda k, xs: distributed(k, k.layers.TimeDistributed(k.layers.Dense(2)), xs[0]))
    if generation == 2:
        yield Case("time_masking", [((STEPS, 4, CHANNELS), FLOAT)], lambda k, xs: distributed(k, k.layers.Masking(), xs[0]),
                   data=lambda random: [random.integers(0, 2, (3, STEPS, 4, CHANNELS)).astype(FLOAT)])  # fmt: skip
        yield Case("time_embedding_masked", [((STEPS, 4), "int32")], lambda k, xs: distributed(
            k, k.layers.LSTM(UNITS), distributed(k, k.layers.Embedding(9, 3, mask_zero=True), xs[0])), high=3)  # fmt: skip


def cell_cases(generation):
    cells = {"simple": ("SimpleRNNCell", {}), "lstm": ("LSTMCell", {}), "gru": ("GRUCell", {}), "gru_before": ("GRUCell", {"reset_after": False})}
    for name, (class_name, config) in cells.items():
        yield Case(f"rnn_{name}", [SEQUENCE], lambda k, xs, c=class_name, o=config: flat(
            k.layers.RNN(make(k, c, **o, **p), **q)(xs[0])
            for p, q in (({}, {}), ({"use_bias": False, "activation": "elu"}, {"return_sequences": True, "return_state": True, "go_backwards": True}))))  # fmt: skip
    yield Case("rnn_masked", [SEQUENCE], lambda k, xs: flat(
        k.layers.RNN(make(k, "LSTMCell"), **o)(k.layers.Masking()(xs[0]))
        for o in ({"return_state": True}, {"return_sequences": True, "zero_output_for_mask": True})), data=masked_data)  # fmt: skip

    yield Case("rnn_initial", [SEQUENCE, STATE], lambda k, xs: k.layers.RNN(make(k, "GRUCell"))(xs[0], initial_state=xs[1]))
    yield Case("cell_alone", [((CHANNELS,), FLOAT), STATE, STATE], lambda k, xs: flat([flat(make(k, "LSTMCell")(xs[0], [xs[1], xs[2]]))]))
    if generation == 2:
        from tf_keras.src.layers.rnn import cell_wrappers

        def stack(k):
            return [k.layers.LSTMCell(4), k.layers.GRUCell(3), k.layers.SimpleRNNCell(2), k.layers.GRUCell(5, reset_after=False)]

        yield Case("stacked", [SEQUENCE], lambda k, xs: flat(k.layers.RNN(stack(k), **o)(xs[0]) for o in ({}, {"return_sequences": True, "return_state": True})))
        yield Case("stacked_masked", [SEQUENCE], lambda k, xs: flat(
            [k.layers.RNN(stack(k), return_sequences=True, return_state=True)(k.layers.Masking()(xs[0]))]), data=masked_data)  # fmt: skip
        yield Case("stacked_one", [SEQUENCE], lambda k, xs: k.layers.RNN(k.layers.StackedRNNCells([k.layers.LSTMCell(3)]))(xs[0]))
        yield Case("stacked_same_class", [SEQUENCE], lambda k, xs: k.layers.RNN([k.layers.LSTMCell(4), k.layers.LSTMCell(4)])(xs[0]))

        def residual(k, xs):
            cell = cell_wrappers.ResidualWrapper(k.layers.GRUCell(CHANNELS))
            return flat([k.layers.RNN(cell, return_sequences=True)(xs[0]),
                         k.layers.RNN([k.layers.LSTMCell(4), cell_wrappers.ResidualWrapper(k.layers.LSTMCell(4))])(xs[0])])

        yield Case("residual", [SEQUENCE], residual)
        yield Case("residual_masked", [SEQUENCE], lambda k, xs: residual(k, [k.layers.Masking()(xs[0])]), data=masked_data)
        yield Case("device", [SEQUENCE], lambda k, xs: k.layers.RNN(cell_wrappers.DeviceWrapper(k.layers.GRUCell(3), "/cpu:0"))(xs[0]))
        yield Case("dropout_keeps_all", [SEQUENCE], lambda k, xs: k.layers.RNN(cell_wrappers.DropoutWrapper(k.layers.GRUCell(3)))(xs[0]))


def all_cases(generation):
    yield from bidirectional_cases(generation)
    yield from time_distributed_cases(generation)
    yield from cell_cases(generation)
