"""Event files of the program and of the TensorBoard callback, read by TensorBoard."""

from tensorboard.backend.event_processing import event_accumulator, event_file_loader
from tensorboard.compat.proto import types_pb2
from tensorboard.util import tensor_util

import checks


def load(run):
    """All events of a run directory, in the order of its files."""
    events = []
    for path in sorted(run.glob("*tfevents*")):
        events.extend(event_file_loader.RawEventFileLoader(str(path)).Load())
    return [event_file_loader.event_pb2.Event.FromString(event) for event in events]


def scalars(events):
    """(tag, step, value, plugin, content, dtype, rank) of each scalar."""
    rows = []
    for event in events:
        for value in event.summary.value:
            plugin = value.metadata.plugin_data
            number = float(tensor_util.make_ndarray(value.tensor))
            shape = (plugin.plugin_name, plugin.content, value.tensor.dtype, len(value.tensor.tensor_shape.dim))
            rows.append((value.tag, event.step, number, shape))
    return rows


def accumulated(run):
    """tag -> [(step, value)], as TensorBoard shows it."""
    accumulator = event_accumulator.EventAccumulator(str(run), size_guidance={"tensors": 0})
    accumulator.Reload()
    return {
        tag: [(item.step, float(tensor_util.make_ndarray(item.tensor_proto))) for item in accumulator.Tensors(tag)]
        for tag in accumulator.Tags()["tensors"]
    }


def compare(report, name, program_logs, reference_logs):
    got, want = load(program_logs / "validation"), load(reference_logs / "validation")
    report.check(f"{name} events: a file is there", bool(got))
    if not got:
        return
    report.equal(f"{name} events: version", got[0].file_version, "brain.Event:2")
    times = [event.wall_time for event in got]
    report.check(f"{name} events: times", all(abs(time - want[0].wall_time) < 600 for time in times))
    got_rows, want_rows = scalars(got), scalars(want)
    report.equal(f"{name} events: tags and steps", [r[:2] for r in got_rows], [r[:2] for r in want_rows])
    report.equal(f"{name} events: form", {r[3] for r in got_rows}, {("scalars", b"", types_pb2.DT_FLOAT, 0)})
    report.equal(f"{name} events: form of the reference", {r[3] for r in want_rows}, {r[3] for r in got_rows})
    for mine, theirs in zip(got_rows, want_rows):
        what = f"{name} events: {theirs[0]} at {theirs[1]}"
        report.check(what, checks.close(mine[2], theirs[2]), f"got {mine[2]}, want {theirs[2]}")
    shown = accumulated(program_logs / "validation")
    points = {}
    for tag, step, value, _ in got_rows:
        points.setdefault(tag, []).append((step, value))
    report.equal(f"{name} events: what TensorBoard shows", shown, points)
