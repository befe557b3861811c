"""make_folds: from [folds] of the configuration, or a suggestion, to a fold plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stackkit.config import FoldsConfig
from stackkit.errors import ConfigError, FoldError, nearest
from stackkit.folds import predefined, schemes, time_schemes
from stackkit.folds.arguments import check_competition, check_config
from stackkit.folds.arrays import Mask
from stackkit.folds.clock import Times, block_numbers, read_gap, read_times
from stackkit.folds.plan import Folds
from stackkit.folds.suggest import default_splits, suggest_scheme

if TYPE_CHECKING:
    from stackkit.competition import Competition

COMMON = frozenset({"scheme", "n_splits", "holdout"})
LOT = COMMON | {"n_repeats", "seed"}
READS: dict[str, frozenset[str]] = {  # what each scheme reads; any other key that is set is refused
    "kfold": LOT,
    "stratified": LOT,
    "group": LOT | {"group"},
    "stratified_group": LOT | {"group"},
    "time": COMMON | {"time", "purge"},
    "blocked": LOT | {"time", "block", "purge", "embargo"},
    "predefined": frozenset({"scheme", "n_splits", "n_repeats", "column", "file"}),
}
WHY_NOT = {
    ("time", "embargo"): "no fold is fitted on rows after the one it scores; purge is the distance",
    ("time", "n_repeats"): "time has one order, so every repeat would be the same plan",
    ("time", "seed"): "nothing is drawn by lot",
    ("predefined", "holdout"): "the column or file says who is held out: fold -2",
    ("predefined", "seed"): "nothing is drawn by lot",
}


def make_folds(competition: Competition, config: FoldsConfig | None = None) -> Folds:
    """The fold plan of a competition.

    Parameters
    ----------
    competition : its rows, target and columns.
    config : None: the [folds] of its configuration. Without a `scheme` one is suggested, which
        imitates how test was split from train; keys that are set win over suggested ones.

    Raises
    ------
    ConfigError : an unknown scheme, or a key that the scheme does not read.
    FoldError : a plan that these rows do not allow, with the next step.
    """
    check_competition(competition)
    check_config(config)
    config = config or _configured(competition)
    reason = "the scheme is set in the configuration"
    if config.scheme is None:
        suggested, reason = suggest_scheme(competition)
        config = _merged(config, suggested)
    _check_keys(config)
    assignment, holdout, fit_mask = _BUILDERS[config.scheme](competition, config)
    reason += _spread(competition, config, holdout)
    return Folds(assignment, holdout, fit_mask, scheme=str(config.scheme), reason=reason)


def _configured(competition: Competition) -> FoldsConfig:
    return FoldsConfig() if competition.config is None else competition.config.folds


def _merged(config: FoldsConfig, suggested: FoldsConfig) -> FoldsConfig:
    return replace(suggested, **{key: getattr(config, key) for key in _set_keys(config)})


def _set_keys(config: FoldsConfig) -> list[str]:
    return [f.name for f in fields(config) if getattr(config, f.name) != f.default]


def _check_keys(config: FoldsConfig) -> None:
    scheme = config.scheme
    if scheme not in READS:
        raise ConfigError(f"unknown fold scheme {scheme!r}", hint=nearest(str(scheme), READS))
    for key in _set_keys(config):
        if key not in READS[scheme]:
            _refuse(config, key)
    if scheme == "blocked" and config.seed and config.n_repeats == 1:
        raise ConfigError(
            "the first repeat of scheme 'blocked' deals blocks in turn and reads no seed",
            f"seed = {config.seed}",
            "leave it out, or n_repeats > 1",
        )
    _check_numbers(config)


def _refuse(config: FoldsConfig, key: str) -> None:
    readers = sorted(scheme for scheme, keys in READS.items() if key in keys)
    why = WHY_NOT.get((str(config.scheme), key))
    raise ConfigError(
        f"scheme {config.scheme!r} does not read {key!r}" + (f": {why}" if why else ""),
        f"{key} = {getattr(config, key)!r}",
        f"leave it out, or scheme = {' or '.join(map(repr, readers))}",
    )


def _check_numbers(config: FoldsConfig) -> None:
    if config.n_repeats < 1:
        raise FoldError("n_repeats is at least 1", config.n_repeats)
    if config.seed < 0:
        raise FoldError("seed is not negative", config.seed)
    if not 0 <= config.holdout < 1:
        raise FoldError("holdout is a share of the rows from 0 to below 1", config.holdout, "0.2")
    if config.n_splits is not None and not 1 <= config.n_splits <= np.iinfo(np.int16).max:
        raise FoldError("n_splits lies between 1 and 32767", config.n_splits)


def _needed(config: FoldsConfig, key: str, example: str) -> str:
    value = getattr(config, key)
    if value is None:
        raise ConfigError(f"scheme {config.scheme!r} needs {key!r}", hint=f"{key} = {example!r}")
    return value


def _splits(competition: Competition, config: FoldsConfig) -> int:
    return config.n_splits or default_splits(competition.n_rows)


def _lot(competition: Competition, config: FoldsConfig) -> dict[str, int]:
    n_splits = _splits(competition, config)
    return {"n_splits": n_splits, "n_repeats": config.n_repeats, "seed": config.seed}


def _strata(competition: Competition, config: FoldsConfig) -> schemes.Codes:
    n_splits = _splits(competition, config)
    return schemes.strata_of(competition.y, competition.task, n_splits)


def _checked(holdout: Mask, config: FoldsConfig) -> Mask:
    """The holdout, which has rows where a share was asked for, and leaves some."""
    if (config.holdout > 0) != bool(holdout.any()) or holdout.all():
        raise FoldError(
            "the holdout share holds some rows and leaves others",
            f"holdout = {config.holdout}: {int(holdout.sum())} of {len(holdout)} rows",
            "another share",
        )
    return holdout


def _kfold(competition: Competition, config: FoldsConfig) -> tuple[Any, Mask, None]:
    strata = np.zeros(competition.n_rows, dtype=np.int64)
    holdout = _checked(schemes.random_holdout(strata, config.holdout, config.seed), config)
    return schemes.kfold(holdout, **_lot(competition, config))[0], holdout, None


def _stratified(competition: Competition, config: FoldsConfig) -> tuple[Any, Mask, None]:
    strata = _strata(competition, config)
    holdout = _checked(schemes.random_holdout(strata, config.holdout, config.seed), config)
    if competition.task == "binary":
        _check_members(strata[~holdout], _splits(competition, config))
    return schemes.stratified(strata, holdout, **_lot(competition, config))[0], holdout, None


def _spread(competition: Competition, config: FoldsConfig, holdout: Mask) -> str:
    """What to know where a class among several has fewer rows than there are folds; else ""."""
    if config.scheme != "stratified" or competition.task != "multiclass":
        return ""
    counts = np.bincount(competition.y[~holdout])
    rare, rarest = int((counts < _splits(competition, config)).sum()), int(counts.min())
    if not rare:
        return ""
    which = "a class is" if rare == 1 else f"{rare} classes are"
    rows = "row" if rarest == 1 else "rows"
    return f"; {which} in some folds only, with {rarest} {rows} of the rarest class"


def _check_members(strata: schemes.Codes, n_splits: int) -> None:
    counts = np.bincount(strata)
    rarest = int(counts[counts > 0].min())
    if rarest < n_splits:
        more = "merge rare classes" if rarest < 2 else f"n_splits = {rarest}"
        raise FoldError(
            "stratified folds need as many rows of every class as folds",
            f"{rarest} rows of the rarest class for {n_splits} folds",
            f'{more}, or scheme = "kfold"',
        )


def _group(competition: Competition, config: FoldsConfig) -> tuple[Any, Mask, None]:
    return _grouped(competition, config, np.zeros(competition.n_rows, dtype=np.int64))


def _stratified_group(competition: Competition, config: FoldsConfig) -> tuple[Any, Mask, None]:
    return _grouped(competition, config, _strata(competition, config))


def _grouped(
    competition: Competition, config: FoldsConfig, strata: schemes.Codes
) -> tuple[Any, Mask, None]:
    groups = schemes.group_codes(competition.column(_needed(config, "group", "customer")))
    holdout = np.zeros(competition.n_rows, dtype=bool)
    if config.holdout:
        holdout = schemes.group_holdout(strata, groups, config.holdout, config.seed)
    _checked(holdout, config)
    lot = _lot(competition, config)
    return schemes.stratified_group(strata, groups, holdout, **lot)[0], holdout, None


def _times(competition: Competition, config: FoldsConfig) -> Times:
    return read_times(competition.column(_needed(config, "time", "date")))


def _forward(competition: Competition, config: FoldsConfig) -> tuple[Any, Mask, Mask]:
    times = _times(competition, config)
    holdout = _checked(time_schemes.last_holdout(times, config.holdout), config)
    assignment, fit_mask = time_schemes.forward_chaining(
        times,
        holdout,
        n_splits=_splits(competition, config),
        gap=read_gap(config.purge, 0, times),
    )
    return assignment, holdout, fit_mask


def _blocked(competition: Competition, config: FoldsConfig) -> tuple[Any, Mask, Mask | None]:
    times = _times(competition, config)
    blocks = block_numbers(times, _needed(config, "block", "month"))
    holdout = np.zeros(competition.n_rows, dtype=bool)
    if config.holdout:
        holdout = time_schemes.block_holdout(blocks, config.holdout)
    _checked(holdout, config)
    gap = read_gap(config.purge, config.embargo, times)
    lot = _lot(competition, config)
    assignment, fit_mask = time_schemes.blocked(times, blocks, holdout, gap=gap, **lot)
    return assignment, holdout, fit_mask


def _predefined(competition: Competition, config: FoldsConfig) -> tuple[Any, Mask, None]:
    if (config.column is None) == (config.file is None):
        got = "neither" if config.column is None else "both"
        raise ConfigError("scheme 'predefined' reads either column or file", got)
    if config.column is not None:
        assignment, holdout = predefined.from_column(competition.column(config.column))
    else:
        path = (competition.folder or Path()) / str(config.file)
        assignment, holdout = predefined.from_file(path, competition.train_ids, competition.n_rows)
    found = {"n_repeats": len(assignment), "n_splits": int(assignment.max()) + 1}
    for key in found.keys() & set(_set_keys(config)):
        if getattr(config, key) != found[key]:
            raise FoldError(
                f"{key} agrees with the predefined folds, which are fixed",
                f"{key} = {getattr(config, key)} for {found[key]} in the data",
                f"leave {key} out",
            )
    return assignment, holdout, None


_BUILDERS: dict[str | None, Callable[[Any, FoldsConfig], tuple[Any, Mask, Mask | None]]] = {
    "kfold": _kfold,
    "stratified": _stratified,
    "group": _group,
    "stratified_group": _stratified_group,
    "time": _forward,
    "blocked": _blocked,
    "predefined": _predefined,
}
