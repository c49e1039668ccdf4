"""tests/golden/layers: one small model per layer and option."""

import importlib
import json
import keyword
import pathlib

import numpy as np
import tensorflow as tf

from . import common

BATCH = 3
UNKNOWN_SIZE = 5  # of dimensions that the model leaves open

def find_groups():
    """Each module layer_cases_GROUP has files of its own, so that one can be made without the others."""
    groups = {"basic": "layer_cases"}
    for path in sorted(pathlib.Path(__file__).parent.glob("layer_cases_*.py")):
        groups[path.stem.removeprefix("layer_cases_")] = path.stem
    return groups


GROUPS = find_groups()


def cases_of(group, generation):
    return importlib.import_module(f"generators.{GROUPS[group]}").all_cases(generation)


def build_model(k, case):
    """The case's model, or None where this Keras does not take the options."""
    inputs = [
        k.Input(shape, dtype=dtype, name=f"in{i}", batch_size=case.batch_size)
        for i, (shape, dtype) in enumerate(case.inputs)
    ]
    output = case.call(k, inputs)
    return k.Model(inputs if len(inputs) > 1 else inputs[0], output, name=case.name)


def randomize(model, random):
    """Non-trivial values for all weights; variances stay positive."""
    values = []
    for weight in model.weights:
        shape = tuple(weight.shape)
        name = weight.path if hasattr(weight, "path") else weight.name
        if None in shape:  # the frequencies of a vocabulary
            values.append(weight.numpy())
        elif "count" in name:
            values.append(np.array(5, weight.dtype if isinstance(weight.dtype, str) else weight.dtype.as_numpy_dtype))
        elif "variance" in name:
            values.append(random.uniform(0.3, 2.5, shape).astype("float32"))
        elif "gamma" in name:
            values.append(random.uniform(0.5, 1.5, shape).astype("float32"))
        else:
            values.append(random.normal(0, 0.6, shape).astype("float32"))
    if values:
        model.set_weights(values)
    finalize(model)


def finalize(model):
    """Normalization derives mean and variance from its weights only on demand."""
    for layer in model.layers:
        if type(layer).__name__ == "Normalization" and layer.input_mean is None:
            layer.finalize_state()


def make_inputs(case, random):
    if case.data:
        return case.data(random)
    arrays = []
    for shape, dtype in case.inputs:
        full = (BATCH, *(size or UNKNOWN_SIZE for size in shape))
        full = (BATCH, *(6 + i if size is None else size for i, size in enumerate(shape)))
        if dtype == "float32" and case.spread:
            arrays.append((case.spread * random.normal(size=full)).astype("float32"))
        else:
            arrays.append(random.integers(0, case.high, full).astype(dtype))
    return arrays


def outputs(model, case, arrays):
    """Values and masks (None where there is none) of the outputs, batch after batch."""
    rows = len(arrays[0]) // case.batches
    parts = [outputs_of_batch(model, case, [a[i * rows : (i + 1) * rows] for a in arrays]) for i in range(case.batches)]
    values = [np.concatenate(of_output) for of_output in zip(*[values for values, _ in parts])]
    masks = [None if of_output[0] is None else np.concatenate(of_output) for of_output in zip(*[masks for _, masks in parts])]
    return values, masks


def outputs_of_batch(model, case, arrays):
    if any(array.dtype.kind == "U" for array in arrays):
        arrays = [tf.constant(array) for array in arrays]
    result = case.expected(model, arrays) if case.expected else model(
        arrays if len(arrays) > 1 else arrays[0], training=False
    )
    result = result if isinstance(result, (list, tuple)) else [result]
    masks = [getattr(item, "_keras_mask", None) for item in result]
    return [np.asarray(item) for item in result], masks


def as_json(model):
    """The model's JSON, as text where it has Python's NaN and Infinity."""
    text = model.to_json()
    parsed = json.loads(text)
    try:
        json.dumps(parsed, allow_nan=False)
    except ValueError:
        return text
    return parsed


def write(group, generation):
    k = common.KERAS[generation]
    common.reset(13)
    rows, members, models, refused = [], {}, {}, []
    for index, case in enumerate(cases_of(group, generation)):
        assert case.name.isidentifier() and not keyword.iskeyword(case.name), case.name
        assert case.name not in models, case.name
        random = np.random.default_rng(1000 + index)
        try:
            model = build_model(k, case)
            randomize(model, random)
            arrays = make_inputs(case, random)
            values, masks = outputs(model, case, arrays)
        except (ValueError, TypeError, AttributeError, NotImplementedError, tf.errors.OpError) as error:
            refused.append((case.name, str(error).splitlines()[0][:90]))
            continue
        for i, array in enumerate(arrays):
            members[f"{case.name}/x/{i}"] = array
        for i, array in enumerate(values):
            assert case.has_nan or np.isfinite(array).all(), case.name
            members[f"{case.name}/y/{i}"] = array
        for i, mask in enumerate(masks):
            if mask is not None:
                mask = np.asarray(mask)
                # Attention scores can have masks of floats, or one row for all samples: left out.
                if mask.dtype == bool and mask.shape[0] == len(arrays[0]) and not case.name.endswith("float_scores"):
                    members[f"{case.name}/mask/{i}"] = mask
        models[case.name] = model
        row = {"name": case.name, "model": as_json(model)}
        row.update({key: getattr(case, key) for key in ("tolerance", "refused") if getattr(case, key)})
        rows.append(row)
    if not rows:  # layers that only the other Keras has
        return
    path = str(common.ROOT / "layers" / f"{group}.keras{generation}")
    common.write_json_rows(pathlib.Path(path + ".json"), rows)
    np.savez_compressed(path + ".npz", **members)
    tf.train.Checkpoint(**models).write(path)
    print(f"   {group}, Keras {generation}: {len(rows)} cases")
    for name, reason in refused:
        print(f"      Keras refuses {name}: {reason}")


def generate(groups=None):
    unknown = set(groups or []) - set(GROUPS)
    if unknown:
        raise SystemExit(f"unknown: {sorted(unknown)}; known: {sorted(GROUPS)}")
    for group in groups or GROUPS:
        write(group, 2)
        write(group, 3)
