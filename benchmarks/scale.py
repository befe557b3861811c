"""One run at the size of a Playground competition: wall time and memory of all processes together.

Writes `playground` with 600,000 train and 400,000 test rows as CSV files into a new folder, runs
`stackkit run FOLDER --profile quick --time-limit 30m` there from an empty cache, and samples the
memory of the command and its workers once a second. Memory is the proportional set size, which
counts a shared page once. Usage: python benchmarks/scale.py [--rows N] [--test-rows M]
[--profile quick] [--time-limit 30m] [--task binary]
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import psutil

import stackkit

TOML = """\
name = "scale"
train = "train.csv"
test = "test.csv"
sample_submission = "sample.csv"
id = "id"
target = "target"
metric = "{metric}"
task = "{task}"
"""


def main() -> None:
    """Write the competition, run, and print seconds, peak memory and the score on test."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames = write_competition(folder, options)
        begun = time.monotonic()
        command = [Path(sys.executable).with_name("stackkit"), "run", folder]
        command += ["--profile", options.profile, "--time-limit", options.time_limit]
        pipe = {"stdout": subprocess.PIPE, "text": True, "cwd": folder}
        process = subprocess.Popen([*map(str, command)], **pipe)
        peak = peak_memory(process)
        output = process.stdout.read()
        seconds = time.monotonic() - begun
        print(output)
        print(f"exit code {process.returncode}, {seconds:,.0f} s, peak {peak / 2**30:.2f} GiB")
        print(f"score on test: {score(frames, Path(output.split()[-1])):.5f}")


def write_competition(folder: Path, options: argparse.Namespace) -> object:
    """The CSV files and the TOML; the frames with the answers."""
    frames = stackkit.make_playground(options.task, options.rows, test_rows=options.test_rows)
    for name in ("train", "test", "sample"):
        getattr(frames, name).to_csv(folder / f"{name}.csv", index=False)
    toml = TOML.format(metric=frames.metric, task=frames.task)
    (folder / "competition.toml").write_text(toml, encoding="utf-8")
    (folder / "oof_cache").mkdir()
    return frames


def peak_memory(process: subprocess.Popen) -> int:
    """The highest proportional set size, in bytes, of a process and its children until it ends."""
    peak, watched = 0, psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        with contextlib.suppress(psutil.Error):
            for each in [watched, *watched.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    total += each.memory_full_info().pss
        peak = max(peak, total)
        time.sleep(1.0)
    return peak


def score(frames: object, submission: Path) -> float:
    """The metric of a submission on the test labels that the run never saw."""
    metric = stackkit.get_metric(frames.metric)
    made = pd.read_csv(submission).set_index(frames.id).loc[frames.test[frames.id]]
    target = frames.test_target
    if frames.task == "multiclass":
        target = pd.Categorical(target, categories=list(made.columns)).codes
    return metric.score(target, made.to_numpy(), None)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=600_000)
    parser.add_argument("--test-rows", type=int, default=400_000)
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--time-limit", default="30m")
    parser.add_argument("--task", default="binary")
    return parser.parse_args()


if __name__ == "__main__":
    main()
