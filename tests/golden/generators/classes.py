"""tests/golden/classes: the names of all loss and metric classes of the installed Kerases.

docs/supported.md must say something about each of them.
"""

import inspect

from . import common


def names(module, base):
    """Public classes of a module, without aliases."""
    classes = {value for value in vars(module).values() if inspect.isclass(value) and issubclass(value, base)}
    return sorted({value.__name__ for value in classes})


def generate(groups=None):
    folder = common.ROOT / "classes"
    folder.mkdir(exist_ok=True)
    for generation, k in common.KERAS.items():
        for kind, module, base in (("losses", k.losses, k.losses.Loss), ("metrics", k.metrics, k.metrics.Metric)):
            if groups is None or kind in groups:
                (folder / f"keras{generation}.{kind}.txt").write_text("\n".join(names(module, base)) + "\n")
