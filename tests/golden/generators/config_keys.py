"""src/model/keras/config_keys.inc: the keys that configs of Keras's layers may have."""

import importlib
import inspect
import re

from . import common

# Read by from_config, or written by releases of TensorFlow 2 before these.
OTHERS = {
    "aggregation", "autocast", "batch_input_shape", "batch_size", "dynamic", "function", "function_type", "input_dim", "input_dtype",
    "input_shape", "layers", "metric_name", "module", "output_shape_module", "output_shape_type", "unconditional", "weights",
    # The wrappers of cells, which are not among the layers.
    "device", "dropout_state_filter_visitor", "input_keep_prob", "input_size", "output_keep_prob", "residual_fn",
    "state_keep_prob", "variational_recurrent",
}


def keys_of(layer_class):
    keys = set()
    for base in layer_class.__mro__:
        if base.__module__.split(".")[0] not in {"keras", "tf_keras"}:
            continue
        parameters = inspect.signature(base.__init__).parameters.values()
        keys |= {p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
        if "get_config" in vars(base):
            keys |= set(re.findall(r'"([a-z][a-z_0-9]*)"', inspect.getsource(base.get_config)))
    return keys


def generate():
    keys = set(OTHERS)
    for generation, k in common.KERAS.items():
        package = {2: "tf_keras", 3: "keras"}[generation]
        modules = [k.layers, getattr(k.layers, "experimental", None)]
        classes = [value for module in filter(None, modules) for value in vars(module).values()]
        # Some of the applications have layers of their own.
        for name in ("convnext", "inception_resnet_v2"):
            module = importlib.import_module(f"{package}.src.applications.{name}")
            classes += [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
        for value in classes:
            if inspect.isclass(value) and issubclass(value, k.layers.Layer):
                keys |= keys_of(value)
    keys -= {"self", "args", "kwargs"}
    path = common.ROOT.parent.parent / "src" / "model" / "keras" / "config_keys.inc"
    head = "// Written by tests/golden/generate.py config_keys from the layers of both Kerases; sorted.\n"
    path.write_text(head + "".join(f'"{key}",\n' for key in sorted(keys)))
