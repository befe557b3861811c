"""Fold plans: who is fitted where, made once, frozen and hashed."""

from stackkit.folds.make import make_folds
from stackkit.folds.plan import Fit, Folds
from stackkit.folds.suggest import suggest_scheme

__all__ = ["Fit", "Folds", "make_folds", "suggest_scheme"]
