"""Gradient boosting: a file a library."""

from stackkit.level0.boosting import catboost, hist, lightgbm, xgboost

SPECS = (*lightgbm.SPECS, *xgboost.SPECS, *catboost.SPECS, *hist.SPECS)
