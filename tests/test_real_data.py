"""Real competitions, from Kaggle's own files to a submission; skipped where they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stackkit
from stackkit.crossfit import Silent

FOLDER = os.environ.get("STACKKIT_REAL_DATA")
BARS = {"house-prices": 0.130, "bike-sharing-demand": 0.36, "titanic": 0.81}
SCHEMES = {"house-prices": "kfold", "bike-sharing-demand": "blocked", "titanic": "stratified"}
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER, reason="STACKKIT_REAL_DATA names no folder"),
]


@pytest.fixture(scope="module", params=list(BARS))
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A quick run on an empty cache: (competition, run, cache folder)."""
    competition = stackkit.load_competition(Path(FOLDER) / "kaggle" / request.param)
    folder = tmp_path_factory.mktemp(request.param)
    finished = stackkit.run(
        competition, "quick", 2, folder / "cache", folder / "out", progress=Silent()
    )
    return competition, finished, folder / "cache"


def test_the_suggested_folds_imitate_the_test_split(done) -> None:
    competition, _, _ = done
    folds = stackkit.make_folds(competition)
    assert folds.scheme == SCHEMES[competition.name]
    if folds.scheme == "blocked":
        months = competition.train["datetime"].dt.to_period("M").astype(str).to_numpy()
        for fit in folds.fits():
            scored = np.concatenate([folds.cell_rows(*cell) for cell in fit.cells])
            assert not set(months[scored]) & set(months[fit.fit_rows])


def test_the_score_reaches_the_bar(done) -> None:
    competition, finished, _ = done
    metric, cv = competition.metric, finished.stack.chosen.cv
    bar = BARS[competition.name]
    assert cv == bar or metric.better(cv, bar), cv


def test_the_submission_is_what_the_sample_asks_for(done) -> None:
    competition, finished, _ = done
    written = pd.read_csv(finished.submission)
    sample = competition.sample
    assert list(written.columns) == list(sample.columns)
    assert written[competition.id].tolist() == sample[competition.id].tolist()
    stackkit.validate_submission(competition, written)


def test_the_test_file_is_replayed_as_it_was_predicted(done) -> None:
    competition, finished, cache = done
    config = competition.config
    frame = pd.read_csv(config.path(config.test))
    replayed = stackkit.predict(competition, frame, raw=True, cache_dir=cache)
    records = finished.stack.records
    chosen = [n for n in records if n in replayed.columns]
    assert len(chosen) >= 4
    for name in chosen:
        cached = records[name].test[:, 0]
        error = np.abs(replayed[name].to_numpy() - cached)
        assert (error <= 1e-6 * np.maximum(1, np.abs(cached))).all(), name
