"""Ablation: what is run over which parameters, as a TOML file or in Python."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackkit.config import check_name, read_toml
from stackkit.errors import ConfigError, check_type, nearest

FIELDS = ("name", "notebook", "competition", "parameters", "grid", "runs")
NEEDED = FIELDS[:3]


@dataclass(frozen=True)
class Ablation:
    """A notebook, a competition, and the parameters of its runs.

    Parameters
    ----------
    name : of the folder that the results go to.
    notebook : a path, or the name of one of the project's notebooks ("05_blend.ipynb").
    competition : a name, a folder or a competition.toml.
    parameters : what holds in every run that does not say otherwise.
    grid : lists of values; every combination is a run.
    runs : further runs, a mapping each.
    folder : where relative paths start.
    """

    name: str
    notebook: str
    competition: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    runs: Sequence[Mapping[str, Any]] = ()
    folder: Path = Path()

    def __post_init__(self) -> None:
        for key in NEEDED:
            check_type(getattr(self, key), str, f"{key} is text", f'{key} = "…"')
        for key in ("parameters", "grid"):
            check_type(getattr(self, key), Mapping, f"[{key}] is a table", "NAME = value below it")
        for run in _listed("runs", self.runs, "[[runs]] above the values of each"):
            check_type(run, Mapping, "each of runs is a table", "[[runs]] above its values")
        for name, values in self.grid.items():
            _listed(f"{name} of the grid", values, f"{name} = [ … ]")
        check_name(self.name, "name of an ablation")
        if not self.grid and not self.runs:
            raise ConfigError("an ablation has [grid] or [[runs]]", "neither", "SEED = [0, 1]")

    @property
    def varied(self) -> tuple[str, ...]:
        """The names that differ between runs, those of the grid first."""
        return tuple(dict.fromkeys([*self.grid, *itertools.chain(*self.runs)]))

    def combinations(self) -> list[dict[str, Any]]:
        """What each run is given: the product of the grid, its last name fastest, then `runs`."""
        crossed = itertools.product(*self.grid.values()) if self.grid else ()
        grid = [dict(zip(self.grid, values, strict=True)) for values in crossed]
        return [{**self.parameters, **run} for run in (*grid, *self.runs)]


def read_ablation(path: str | Path) -> Ablation:
    """Read the TOML of an ablation: its keys are the fields of `Ablation`.

    Raises
    ------
    ConfigError : an unknown key, with the nearest valid one, a missing one, or a wrong value.
    """
    path = Path(path)
    table = read_toml(path, "an ablation")
    for key in table:
        if key not in FIELDS:
            raise ConfigError(f"unknown key {key!r} in {path.name}", hint=nearest(key, FIELDS))
    missing = [key for key in NEEDED if key not in table]
    if missing:
        got = f"only {', '.join(table)}" if table else "none"
        raise ConfigError(f"{path.name} needs {', '.join(missing)}", got, "add the key")
    return dataclasses.replace(Ablation(**table), folder=path.parent)


def _listed(what: str, values: Any, hint: str) -> Sequence[Any]:
    """A list or tuple; of a parameter's values not an empty one."""
    check_type(values, (list, tuple), f"{what} is a list", hint)
    if not values and what != "runs":
        raise ConfigError(f"{what} has a value", "an empty list", hint)
    return values
