"""One run a table: does everything finish in time, and does the score on unseen rows hold?

Reads a folder of parquet tables with INDEX.csv (name, target, task, metric). Of each table a fixed
fifth is set aside as test; `stackkit run --profile quick --time-limit 90s` gets the rest, from an
empty cache; the submission is scored on the fifth. Usage:
python benchmarks/tables.py FOLDER [--profile quick] [--time-limit 90s] [--only NAME …]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import stackkit

TEST = 0.2
TOML = """\
name = "{name}"
train = "train.parquet"
test = "test.parquet"
id = "row"
target = {target}
metric = "{metric}"
task = "{task}"
"""


def main() -> None:
    """A line a table: seconds, scores, how many models, and which were dropped or left out."""
    options = _options()
    index = pd.read_csv(options.folder / "INDEX.csv")
    wanted = index[index.name.isin(options.only)] if options.only else index
    rows = []
    for table in wanted.itertuples():
        rows.append(run_table(options, table))
        print(json.dumps(rows[-1]), flush=True)
    print(pd.DataFrame(rows).drop(columns=["dropped", "left_out"]).round(4).to_string(index=False))


def run_table(options: argparse.Namespace, table: object) -> dict[str, object]:
    """Run one table in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers = write_competition(folder, options.folder / f"{table.name}.parquet", table)
        begun = time.monotonic()
        done = subprocess.run(
            [str(Path(sys.executable).with_name("stackkit")), "run", name, "--profile",
             options.profile, "--time-limit", options.time_limit],
            capture_output=True, text=True, check=False, cwd=folder,
        )  # fmt: skip
        seconds = time.monotonic() - begun
        if done.returncode:
            return {"table": table.name, "seconds": seconds, "dropped": done.stderr[-500:],
                    "left_out": {}}  # fmt: skip
        report = json.loads(next(folder.glob("oof_cache/*/runs/*.json")).read_text())
        competition = stackkit.load_competition(folder)
        return {
            "table": table.name,
            "rows": competition.n_rows,
            "seconds": round(seconds, 1),
            "models": len(report["records"]),
            "cv": chosen_cv(folder, report),
            "test": score(competition, Path(done.stdout.split()[-1]), answers),
            "dropped": report["failures"],
            "left_out": report["left_out"],
        }


def write_competition(folder: Path, path: Path, table: object) -> pd.Series:
    """Train, test and TOML; the answers of test by row."""
    frame = pd.read_parquet(path)
    frame.insert(0, "row", np.arange(len(frame)))
    test = np.random.default_rng(0).random(len(frame)) < TEST
    frame[~test].to_parquet(folder / "train.parquet")
    frame[test].drop(columns=table.target).to_parquet(folder / "test.parquet")
    (folder / "oof_cache").mkdir()
    text = TOML.format(
        name=table.name, target=json.dumps(table.target), metric=table.metric, task=table.task
    )
    (folder / "competition.toml").write_text(text, encoding="utf-8")
    return frame[test].set_index("row")[table.target]


def chosen_cv(folder: Path, report: dict) -> float:
    """The cross-validated score of the record that was submitted."""
    entries = (json.loads(p.read_text()) for p in folder.glob("oof_cache/*/*/L*/*/recipe.json"))
    return next(e["scores"]["cv"] for e in entries if e["key"] == report["chosen"])


def score(competition: stackkit.Competition, submission: Path, answers: pd.Series) -> float:
    """The metric of a submission on rows that the run never saw."""
    made = pd.read_csv(submission).set_index("row").loc[answers.index]
    target = answers.to_numpy()
    if competition.task != "regression":
        target = pd.Categorical(answers.astype(str), [str(c) for c in competition.classes]).codes
    return competition.metric.score(np.asarray(target), made.to_numpy(dtype=float), None)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--time-limit", default="90s")
    parser.add_argument("--only", nargs="*", default=[])
    return parser.parse_args()


if __name__ == "__main__":
    main()
