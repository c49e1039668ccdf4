"""Every model of keras.applications against the program's own engine.

The archives are those of tests/golden/applications, for all variants, made one
after the other; conformance_applications_test, beside the program, reads them.
"""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from generators import applications  # noqa: E402

TIMEOUT = 900


# Several minutes for each Keras; SIDECAR_ORACLE_APPLICATIONS=NAME,NAME takes those alone.
ONLY = os.environ.get("SIDECAR_ORACLE_APPLICATIONS", "")


def compare(report, program, work, generation):
    test = pathlib.Path(program).parent / "tests/conformance/conformance_applications_test"
    folder = pathlib.Path(work) / "applications"
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SIDECAR_TEST_APPLICATIONS": str(folder)}
    for name, size in applications.variants(generation, smallest=False):
        if ONLY and name not in ONLY.split(","):
            continue
        file = folder / f"keras{generation}_{name}.zip"
        gain = applications.steady_gain(generation, name, size)
        file.write_bytes(applications.archive(generation, name, size, gain))
        done = subprocess.run([test], env=environment, capture_output=True, text=True, timeout=TIMEOUT)
        passed = done.returncode == 0 and "[  PASSED  ] 1 test" in done.stdout
        report.check(f"keras {generation} {name}", passed, done.stdout[-600:])
        file.unlink()
