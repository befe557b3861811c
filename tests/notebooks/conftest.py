"""Small competitions as folders of CSVs, and kernels that keep to one thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stackkit.datasets import Frames

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
TOML = """\
name = "{name}"
train = "train.csv"
test = "test.csv"
sample_submission = "sample_submission.csv"
id = "{id}"
target = "{target}"
metric = "{metric}"
task = "{task}"

[folds]
n_splits = 3

[models]
include = ["ridge", "rf"]

[models.rf]
n_estimators = 10
"""


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Kernels and their workers inherit it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in THREADS:
            patch.setenv(name, "1")
        yield


@pytest.fixture(scope="session")
def write_folder() -> Callable[[Frames, Path], Path]:
    """`write_folder(frames, folder)`: three CSVs and a competition.toml."""

    def write(frames: Frames, folder: Path) -> Path:
        folder.mkdir(parents=True)
        tables = {"train": frames.train, "test": frames.test, "sample_submission": frames.sample}
        for name, table in tables.items():
            table.to_csv(folder / f"{name}.csv", index=False)
        fields = {k: getattr(frames, k) for k in ("name", "id", "target", "metric", "task")}
        (folder / "competition.toml").write_text(TOML.format(**fields))
        return folder

    return write
