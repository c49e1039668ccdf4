"""The 1797 hand-written digits of scikit-learn, split the same way every time."""

import numpy as np
from sklearn.datasets import load_digits

VALIDATION_SAMPLES = 397


def load(image_shape):
    """Returns (x_train, y_train), (x_val, y_val); pixels are floats in 0..1."""
    digits = load_digits()
    x = (digits.data / 16.0).astype("float32").reshape((-1, *image_shape))
    y = digits.target.astype("int64")
    order = np.random.default_rng(7).permutation(len(x))
    x, y = x[order], y[order]
    split = len(x) - VALIDATION_SAMPLES
    return (x[:split], y[:split]), (x[split:], y[split:])
