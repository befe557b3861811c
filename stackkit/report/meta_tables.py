"""Meta-features of a pool as a table, to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stackkit.meta_features import MetaFeatures
from stackkit.predictions import Pool, Predictions
from stackkit.runs import Setup
from stackkit.spec import BaseLearner, objective_for


def meta_feature_table(
    setup: Setup, records: Sequence[Predictions], groups: Sequence[str] = ("confidence", "spread")
) -> pd.DataFrame:
    """(n, d) meta-features of the rows that all records score; the index holds positions in train.

    Meta-models learn theirs inside each Fit; these are learned on all rows, to be looked at.

    Parameters
    ----------
    groups : of `stackkit.meta_features.GROUPS`, those made of predictions.
    """
    ordered = sorted(records, key=lambda r: r.name)
    rows = np.flatnonzero(np.logical_and.reduce([r.scored for r in ordered]))
    families = tuple(r.family for r in ordered)
    pool = Pool(tuple(r.name for r in ordered), tuple(r.oof for r in ordered), rows, families)
    objective = objective_for(setup.competition, BaseLearner())
    y = setup.competition.y[rows]
    fitted = MetaFeatures(tuple(groups)).fit(pool, y, None, objective, setup.seed)
    return pd.DataFrame(fitted.transform(pool), rows, fitted.names)
