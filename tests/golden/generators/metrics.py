"""tests/golden/metrics: losses and metrics through model.evaluate."""

import json

import numpy as np

from . import common, metric_cases as grid, metric_cases_structure as structure

GROUPS = [
    grid.crossentropy_losses,
    grid.regression_losses,
    grid.accuracies,
    structure.weights,
    structure.several_outputs,
    structure.names,
]


def output_layer(k, name, activation, shape):
    if activation == "Softmax":
        return k.layers.Softmax(name=name)
    if activation.startswith("dense:"):  # an identity kernel keeps the predictions
        return k.layers.Dense(shape[-1], activation.split(":")[1], kernel_initializer="identity", name=name)
    return k.layers.Activation(activation, name=name)


def build_model(k, case):
    single = len(case.outputs) == 1
    inputs, outputs = [], []
    for name, shape, activation in case.outputs:
        inputs.append(k.Input(shape, name="in" if single else f"{name}_in"))
        outputs.append(output_layer(k, name, activation, shape)(inputs[-1]))
    return k.Model(inputs[0] if single else inputs, outputs[0] if single else outputs, name="model")


def compile_from_json(model, case):
    """Compiles from the serialised form, so that nothing counts that it loses."""
    model.compile(optimizer="sgd", **case.compile)
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


def run(k, generation, case):
    common.reset(17)
    model = build_model(k, case)
    config = compile_from_json(model, case)
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
    return {
        "name": case.name,
        "keras": generation,
        "model": json.loads(model.to_json()),
        "compile": config,
        "batch_size": case.batch_size,
        "results": common.logs_list(results),
        "batch_logs": record.logs,
    }


def members_of(case):
    members = common.data_members(case.x, case.y, case.sample_weight)
    return {f"{case.name}/{name}": array for name, array in members.items()}


def write(generation):
    k = common.KERAS[generation]
    rows, members, refused = [], {}, []
    for group in GROUPS:
        for case in group(k, generation):
            assert case.name not in {row["name"] for row in rows}, case.name
            try:
                rows.append(run(k, generation, case))
                members.update(members_of(case))
            except Exception as error:  # what Keras itself cannot evaluate is no case
                lines = [line for line in str(error).splitlines() if line.strip()]
                refused.append((case.name, type(error).__name__, lines[0][:150], lines[-1][:200]))
    folder = common.ROOT / "metrics"
    folder.mkdir(exist_ok=True)
    common.write_json_rows(folder / f"keras{generation}.json", rows)
    np.savez_compressed(folder / f"keras{generation}.npz", **members)
    print(f"   keras{generation}: {len(rows)} cases")
    for item in refused:
        print("   refused:", *item)


def generate():
    write(2)
    write(3)
