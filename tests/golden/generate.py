"""Regenerates the golden data with real TensorFlow and Keras.

    python tests/golden/generate.py models layers metrics checkpoints ...
    python tests/golden/generate.py layers:basic      one group of a folder

Needs the packages of tests/oracle/requirements.txt. Without arguments every
folder is written anew. README.md describes what each folder holds.
"""

import importlib
import logging
import os
import sys
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
warnings.filterwarnings("ignore")
for logger in ("absl", "tensorflow"):
    logging.getLogger(logger).setLevel(logging.ERROR)

FOLDERS = [
    "models", "layers", "metrics", "checkpoints", "events", "arrays", "keras_files", "hdf5", "h5_models",
    "custom_layers", "config_keys", "saved_models", "applications", "classes",
]  # fmt: skip


def main(folders):
    groups = {}
    for argument in folders or FOLDERS:
        folder, _, group = argument.partition(":")
        groups.setdefault(folder, []).extend([group] if group else [])
    unknown = set(groups) - set(FOLDERS)
    if unknown:
        raise SystemExit(f"unknown: {sorted(unknown)}; known: {FOLDERS}")
    for folder, names in groups.items():
        print(f"== {folder}", flush=True)
        generator = importlib.import_module(f"generators.{folder}")
        generator.generate(names) if names else generator.generate()


if __name__ == "__main__":
    main(sys.argv[1:])
