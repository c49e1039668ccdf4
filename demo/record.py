"""Records the trainings of examples/keras, and what Keras evaluates, for the demo.

    python demo/record.py

Each recording holds model.keras, val.npz, ckpts/ and expected.json: for each
checkpoint its number, the optimizer's iterations and the metrics as Keras's
SidecarEvaluator obtains them.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples" / "keras"
RECORDINGS = {"digits_mlp": "custom_loop.py", "digits_cnn": "model_fit.py"}


def restore(model, prefix):
    """Loads a checkpoint in the way of SidecarEvaluator."""
    tf.train.Checkpoint(model=model, optimizer=model.optimizer).restore(prefix).expect_partial()
    names = tf.train.load_checkpoint(prefix).get_variable_to_shape_map()
    if "model" not in {name.split("/")[0] for name in names}:
        model.load_weights(prefix).expect_partial()


def evaluate(out):
    model = tf.keras.models.load_model(out / "model.keras")
    with np.load(out / "val.npz") as data:
        x, y = data["x"], data["y"]
    rows = []
    numbers = sorted(int(p.stem.split("-")[-1]) for p in (out / "ckpts").glob("*.index"))
    for number in numbers:
        restore(model, str(out / "ckpts" / f"ckpt-{number}"))
        logs = model.evaluate(x, y, verbose=0, return_dict=True)
        step = int(model.optimizer.iterations.numpy())
        metrics = [[name, float(value)] for name, value in logs.items()]
        rows.append({"number": number, "step": step, "metrics": metrics})
    return rows


def record(name, script):
    out = HERE / "recordings" / name
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run([sys.executable, EXAMPLES / script, out], check=True)
    text = ",\n".join(" " + json.dumps(row) for row in evaluate(out))
    (out / "expected.json").write_text(f"[\n{text}\n]\n")
    print(name, text, sep="\n")


if __name__ == "__main__":
    for name, script in RECORDINGS.items():
        record(name, script)
