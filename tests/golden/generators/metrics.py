"""tests/golden/metrics: losses and metrics through model.evaluate."""

import json

import numpy as np

from . import (
    common,
    metric_cases as grid,
    metric_cases_arguments as arguments,
    metric_cases_confusion as confusion,
    metric_cases_losses as losses,
    metric_cases_masks as masks,
    metric_cases_scores as scores,
    metric_cases_structure as structure,
)

# Without tracing a graph a case takes a tenth of the time, and Keras 2's adjusted R2 works only so. Crossentropies
# find logits otherwise then, and Keras 3 averages the losses of several outputs otherwise: these groups do not depend
# on the one, and their cases of several outputs run in a graph.
EAGER = {"confusion", "scores"}

# File name (before ".keras2.json" and so on; empty: "keras2.json") to the functions whose cases it holds.
GROUPS = {
    "": [
        grid.crossentropy_losses,
        grid.regression_losses,
        grid.accuracies,
        structure.weights,
        structure.several_outputs,
        structure.names,
    ],
    "losses": losses.GROUPS,
    "confusion": confusion.GROUPS,
    "scores": scores.GROUPS,
    "masks": masks.GROUPS,
    "arguments": arguments.GROUPS,
}


def output_layer(k, name, activation, shape):
    if activation == "Softmax":
        return k.layers.Softmax(name=name)
    if activation.startswith("dense:"):  # an identity kernel keeps the predictions
        return k.layers.Dense(shape[-1], activation.split(":")[1], kernel_initializer="identity", name=name)
    return k.layers.Activation(activation.removeprefix("masked:"), name=name)


def build_model(k, case):
    single = len(case.outputs) == 1
    inputs, outputs = [], []
    for name, shape, activation in case.outputs:
        inputs.append(k.Input(shape, name="in" if single else f"{name}_in"))
        before = k.layers.Masking(name="mask")(inputs[-1]) if activation.startswith("masked:") else inputs[-1]
        outputs.append(output_layer(k, name, activation, shape)(before))
    return k.Model(inputs[0] if single else inputs, outputs[0] if single else outputs, name="model")


def compile_from_json(model, case, eager):
    """Compiles from the serialised form, so that nothing counts that it loses."""
    model.compile(optimizer="sgd", run_eagerly=eager, **case.compile)
    if case.given is not None:
        return case.given
    config = json.loads(json.dumps(model.get_compile_config()))
    model.compile_from_config(config)
    keys = ("loss", "loss_weights", "metrics", "weighted_metrics")
    return {key: config.get(key) for key in keys}


def targets(model, generation, value):
    """Keras 3 takes the targets of a list of outputs as a list."""
    if generation == 3 and isinstance(value, dict):
        return [value[name] for name in model.output_names]
    return value


def recorder(k):
    class Recorder(k.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.logs = []

        def on_test_batch_end(self, batch, logs=None):
            self.logs.append(common.logs_list(logs))

    return Recorder()


def run(k, generation, case, with_model, eager):
    common.reset(17)
    model = build_model(k, case)
    config = compile_from_json(model, case, eager)
    record = recorder(k)
    results = model.evaluate(
        case.x,
        targets(model, generation, case.y),
        batch_size=case.batch_size,
        sample_weight=targets(model, generation, case.sample_weight),
        callbacks=[record],
        verbose=0,
        return_dict=True,
    )
    row = {
        "name": case.name,
        "keras": generation,
        "outputs": [[name, activation.removeprefix("masked:")] for name, _, activation in case.outputs],
        "compile": config,
        "batch_size": case.batch_size,
        "results": common.logs_list(results),
        "batch_logs": record.logs,
    }
    if with_model:
        row["model"] = json.loads(model.to_json())
        del row["outputs"]
    return row


def members_of(case):
    members = common.data_members(case.x, case.y, case.sample_weight)
    if case.outputs[0][2].startswith("masked:"):  # as the Masking layer computes it
        members["mask"] = np.any(case.x != 0, axis=-1)
    return {f"{case.name}/{name}": array for name, array in members.items()}


def write(generation, file, groups):
    k = common.KERAS[generation]
    rows, members, refused = [], {}, []
    for group in groups:
        for case in group(k, generation):
            assert case.name not in {row["name"] for row in rows}, case.name
            try:
                rows.append(run(k, generation, case, with_model=not file, eager=file in EAGER and len(case.outputs) == 1))
                members.update(members_of(case))
            except Exception as error:  # what Keras itself cannot evaluate is no case
                lines = [line for line in str(error).splitlines() if line.strip()]
                refused.append((case.name, type(error).__name__, lines[0][:150], lines[-1][:200]))
    folder = common.ROOT / "metrics"
    folder.mkdir(exist_ok=True)
    stem = f"{file}.keras{generation}" if file else f"keras{generation}"
    common.write_json_rows(folder / f"{stem}.json", rows)
    np.savez_compressed(folder / f"{stem}.npz", **members)
    print(f"   {stem}: {len(rows)} cases", flush=True)
    for item in refused:
        print("   refused:", *item, flush=True)


def generate(names=None):
    for file, groups in GROUPS.items():
        if names is None or file in names:
            write(2, file, groups)
            write(3, file, groups)
