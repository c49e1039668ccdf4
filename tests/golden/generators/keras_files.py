"""tests/golden/keras_files: model files with their own weights, and outputs."""

import numpy as np

from . import common, model_builders as build

MODELS = {
    "mlp": build.mlp,
    "cnn": build.cnn,
    "nested": build.nested,
    "shared": build.shared,
    "text": build.text,
    "regression": build.regression,
    "many_layers": build.many_layers,
    "recurrent": build.recurrent,
}


def outputs(model, x):
    result = model.predict(x, verbose=0)
    return np.asarray(result)


def first_rows(value):
    if isinstance(value, dict):
        return {name: array[:5] for name, array in value.items()}
    return value[:5]


def write(generation, name, builder):
    common.reset(29)
    k = common.KERAS[generation]
    case = builder(k)
    case.model.fit(case.x, case.y, batch_size=16, epochs=1, verbose=0)
    folder = common.ROOT / "keras_files"
    stem = f"k{generation}_{name}"
    case.model.save(folder / f"{stem}.keras")
    loaded = k.models.load_model(folder / f"{stem}.keras")
    x = first_rows(case.x)
    np.testing.assert_allclose(outputs(loaded, x), outputs(case.model, x), rtol=1e-5)
    np.savez(folder / f"{stem}.npz", **common.data_members(x, None), output=outputs(loaded, x))
    logs = loaded.evaluate(case.x, case.y, batch_size=32, verbose=0, return_dict=True)
    np.savez(folder / f"{stem}.data.npz", **common.data_members(case.x, case.y))
    return {"file": f"{stem}.keras", "batch_size": 32, "step": 5, "metrics": common.logs_list(logs)}


def generate():
    folder = common.fresh_dir("keras_files")
    rows = [write(generation, *item) for item in MODELS.items() for generation in (2, 3)]
    common.write_json_rows(folder / "expected.json", rows)
