"""The lists of classes in tests/golden/classes against the installed Kerases."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from generators import classes, common  # noqa: E402


def compare(report):
    for name, text in classes.lists():
        listed = (common.ROOT / "classes" / name).read_text()
        difference = sorted(set(text.split()) ^ set(listed.split()))
        report.check(f"classes of {name}", text == listed, f"not in both: {difference}")
