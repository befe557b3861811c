"""prune: which records stay, by one of several methods, and what each step is worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.errors import ConfigError, check_type, nearest
from stackkit.predictions import Predictions, records_of
from stackkit.pruning.greedy import Backward, Forward
from stackkit.pruning.material import Material, Ordering, Pruner, material_of
from stackkit.pruning.pairs import Clusters, Kappa, Pareto, difference, on_front
from stackkit.pruning.signatures import MarginDistance, Orientation

METHODS: dict[str, Pruner] = {
    "clusters": Clusters(),
    "forward": Forward(),
    "backward": Backward(),
    "margin": MarginDistance(),
    "orientation": Orientation(),
    "kappa": Kappa(),
    "pareto": Pareto(),
}
STEPS = 11
FEW = 5  # members of an ensemble on the curve of trade-offs


def prune(
    records: Sequence[Predictions],
    competition: Competition,
    how: str | Pruner = "clusters",
    keep: int | None = None,
) -> list[Predictions]:
    """The records that stay, the first to take first; `pruning_table` tells why.

    The choice looks at the out-of-fold predictions of all rows, so a score of what is kept flatters
    it: a blend whose members are chosen inside each fold is the one to compare with others.

    Parameters
    ----------
    how : clusters, forward, backward, margin, orientation, kappa, pareto, or one of their classes
        with other parameters, such as `Forward(trade_off=0.7)` or `WithinSeconds(2.0)`.
    keep : how many stay. None: as many as the method says (clusters, orientation, pareto, seconds),
        else the first ones whose mean scores best.

    Raises
    ------
    ConfigError : an unknown method, or a number that cannot be kept. PredictionError : no records,
        those of another competition or fold plan, or no row that all of them score.
    """
    table = pruning_table(records, competition, how, keep)
    by_name = {record.name: record for record in records_of(records)}
    return [by_name[name] for name in table.name[table.kept]]


def pruning_table(
    records: Sequence[Predictions],
    competition: Competition,
    how: str | Pruner = "clusters",
    keep: int | None = None,
) -> pd.DataFrame:
    """A row a record, in the order of taking; what `prune` keeps is marked.

    Columns place, name, `score` its own, `ensemble` the score of the equal mean of all down to this
    row, `diversity` what that mean gains in loss on its members' mean loss, `seconds` of
    prediction of all down to this row, and `kept`. On at most 20,000 rows, labels by the plainest
    decision. The order was chosen on these rows: `ensemble` flatters it. Records that a method does
    not take at all are left out.
    """
    material = material_of(_distinct(records), competition)
    _check_keep(keep, len(material.records))
    ordering = _method(how).order(material, keep)
    steps = [_step(material, ordering.order[:k]) for k in range(1, len(ordering.order) + 1)]
    table = pd.DataFrame(steps, columns=["name", "score", "ensemble", "diversity", "seconds"])
    table.insert(0, "place", np.arange(1, len(table) + 1))
    table["kept"] = table.place <= _kept(material, ordering, table.ensemble.to_numpy(), keep)
    return table


def trade_off_curve(
    records: Sequence[Predictions], competition: Competition, keep: int | None = None
) -> pd.DataFrame:
    """A row a trade-off from 0, accuracy only, to 1, diversity only: the ensemble it leads to.

    Columns trade_off, `names` of its `keep` members (a sorted tuple), `average` their mean loss,
    `diversity` what their mean gains on it, `loss` the difference, and `score`. Members are taken
    forwards and scored on the same rows. Without `keep` they are 5, or all where there are fewer.
    """
    material = material_of(_distinct(records), competition)
    keep = min(FEW, len(material.records)) if keep is None else keep
    _check_keep(keep, len(material.records))
    rows = [_traded(material, float(t), keep) for t in np.linspace(0, 1, STEPS)]
    columns = ["trade_off", "names", "average", "diversity", "loss", "score"]
    return pd.DataFrame(rows, columns=columns)


def pareto_table(records: Sequence[Predictions], competition: Competition) -> pd.DataFrame:
    """A row a record, the least loss first: name, role, `score`, `loss`, `difference` (1 less the
    mean correlation of its errors with the others') and `front`: no other has both better."""
    material = material_of(_distinct(records), competition)
    apart = difference(material)
    front = on_front(-material.losses, apart)
    rows = [
        (record.name, record.role, _score(material, [j]), material.losses[j], apart[j], front[j])
        for j in material.ranked
        for record in [material.records[j]]
    ]
    return pd.DataFrame(rows, columns=["name", "role", "score", "loss", "difference", "front"])


def _distinct(records: Sequence[Predictions]) -> list[Predictions]:
    found = records_of(records)
    names = [record.name for record in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError("records to prune have a name each", f"{twice} twice", "rename one")
    return found


def _check_keep(keep: int | None, m: int) -> None:
    if keep is None:
        return
    rule, hint = f"keep is a whole number between 1 and the {m} records", "None for the default"
    check_type(keep, (int, np.integer), rule, hint)
    if not 1 <= keep <= m:
        raise ConfigError(rule, keep, hint)


def _method(how: str | Pruner) -> Pruner:
    if not isinstance(how, str):
        return how
    if how not in METHODS:
        raise ConfigError("a method of pruning is known", repr(how), nearest(how, METHODS))
    return METHODS[how]


def _score(material: Material, members: Sequence[int]) -> float:
    return material.score(material.mean(members))


def _step(material: Material, members: Sequence[int]) -> tuple[str, float, float, float, float]:
    """One row of the table: the last of the members, and all of them."""
    last, chosen = members[-1], list(members)
    mean = material.mean(chosen)
    gained = float(material.losses[chosen].mean()) - material.loss(mean)
    own, together = _score(material, [last]), material.score(mean)
    seconds = float(material.seconds[chosen].sum())
    return material.answers.names[last], own, together, gained, seconds


def _kept(material: Material, ordering: Ordering, scores: np.ndarray, keep: int | None) -> int:
    if keep is not None:
        return keep
    if ordering.kept is not None:
        return ordering.kept
    signed = material.competition.metric.sign * scores
    return int(np.argmax(np.nan_to_num(signed, nan=-np.inf))) + 1


def _traded(material: Material, trade_off: float, keep: int) -> tuple[object, ...]:
    names = material.answers.names
    chosen = sorted(Forward(trade_off).order(material, keep).order, key=lambda j: names[j])
    mean = material.mean(chosen)
    average, loss = float(material.losses[chosen].mean()), material.loss(mean)
    members = tuple(names[j] for j in chosen)
    return trade_off, members, average, average - loss, loss, material.score(mean)
