"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D."""

import numpy as np

from .layer_cases import FLOAT, Case
from .layer_cases_recurrent import flat

SHAPES = {1: (3, 6, 2), 2: (3, 5, 6, 2), 3: (2, 4, 3, 4, 2)}


def conv(k, rank, **config):
    return getattr(k.layers, f"ConvLSTM{rank}D")(**{"filters": 2, "kernel_size": 2, **config})


def masked(shape):
    valid = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1]], bool)[:, : shape[0]]

    def make(random):
        x = random.normal(size=(4, *shape)).astype(FLOAT)
        return [np.where(valid.reshape(*valid.shape, *[1] * (len(shape) - 1)), x, np.float32(0)), valid]

    return make


def channels_first(rank, shape, **config):
    """TensorFlow's CPU kernels have no channels_first: run the channels_last twin."""

    def expected(model, arrays):
        layer = model.layers[-1]
        twin = type(layer).from_config({**layer.get_config(), "data_format": "channels_last", "name": "twin"})
        x = np.moveaxis(arrays[0], 2, -1)
        twin(x)
        twin.set_weights(layer.get_weights())
        y = np.asarray(twin(x))
        return np.moveaxis(y, -1, 2 if config.get("return_sequences") else 1)

    name = f"conv{rank}_channels_first{'_sequences' if config.get('return_sequences') else ''}"
    moved = (shape[0], shape[-1], *shape[1:-1])
    return Case(name, [(moved, FLOAT)], lambda k, xs: conv(k, rank, data_format="channels_first", **config)(xs[0]), expected=expected)


def all_cases(generation):
    for rank, shape in SHAPES.items():
        options = {
            "last": {}, "sequences": {"return_sequences": True, "padding": "same"},
            "state": {"return_state": True, "go_backwards": True, "return_sequences": True},
            "strides": {"strides": 2, "padding": "same", "kernel_size": 3},
            "dilation": {"dilation_rate": 2, "use_bias": False},
            "activations": {"activation": "relu", "recurrent_activation": "sigmoid" if generation == 2 else "hard_sigmoid"},
        }  # fmt: skip
        for tag, config in options.items():
            yield Case(f"conv{rank}_{tag}", [(shape, FLOAT)], lambda k, xs, r=rank, c=config: flat([conv(k, r, **c)(xs[0])]))
        yield Case(f"conv{rank}_masked", [(shape, FLOAT), ((shape[0],), "bool")], lambda k, xs, r=rank: flat(
            conv(k, r, **c)(xs[0], mask=xs[1]) for c in ({"return_state": True}, {"return_sequences": True}, {"return_sequences": True, "go_backwards": True})),
                   data=masked(shape))  # fmt: skip
        yield channels_first(rank, shape)
        yield channels_first(rank, shape, return_sequences=True)
    shape = SHAPES[2]
    yield Case("conv2_kernel_sizes", [(shape, FLOAT)], lambda k, xs: conv(k, 2, kernel_size=(3, 1), strides=(1, 2))(xs[0]))
    yield Case("conv2_any_time", [((None, *shape[1:]), FLOAT)], lambda k, xs: conv(k, 2, return_sequences=True)(xs[0]),
               data=lambda random: [random.normal(size=(3, 4, *shape[1:])).astype(FLOAT)])  # fmt: skip
    yield Case("conv2_initial", [(shape, FLOAT), ((5, 6, 2), FLOAT), ((5, 6, 2), FLOAT)],
               lambda k, xs: conv(k, 2, padding="same", return_sequences=True)(xs[0], initial_state=list(xs[1:])))
    yield Case("conv2_stacked", [(shape, FLOAT)], lambda k, xs: conv(k, 2)(conv(k, 2, padding="same", return_sequences=True)(xs[0])))
    if generation == 3:
        yield Case("conv2_zeros", [(shape, FLOAT), ((shape[0],), "bool")], lambda k, xs: conv(
            k, 2, return_sequences=True, zero_output_for_mask=True)(xs[0], mask=xs[1]), data=masked(shape))  # fmt: skip
