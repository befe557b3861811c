"""The gate: what is submitted. Never what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from stackkit.errors import MetricError, PredictionError
from stackkit.metrics.noise import without_noise
from stackkit.predictions import Predictions, check_record, records_of

MARGIN = 0.25
OTHER = "; stackkit.choose, or RECORD of notebook 07_submit, takes another record"


@dataclass(frozen=True)
class GateDecision:
    """What the gate chose, and why.

    Attributes
    ----------
    record : the record to submit.
    gains : by name, the mean over common folds of the score's gain on the incumbent, positive
        where the candidate is better, before any correction.
    se : by name, its standard error over folds.
    leak : by name, the leak that was taken off, None where there is no evidence.
    reason : one sentence.
    """

    record: Predictions
    gains: Mapping[str, float]
    se: Mapping[str, float]
    leak: Mapping[str, float | None]
    reason: str
    margin: float = field(default=MARGIN)


def gate(
    candidates: Sequence[Predictions] | Predictions,
    incumbent: Predictions,
    evidence: Mapping[str, float] | None = None,
    margin: float = MARGIN,
) -> GateDecision:
    """Keep the incumbent unless a candidate is better beyond its leak and the margin.

    Parameters
    ----------
    candidates : the prior first, then by growing complexity; a single one is a list of one. A
        record of depth 0 reads no out-of-fold prediction: its score holds no leak, and a tie goes
        to it as the simpler one.
    incumbent : the level-0 weights.
    evidence : key -> the part of a candidate's gain on the incumbent that is leak, in units of the
        metric. A candidate of depth ≥ 1 without evidence is not taken.
    margin : the corrected gain must exceed this many standard errors.

    Raises
    ------
    ConfigError : what is given are no records.
    PredictionError : a candidate shares no scored fold with the incumbent, or two have one name.
    MetricError : the metric is a number in no fold of the incumbent. A candidate of which that is
        true is passed over: a correlation with the prior's constant, say.
    """
    check_record(incumbent)
    _refuse_no_score(incumbent)
    others = [c for c in records_of(candidates) if c.key != incumbent.key and _has_score(c)]
    _refuse_equal_names([incumbent, *others])
    paired = {c.name: paired_gain(c, incumbent) for c in others}
    gains = {name: gain for name, (gain, _) in paired.items()}
    se = {name: error for name, (_, error) in paired.items()}
    leak = {c.name: _leak(c, evidence or {}) for c in others}
    chosen = _simplest(incumbent, [c for c in others if c.depth == 0], margin)
    reason = _kept(incumbent, evidence, _best_shown(others, gains, se))
    best = 0.0
    if chosen is not incumbent:
        reason = f"{incumbent.name} is not better than {chosen.name} beyond the margin"
        best = max(best, _beyond(gains[chosen.name], se[chosen.name], margin))
    for candidate in (c for c in others if c.depth > 0 and leak[c.name] is not None):
        name = candidate.name
        corrected = gains[name] - leak[name]
        if _beyond(corrected, se[name], margin) > best:
            chosen, best = candidate, _beyond(corrected, se[name], margin)
            reason = f"{name} gains {_pair(corrected, se[name])} after its leak"
    return GateDecision(chosen, gains, se, leak, reason, margin)


def _has_score(record: Predictions) -> bool:
    return any(score is not None for score in record.scores.get("folds", {}).values())


def _refuse_no_score(record: Predictions) -> None:
    if not _has_score(record):
        raise MetricError(
            f"metric {record.scores.get('metric', 'of the stack')} is a number in some fold",
            f"nan in every fold of {record.name}",
            "mend its function, which returns nan only where a score is undefined; what is fitted "
            "is kept",
        )


def _refuse_equal_names(records: Sequence[Predictions]) -> None:
    names = [record.name for record in records]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PredictionError(
            "records at the gate have names of their own",
            f"{', '.join(twice)} twice",
            "record.with_(name=…)",
        )


def _simplest(incumbent: Predictions, simpler: Sequence[Predictions], margin: float) -> Predictions:
    """The first of the simpler ones that the incumbent does not beat beyond the margin.

    A later one takes its place where it is better beyond the margin. With one fold no error is
    known, and the scores themselves are compared.
    """
    chosen = incumbent
    for candidate in simpler:
        gain, error = paired_gain(candidate, chosen)
        slack = margin * error if np.isfinite(error) else 0.0
        if (gain + slack >= 0) if chosen is incumbent else (gain - slack > 0):
            chosen = candidate
    return chosen


def _beyond(gain: float, error: float, margin: float) -> float:
    """What is left of a gain beyond the margin; nothing where its error is not known."""
    return gain - margin * error if np.isfinite(error) else -np.inf


def paired_gain(candidate: Predictions, incumbent: Predictions) -> tuple[float, float]:
    """Mean gain over the folds that both score, and its standard error (∞ with one fold)."""
    theirs, ours = candidate.scores["folds"], incumbent.scores["folds"]
    common = [c for c in ours if ours[c] is not None and theirs.get(c) is not None]
    if not common:
        raise PredictionError(
            "candidates share scored folds with the incumbent",
            f"none for {candidate.name} and {incumbent.name}",
        )
    sign = 1 if incumbent.scores["greater_is_better"] else -1
    gains = sign * np.array([theirs[c] - ours[c] for c in common])
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.inf
    return float(gains.mean()), float(error)


def _pair(gain: float, error: float) -> str:
    return f"{without_noise(gain):.3g} ± {without_noise(error):.2g}"


def _leak(candidate: Predictions, evidence: Mapping[str, float]) -> float | None:
    return 0.0 if candidate.depth == 0 else evidence.get(candidate.key)


def _best_shown(
    others: Sequence[Predictions], gains: Mapping[str, float], se: Mapping[str, float]
) -> str:
    """The candidate of the largest gain, if there is one, in words."""
    above = [c.name for c in others if c.depth > 0 and without_noise(gains[c.name]) > 0]
    if not above:
        return ""
    best = max(above, key=gains.__getitem__)
    return f" ({best} shows +{_pair(gains[best], se[best])}, leak not taken off)"


def _kept(incumbent: Predictions, evidence: Mapping[str, float] | None, shown: str) -> str:
    if not evidence:
        unknown = "how far scores of higher levels flatter was not measured"
        return f"{unknown}, so {incumbent.name} is kept{shown}{OTHER if shown else ''}"
    return f"nothing gains on {incumbent.name} beyond its leak and the margin"
