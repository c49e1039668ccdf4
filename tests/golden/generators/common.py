"""Helpers of all generators."""

import json
import pathlib
import shutil

import keras
import numpy as np
import tensorflow as tf
import tf_keras

ROOT = pathlib.Path(__file__).resolve().parent.parent
KERAS = {2: tf_keras, 3: keras}


def fresh_dir(*parts):
    path = ROOT.joinpath(*parts)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def reset(seed):
    """Makes what follows independent of what was generated before."""
    for module in KERAS.values():
        module.backend.clear_session()
        module.utils.set_random_seed(seed)
    tf_keras.backend.reset_uids()


def plain(value):
    """The JSON form of tensors, arrays, numbers and nests of them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "numpy"):
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, float) and not np.isfinite(value):
        return "nan" if np.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def write_json(path, value):
    path.write_text(json.dumps(plain(value), indent=1) + "\n")


def write_json_rows(path, rows):
    """A list with one line per item: small and still easy to compare."""
    lines = ",\n".join(json.dumps(plain(row), separators=(",", ":")) for row in rows)
    path.write_text(f"[\n{lines}\n]\n")


def logs_list(logs):
    return [[name, plain(value)] for name, value in logs.items()]


def flatten_members(name, value):
    """npz members of x, y or sample_weight: an array, or a dict of arrays."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return {f"{name}/{key}": np.asarray(item) for key, item in value.items()}
    return {name: np.asarray(value)}


def data_members(x, y, sample_weight=None):
    return {
        **flatten_members("x", x),
        **flatten_members("y", y),
        **flatten_members("sample_weight", sample_weight),
    }
