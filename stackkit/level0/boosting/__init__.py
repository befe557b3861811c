"""Gradient boosting: a file a library."""

from stackkit.level0.boosting import lightgbm

SPECS = lightgbm.SPECS
