"""What nets over a pool found on inner folds: the loss by strength of penalty or dropout."""

from __future__ import annotations

import pandas as pd

from stackkit.cache.fitted import load_model
from stackkit.predictions import Predictions
from stackkit.runs import Setup


def net_paths(setup: Setup, record: Predictions) -> pd.DataFrame:
    """One row a Fit and setting of `negative_correlation` or `neural_ensembler`.

    Columns: fit; setting, the strength lambda (or the rate of dropout); loss, of the ensemble on
    inner folds; individual, the mean loss of its nets; ambiguity, their difference; start, the loss
    of the blend that nets begin at; trained, the share of the steps that was best; chosen, whether
    the Fit took the setting (none where it kept the start). Empty where no model was kept.
    """
    folder = setup.bench.shelf.models(record.key)
    rows = []
    for fit in record.fits:
        if not (folder / fit).exists():
            continue
        estimator = load_model(folder / fit).estimator
        name = estimator.learner.setting
        for found in estimator.path_:
            taken = estimator.waves_ > 0 and found[name] == estimator.chosen_
            rest = {key: value for key, value in found.items() if key != name}
            rows.append({"fit": fit, "setting": found[name], **rest, "chosen": taken})
    return pd.DataFrame(rows)
