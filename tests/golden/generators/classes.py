"""tests/golden/classes: the names of all layer, loss and metric classes of the installed Kerases, and of the
operations of Keras 3.

docs/supported.md must say something about each of them.
"""

import importlib
import inspect
import pkgutil

from . import common


def names(module, base):
    """Public classes of a module, without aliases."""
    modules = [module, getattr(module, "experimental", None) if base.__name__ == "Layer" else None]
    named = [item for public in filter(None, modules) for item in vars(public).items()]
    classes = [(name, value) for name, value in named if inspect.isclass(value) and issubclass(value, base)]
    own = {value for name, value in classes if name == value.__name__}
    # A class that is exported under another name alone is saved under that.
    return sorted({value.__name__ if value in own else name for name, value in classes})


def operations():
    """The classes behind keras.ops, "MODULE.CLASS"."""
    package = importlib.import_module("keras.src.ops")
    base = importlib.import_module("keras.src.ops.operation").Operation
    found = []
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.endswith("_test") or info.name in ("operation", "function"):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        own = [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__]
        found += [f"{info.name}.{value.__name__}" for value in own if issubclass(value, base)]
    return sorted(set(found))


def lists(groups=None):
    """(file name, text) of each list."""
    if groups is None or "ops" in groups:
        yield "keras3.ops.txt", "\n".join(operations()) + "\n"
    for generation, k in common.KERAS.items():
        kinds = [
            ("layers", k.layers, k.layers.Layer),
            ("losses", k.losses, k.losses.Loss),
            ("metrics", k.metrics, k.metrics.Metric),
        ]
        for kind, module, base in kinds:
            if groups is None or kind in groups:
                yield f"keras{generation}.{kind}.txt", "\n".join(names(module, base)) + "\n"


def generate(groups=None):
    folder = common.ROOT / "classes"
    folder.mkdir(exist_ok=True)
    for name, text in lists(groups):
        (folder / name).write_text(text)
