"""tests/golden/classes: the names of all layer, loss and metric classes of the installed Kerases.

docs/supported.md must say something about each of them.
"""

import inspect

from . import common


def names(module, base):
    """Public classes of a module, without aliases."""
    modules = [module, getattr(module, "experimental", None) if base.__name__ == "Layer" else None]
    named = [item for public in filter(None, modules) for item in vars(public).items()]
    classes = [(name, value) for name, value in named if inspect.isclass(value) and issubclass(value, base)]
    own = {value for name, value in classes if name == value.__name__}
    # A class that is exported under another name alone is saved under that.
    return sorted({value.__name__ if value in own else name for name, value in classes})


def lists(groups=None):
    """(file name, text) of each list."""
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
