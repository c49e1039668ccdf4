"""Compares the built program with TensorFlow, Keras and TensorBoard, live.

    python tests/oracle/check.py PROGRAM

Trains tiny models with both Kerases, evaluates their checkpoints with the
program and with Keras, runs the real SidecarEvaluator beside `sidecar run`,
and reads both event files with TensorBoard. Prints one line per check; exits
with 1 when one fails. No data below tests/golden is read or written.
"""

import argparse
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import applications
import classes
import checks
import follow
import saved_models


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="path of the built sidecar")
    parser.add_argument("--keep", metavar="DIR", help="work here and leave the files")
    args = parser.parse_args()
    program = str(pathlib.Path(args.program).resolve())
    report = checks.Report()
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(args.keep or temporary)
        report.run(classes.compare)
        for generation in (2, 3):
            for name in ("classifier", "two_outputs"):
                report.run(checks.evaluate, program, work, generation, name)
            report.run(saved_models.evaluate, program, work, generation)
            report.run(applications.compare, program, work, generation)
        report.run(follow.custom_loop, program, work)
        report.run(follow.model_fit, program, work)
    print(f"{report.passed} checks passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
