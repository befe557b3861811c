"""The weights of fitted blends, read from the models that the cache keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from stackkit.cache.fitted import load_model
from stackkit.predictions import Predictions
from stackkit.runs import Setup

COLUMNS = ("blend", "fit", "member", "weight")
EQUAL = "mean"


def blend_weights(setup: Setup, records: Iterable[Predictions]) -> pd.DataFrame:
    """One row a blend, Fit and member: the weight that the Fit gave the member.

    Records without weights (base models, metas, rank means), the plain mean and blends whose models
    were not kept are left out. Fit "full" was fitted on all rows and predicts test.
    """
    rows = [row for record in records for row in _rows(setup, record)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(setup: Setup, record: Predictions) -> Iterator[tuple[str, str, str, float]]:
    kind = record.recipe.get("learner", {}).get("kind")
    folder = setup.bench.shelf.models(record.key)
    if record.role != "blend" or kind == EQUAL or not folder.is_dir():
        return
    for fit in (*record.fits, "full"):
        if not (folder / fit).exists():
            continue
        estimator = load_model(folder / fit).estimator
        if not hasattr(estimator, "weights_"):
            return
        for member, weight in zip(estimator.names_, estimator.weights_, strict=True):
            yield record.name, fit, member, float(weight)
