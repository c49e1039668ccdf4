"""Writes python_text.json: numbers as Python, NumPy and Keras's progress line print them.

    python src/report/testdata/make_python_text.py

Doubles are given by their 64 bits, so that the table holds exactly what was printed.
"""

import json
import math
import pathlib
import random
import struct

import numpy as np


def bits(value):
    return struct.pack(">d", value).hex()


def progress(value):
    """Progbar of tf_keras/utils/generic_utils.py, verbose=2."""
    return f"{value:.4f}" if value > 1e-3 else f"{value:.4e}"


def doubles(rng):
    values = [0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, 100.0, 1e15, 1e16, 9999999999999998.0, 1e-4, 9.999e-5,
              1e-5, 1e22, 1e23, 1e100, 1e-100, 5e-324, 1.7976931348623157e308, 2.5, 1e-3, 0.0010001,
              123456.0, 16777216.0, math.nan, math.inf, -math.inf]
    floats = [1 / 3, 1e-7, 0.1, 0.7, 1e-38, 3.4e38, 0.9125, 1e-45, 8388608.5]
    floats += [rng.uniform(-2, 2) for _ in range(60)]
    floats += [rng.uniform(-1, 1) * 10 ** rng.randint(-20, 20) for _ in range(60)]
    values += [float(np.float32(value)) for value in floats]
    values += [rng.uniform(-1, 1) * 10 ** rng.randint(-300, 300) for _ in range(60)]
    return values


def arrays(rng):
    lists = [[], [0.0], [-0.0], [1.0], [0.5, 0.25], [1 / 3], [1.0, 0.5, 1 / 3], [1e-5, 1.0],
             [1.0, 1000.0], [1.0, 1001.0], [999999.0], [1e6], [1e-4], [9.9e-5], [0.0, 1e-4],
             [2.0 ** -9], [3 * 2.0 ** -9], [0.00012345678, 0.01], [math.nan], [math.inf],
             [-math.inf], [math.nan, 0.5], [math.inf, 12.0], [-math.inf, 1.0, math.nan],
             [math.nan, 1e-7, 2.5], [-1.5, 22.25], [1e-45, 3.4e38], [-1e10, 1e10],
             [1.0] * 30, [i / 7 for i in range(40)], [math.nan] * 30,
             [float(i) for i in range(1000)], [float(i) for i in range(1001)],
             [i * 1e-6 for i in range(1500)]]
    for _ in range(120):
        size = rng.randint(1, 25)
        scale = 10 ** rng.randint(-9, 9)
        lists.append([rng.uniform(-1, 1) * scale for _ in range(size)])
    for _ in range(60):
        lists.append([rng.uniform(0, 1) for _ in range(rng.randint(1, 12))])
    return [np.array(values, np.float32) for values in lists]


def main():
    rng = random.Random(7)
    table = {
        "floats": [[bits(value), repr(value), progress(value)] for value in doubles(rng)],
        "arrays": [[[bits(float(value)) for value in array], "{}".format(array)] for array in arrays(rng)],
    }
    path = pathlib.Path(__file__).with_name("python_text.json")
    lists = [f'"{name}": [\n' + ",\n".join(map(json.dumps, rows)) + "\n]" for name, rows in table.items()]
    path.write_text("{\n" + ",\n".join(lists) + "\n}\n")


main()
