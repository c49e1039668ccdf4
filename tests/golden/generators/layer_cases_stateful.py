"""Recurrent layers with stateful=True: three batches one after another, each from where the last one ended."""

import numpy as np

from .layer_cases import FLOAT, Case
from .layer_cases_recurrent import CHANNELS, LAYERS, SEQUENCE, STEPS, UNITS, flat, make

ROWS, BATCHES = 3, 3
KEPT = {"stateful": True}


def normal(*shapes):
    """Rows of all batches of inputs."""
    return lambda random: [random.normal(size=(ROWS * BATCHES, *shape)).astype(FLOAT) for shape in shapes]


def masked(random):
    """Some steps of some rows are zero, all of one."""
    (x,) = normal((STEPS, CHANNELS))(random)
    x[random.random(x.shape[:2]) > 0.6] = 0
    x[4] = 0
    return [x]


def case(name, call, *shapes, **options):
    inputs = [(shape, FLOAT) for shape in shapes or [SEQUENCE[0]]]
    options.setdefault("data", normal(*[shape for shape, _ in inputs]))
    return Case(name, inputs, call, batch_size=ROWS, batches=BATCHES, **options)


def layer_cases(name, class_name, config, states):
    layer = lambda k, **options: make(k, class_name, **config, **{**KEPT, **options})  # noqa: E731
    every = [{}, {"return_sequences": True, "return_state": True, "go_backwards": True}, {"unroll": True},
             {"activation": "elu", "use_bias": False}]  # fmt: skip
    yield case(name, lambda k, xs: flat(layer(k, **o)(xs[0]) for o in every))
    options = [{}, {"return_sequences": True}, {"return_sequences": True, "zero_output_for_mask": True, "return_state": True}]
    yield case(f"{name}_masked", lambda k, xs: flat(layer(k, **o)(k.layers.Masking()(xs[0])) for o in options), data=masked)
    yield case(f"{name}_initial", lambda k, xs: layer(k)(xs[0], initial_state=list(xs[1:])), SEQUENCE[0], *[(UNITS,)] * states)

    def chained(k, xs):
        shared = layer(k, units=CHANNELS, return_sequences=True)
        return shared(shared(xs[0]))

    yield case(f"{name}_chained", chained)


def order_cases():
    """A layer that is called on several inputs, whose states pass from call to call in Keras's order."""

    def shared(k):
        return make(k, "GRU", **KEPT)

    def linear(k, x, times):
        for _ in range(times):
            x = k.layers.Activation("linear")(x)
        return x

    def three(k, xs):
        layer = shared(k)
        return [layer(x) for x in xs]

    def deeper(before, after):
        def call(k, xs):
            layer = shared(k)
            return [linear(k, layer(linear(k, x, b)), a) for x, b, a in zip(xs, before, after)]

        return call

    two = [SEQUENCE[0]] * 2
    yield case("order_three", three, *[SEQUENCE[0]] * 3)
    yield case("order_first_deeper", deeper((1, 0), (0, 0)), *two)
    yield case("order_second_deeper", deeper((0, 1), (0, 0)), *two)
    yield case("order_first_longer", deeper((0, 0), (2, 0)), *two)
    yield case("order_second_longer", deeper((0, 0), (0, 2)), *two)
    yield case("order_both_ways", deeper((0, 2), (1, 0)), *two)

    def nested(k, xs):
        inner_in = k.Input(SEQUENCE[0], batch_size=ROWS)
        inner = k.Model(inner_in, shared(k)(inner_in))
        return [inner(xs[0]), inner(linear(k, xs[1], 1))]

    yield case("order_nested", nested, *two)


def cell_cases(generation):
    def over(*options):
        def call(k, xs):
            return flat(k.layers.RNN(make_cell(k), **KEPT, **o)(xs[0]) for make_cell, o in options)

        return call

    lstm = lambda k: k.layers.LSTMCell(UNITS)  # noqa: E731
    simple = lambda k: k.layers.SimpleRNNCell(UNITS, activation="sigmoid")  # noqa: E731
    yield case("rnn_cells", over((lstm, {"return_state": True}), (simple, {"return_sequences": True, "go_backwards": True})))
    if generation == 2:  # checkpoints of Keras 3 do not hold what is in lists
        stack = lambda k: [k.layers.LSTMCell(5), k.layers.GRUCell(UNITS), k.layers.SimpleRNNCell(2)]  # noqa: E731
        yield case("rnn_stack", over((stack, {"return_state": True})))


def bidirectional_cases():
    def both(k, config, **options):
        return k.layers.Bidirectional(k.layers.GRU(UNITS, **KEPT, **config), **options)

    yield case("bidirectional", lambda k, xs: both(k, {})(xs[0]))
    yield case("bidirectional_sequences", lambda k, xs: both(k, {"return_sequences": True}, merge_mode="sum")(k.layers.Masking()(xs[0])), data=masked)
    yield case("bidirectional_initial", lambda k, xs: both(k, {})(xs[0], initial_state=list(xs[1:])), SEQUENCE[0], (UNITS,), (UNITS,))


def convolution_cases(generation):
    def layers(class_name, *options):
        def call(k, xs):
            return flat(getattr(k.layers, class_name)(2, 2, **KEPT, **o)(xs[0]) for o in options)

        return call

    yield case("conv1", layers("ConvLSTM1D", {}, {"padding": "same", "return_sequences": True, "return_state": True}), (3, 5, 2))
    yield case("conv2", layers("ConvLSTM2D", {"return_state": True}), (2, 4, 3, 2))
    yield case("conv3", layers("ConvLSTM3D", {"go_backwards": True}), (2, 3, 3, 2, 2))


def model_cases(generation):
    def nested(k, xs):
        inner_in = k.Input(SEQUENCE[0], batch_size=ROWS)
        inner = k.Model(inner_in, k.layers.LSTM(UNITS, **KEPT)(inner_in))
        return k.layers.Dense(2)(inner(k.layers.Dense(CHANNELS)(xs[0])))

    yield case("nested", nested)
    yield Case("distributed", [((2, *SEQUENCE[0]), FLOAT)], lambda k, xs: k.layers.TimeDistributed(make(k, "GRU", **KEPT))(xs[0]),
               batch_size=ROWS, refused="not supported inside of TimeDistributed")  # fmt: skip


def cudnn_cases():
    """TensorFlow's CPU has no such kernels: the ordinary layers with the sum of both biases."""
    from tf_keras.src.layers.rnn import cudnn_gru, cudnn_lstm

    def expected_of(make_twin, biases):
        twins = {}

        def expected(model, xs):
            twin = twins.setdefault("twin", make_twin())
            if not twin.built:
                twin.build(xs[0].shape)
                kernel, recurrent, bias = model.layers[-1].get_weights()
                twin.set_weights([kernel, recurrent, biases(bias)])
            return twin(np.asarray(xs[0]))

        return expected

    def twin_of(name):
        import tf_keras

        return getattr(tf_keras.layers, name)(UNITS, **KEPT)

    yield case("cudnn_lstm", lambda k, xs: cudnn_lstm.CuDNNLSTM(UNITS, **KEPT)(xs[0]),
               expected=expected_of(lambda: twin_of("LSTM"), lambda b: b[: 4 * UNITS] + b[4 * UNITS :]))  # fmt: skip
    yield case("cudnn_gru", lambda k, xs: cudnn_gru.CuDNNGRU(UNITS, **KEPT)(xs[0]),
               expected=expected_of(lambda: twin_of("GRU"), lambda b: b.reshape(2, -1)))  # fmt: skip


def time_major_case():
    import tensorflow as tf

    yield case("time_major", lambda k, xs: make(k, "GRU", time_major=True, **KEPT)(tf.transpose(xs[0], [1, 0, 2])))


def all_cases(generation):
    for name, (class_name, config, states) in LAYERS.items():
        yield from layer_cases(name, class_name, config, states)
    yield from order_cases()
    yield from cell_cases(generation)
    yield from bidirectional_cases()
    yield from convolution_cases(generation)
    yield from model_cases(generation)
    if generation == 2:
        yield from cudnn_cases()
        yield from time_major_case()
