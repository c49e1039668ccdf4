"""tests/golden/arrays: .npy and .npz files by NumPy."""

import zlib

import numpy as np

from . import common

TYPES = ["|b1", "|i1", "|u1"] + [
    order + kind for kind in ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16") for order in "<>"
]


def values(dtype, shape):
    count = int(np.prod(shape, dtype=int))
    base = np.arange(count) * 3 - 2
    kind = np.dtype(dtype).kind
    if kind == "b":
        base = base % 2
    elif kind == "u":
        base = np.abs(base)
    elif kind in "fc":
        base = base / 8
    array = base.astype(dtype).reshape(shape)
    return array + (array * 1j).astype(dtype) if kind == "c" else array


def describe(array):
    native = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    flat = native.ravel().tolist()
    if array.dtype.kind == "c":
        flat = [[item.real, item.imag] for item in flat]
    return {
        "dtype": native.dtype.name,
        "shape": list(array.shape),
        "crc32": zlib.crc32(native.tobytes()),
        "values": flat[:8],
    }


def save(folder, name, array, version=None):
    with open(folder / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version, allow_pickle=True)


def generate():
    folder = common.fresh_dir("arrays")
    expected = {}

    def add(name, array, version=None):
        save(folder, name, array, version)
        expected[f"{name}.npy"] = describe(array)

    for dtype in TYPES:
        name = dtype.replace("|", "").replace("<", "little_").replace(">", "big_")
        add(name, values(dtype, (3, 4)))
    for major in (1, 2, 3):
        add(f"version_{major}", values("<f4", (2, 3, 4)), (major, 0))
    add("fortran", np.asfortranarray(values("<f4", (3, 4, 5))))
    add("fortran_big", np.asfortranarray(values(">f8", (3, 4))))
    add("fortran_u1", np.asfortranarray(values("|u1", (3, 4, 2))))
    add("vector", values("<f4", (7,)))
    add("scalar", values("<f4", ()))
    add("empty", values("<f4", (0,)))
    add("empty_rows", values("<i8", (0, 5)))
    add("special_floats", np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45, 3.4e38], "<f4"))
    save(folder, "refused_object", np.array([{"a": 1}, None], object))
    strings = np.array([["ab", "é", ""], ["日本\U0001f600", "a\0b", "x y z"]])
    save(folder, "strings", strings)
    save(folder, "strings_big_fortran", np.asfortranarray(strings.astype(">U9")))
    save(folder, "strings_bytes", np.array([b"ab", b"\xff\x00c", b""]))
    save(folder, "refused_struct", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    save(folder, "refused_datetime", np.array(["2020-01-01"], "M8[D]"))
    members = {"x": values("<f4", (5, 3)), "y": values("<i8", (5,)), "sample_weight": values("<f8", (5,))}
    nested = {"x/left": members["x"], "x/right": np.asfortranarray(members["x"]), "y/0": members["y"], "y/out": values(">f4", (5, 1))}
    for name, arrays in (("flat", members), ("nested", nested), ("no_arrays", {})):
        np.savez(folder / f"stored_{name}.npz", **arrays)
        np.savez_compressed(folder / f"deflated_{name}.npz", **arrays)
        for kind in ("stored", "deflated"):
            expected[f"{kind}_{name}.npz"] = {key: describe(array) for key, array in arrays.items()}
    common.write_json(folder / "expected.json", expected)
