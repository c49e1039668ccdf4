"""sidecar and the real SidecarEvaluator on the same data, checkpoints and threads, in turn; prints ratios of medians.

    python side_by_side.py PROGRAM WORK_DIR [--workloads W1,W4 | --all] [--pairs N] [--threads N]

Each pair runs the reference once and sidecar once. Measured from outside, in the same way for both:

start to result     from exec to the first result, with a checkpoint already there
notice              from the rename that publishes a checkpoint to the word that it was found
publish to result   from that rename to the result
evaluate            what the process says one evaluation took, the second and later ones
CPU per checkpoint  seconds of all threads from one result to the next, which other load disturbs least
peak memory         VmHWM

Losses must agree within 1e-5 (deep convolutions: 1e-4) and metrics within one sample, or the timing is void.
workloads.py has the workloads.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time

from workloads import WORKLOADS

HERE = os.path.dirname(os.path.abspath(__file__))


class Process:
    """A running evaluator; notes when each line of its output arrived."""

    def __init__(self, command, log):
        self.lines = []
        self.condition = threading.Condition()
        self.start = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.peak_kb = 0
        for stream in (self.process.stdout, self.process.stderr):
            threading.Thread(target=self._read, args=(stream, log), daemon=True).start()

    def _read(self, stream, log):
        for line in stream:
            now = time.perf_counter()
            with self.condition:
                self.lines.append((now, line.strip()))
                self.condition.notify_all()
            log.write(line)

    def wait_for(self, wanted, count, timeout=600):
        """When the `count`-th line arrived that `wanted` accepts, and that line."""
        deadline = time.perf_counter() + timeout
        with self.condition:
            while True:
                found = [entry for entry in self.lines if wanted(entry[1])]
                if len(found) >= count:
                    return found[count - 1]
                if time.perf_counter() > deadline or self.process.poll() not in (None, 0):
                    sys.exit(f"no answer from {self.process.args}: {self.lines[-5:]}")
                self.condition.wait(0.5)

    def note_peak(self):
        try:
            with open(f"/proc/{self.process.pid}/status") as status:
                self.peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        except (OSError, StopIteration):
            pass  # it has ended; the last look counts

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_result(line):
    return line.startswith("{") and '"metrics"' in line


def is_found(line):
    return line == "found" or "Found new checkpoint" in line


def publish(source, target, number):
    """Publishes a recorded checkpoint as CheckpointManager does; returns the time of the last rename."""
    os.makedirs(target, exist_ok=True)
    for name in (f"ckpt-{number}.data-00000-of-00001", f"ckpt-{number}.index"):
        shutil.copy(os.path.join(source, name), os.path.join(target, name + ".tempstate0"))
        os.rename(os.path.join(target, name + ".tempstate0"), os.path.join(target, name))
    temporary = os.path.join(target, "checkpoint.tmp0")
    with open(temporary, "w") as state:
        state.write(f'model_checkpoint_path: "ckpt-{number}"\nall_model_checkpoint_paths: "ckpt-{number}"\n')
    now = time.perf_counter()
    os.rename(temporary, os.path.join(target, "checkpoint"))
    return now


def run_once(command, checkpoints, source, directory, log):
    shutil.rmtree(directory, ignore_errors=True)
    publish(source, directory, 1)
    process = Process(command, log)
    arrived, line = process.wait_for(is_result, 1)
    figures = {"start to result": [arrived - process.start], "notice": [], "publish to result": [], "evaluate": []}
    results = [json.loads(line)["metrics"]]
    cpu = [process.cpu_seconds()]
    for number in range(2, checkpoints + 1):
        time.sleep(0.3 + 0.37 * number % 1)  # at no fixed phase of a poll
        published = publish(source, directory, number)
        arrived, line = process.wait_for(is_result, number)
        figures["publish to result"].append(arrived - published)
        figures["notice"].append(process.wait_for(is_found, number)[0] - published)
        figures["evaluate"].append(json.loads(line)["seconds"])
        results.append(json.loads(line)["metrics"])
        process.note_peak()
        if number < checkpoints:  # after the last one it ends
            cpu.append(process.cpu_seconds())
    process.process.wait(60)
    figures["CPU per checkpoint"] = [later - earlier for earlier, later in zip(cpu, cpu[1:])]
    figures["peak memory"] = [process.peak_kb / 1024]
    return {name: statistics.median(values) for name, values in figures.items()}, results


def check_same(ours, reference, workload):
    for found, wanted in zip(ours, reference, strict=True):
        for name, value in wanted.items():
            # A count may differ by one sample whose two best classes differ in the last bits only.
            one_sample = 1.5 / workload.samples * max(1, abs(value))  # counts are greater than 1
            tolerance = workload.loss_tolerance * abs(value) if name == "loss" else one_sample
            if abs(found[name] - value) > tolerance:
                sys.exit(f"results differ, so the timing is void: {name} is {found[name]}, the reference has {value}")


def table(reference, ours):
    print(f"\n{'':20}{'reference':>14}{'sidecar':>14}{'ratio':>10}  (pairs: least to most)")
    for name in reference[0]:
        a = [figures[name] for figures in reference]
        b = [figures[name] for figures in ours]
        ratios = [x / y for x, y in zip(a, b)]
        unit, scale = ("MB", 1) if name == "peak memory" else ("ms", 1000)
        print(
            f"{name:20}{statistics.median(a) * scale:11.1f} {unit}{statistics.median(b) * scale:11.1f} {unit}"
            f"{statistics.median(ratios):9.1f}x  ({min(ratios):.1f} to {max(ratios):.1f})"
        )


def run_workload(name, args, log):
    workload, folder = WORKLOADS[name], os.path.join(args.work_dir, name)
    if not os.path.exists(os.path.join(folder, "ckpts", "checkpoint")):
        subprocess.run([sys.executable, os.path.join(HERE, "workloads.py"), name, folder], check=True)
    directory, logs = os.path.join(folder, "followed"), os.path.join(folder, "logs")
    threads, last, batch = str(args.threads), str(workload.checkpoints), str(workload.batch)
    reference = [sys.executable, os.path.join(HERE, "reference.py"), folder, directory, logs, last, threads, batch]
    ours = [args.program, "run", "--model", f"{folder}/model.keras", "--data", f"{folder}/data.npz", "--batch-size", batch]
    ours += ["--checkpoint-dir", directory, "--log-dir", logs, "--max-evaluations", last, "--threads", threads, "--json"]
    print(f"\n{name}: {workload.what}, {workload.samples} samples, batch {batch}, {threads} threads", flush=True)
    figures = ([], [])
    for pair in range(args.pairs or workload.pairs):
        a, reference_results = run_once(reference, workload.checkpoints, os.path.join(folder, "ckpts"), directory, log)
        b, our_results = run_once(ours, workload.checkpoints, os.path.join(folder, "ckpts"), directory, log)
        check_same(our_results, reference_results, workload)
        figures[0].append(a)
        figures[1].append(b)
        print(f"pair {pair + 1}: start to result {a['start to result']:.2f} s, {b['start to result']:.3f} s", flush=True)
    table(*figures)
    return {"reference": figures[0], "sidecar": figures[1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("work_dir")
    parser.add_argument("--workloads", default="W1", help=f"of {', '.join(WORKLOADS)}, with commas between")
    parser.add_argument("--all", action="store_true", help="all workloads")
    parser.add_argument("--pairs", type=int, help="instead of each workload's own number")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    names = list(WORKLOADS) if args.all else args.workloads.split(",")
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workloads {unknown}; there are {list(WORKLOADS)}")
    figures = {}
    with open(os.path.join(args.work_dir, "output.log"), "w") as log:
        for name in names:
            figures[name] = run_workload(name, args, log)
    with open(os.path.join(args.work_dir, "figures.json"), "w") as out:
        json.dump(figures, out, indent=1)


if __name__ == "__main__":
    main()
