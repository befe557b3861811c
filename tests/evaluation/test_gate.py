"""The gate: what is submitted, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stackkit.errors import MetricError, PredictionError
from stackkit.evaluation import MARGIN, GateDecision, gate, paired_gain
from stackkit.predictions import Predictions

OOF = np.zeros((4, 1), dtype=np.float32)


def record(
    name: str, *folds: float | None, depth: int = 1, greater: bool = True, **cells: float
) -> Predictions:
    """A record with these scores by fold; `cells` instead names them."""
    scores = cells or {f"r0f{i}": score for i, score in enumerate(folds)}
    return Predictions(
        name=name,
        key=f"{name:0>64}",
        oof=OOF,
        test=None,
        target="y",
        output="value",
        depth=depth,
        scores={"folds": scores, "greater_is_better": greater},
    )


BASE = record("simplex", 0.80, 0.82, 0.78, 0.80)
BETTER = record("meta", 0.90, 0.92, 0.88, 0.91)
BEST = record("top", 0.95, 0.97, 0.93, 0.95, depth=2)
PRIOR = record("prior", 0.5, 0.5, 0.5, 0.5, depth=0)


def leaks(*records: Predictions, leak: float = 0.0) -> dict[str, float]:
    return {r.key: leak for r in records}


def test_without_evidence_the_level_0_weights_are_kept_and_it_says_so() -> None:
    for evidence in (None, {}):
        decision = gate([PRIOR, BETTER, BEST], BASE, evidence)
        assert isinstance(decision, GateDecision)
        assert decision.record is BASE
        assert "was not measured, so simplex is kept" in decision.reason
        assert "07_submit" in decision.reason
        assert decision.leak == {"prior": 0.0, "meta": None, "top": None}


def test_gains_and_errors_are_paired_over_folds() -> None:
    decision = gate([BETTER], BASE)
    gains = np.array([0.10, 0.10, 0.10, 0.11])
    assert decision.gains["meta"] == pytest.approx(gains.mean())
    assert decision.se["meta"] == pytest.approx(gains.std(ddof=1) / 2)
    assert decision.margin == MARGIN == 0.25


def test_smaller_may_be_better() -> None:
    incumbent = record("simplex", 1.0, 1.1, greater=False)
    lower = record("meta", 0.9, 0.9, greater=False)
    assert gate([lower], incumbent).gains["meta"] == pytest.approx(0.15)
    assert gate([lower], incumbent, leaks(lower)).record is lower
    assert gate([lower], incumbent, leaks(lower, leak=0.2)).record is incumbent


def test_with_evidence_the_best_beyond_its_leak_is_taken() -> None:
    assert gate([PRIOR, BETTER, BEST], BASE, leaks(BETTER, BEST)).record is BEST
    evidence = {BETTER.key: 0.01, BEST.key: 0.20}
    decision = gate([PRIOR, BETTER, BEST], BASE, evidence)
    assert decision.record is BETTER
    assert "meta gains" in decision.reason
    assert gate([BETTER, BEST], BASE, leaks(BETTER, BEST, leak=0.2)).record is BASE


def test_what_has_no_evidence_of_its_own_is_not_taken() -> None:
    assert gate([BETTER, BEST], BASE, leaks(BETTER)).record is BETTER


def test_the_gain_must_exceed_the_margin() -> None:
    noisy = record("meta", 0.76, 0.92, 0.78, 0.84)  # gain 0.025 ± 0.03
    assert gate([noisy], BASE, leaks(noisy)).gains["meta"] > 0
    assert gate([noisy], BASE, leaks(noisy)).record is noisy
    assert gate([noisy], BASE, leaks(noisy), margin=1.0).record is BASE
    decision = gate([noisy], BASE, leaks(noisy), margin=1.0)
    assert "nothing gains" in decision.reason


@pytest.mark.parametrize("evidence", [None, "all"])
def test_ties_go_to_the_simpler(evidence: str | None) -> None:
    twin = record("meta", *BASE.scores["folds"].values())
    known = leaks(twin) if evidence else None
    assert gate([twin], BASE, known).record is BASE
    single = record("ridge", *BASE.scores["folds"].values(), depth=0)
    assert gate([single], BASE, known).record is single


def test_the_prior_wins_where_nothing_beats_it() -> None:
    noise = record("simplex", 0.51, 0.49, 0.52, 0.47)
    decision = gate([PRIOR], noise)
    assert decision.record is PRIOR
    assert "not better than prior" in decision.reason
    above = record("meta", 0.53, 0.51, 0.55, 0.52)
    assert gate([PRIOR, above], noise, leaks(above, leak=0.03)).record is PRIOR
    assert gate([PRIOR, above], noise, leaks(above)).record is above


def test_among_simpler_ones_the_first_stands_unless_a_later_one_is_better() -> None:
    incumbent = record("simplex", 0.60, 0.61, 0.60, 0.61)
    worse = record("ridge", 0.599, 0.612, 0.60, 0.609, depth=0)
    better = record("rf", 0.70, 0.71, 0.70, 0.70, depth=0)
    assert gate([better, worse], incumbent).record is better
    assert gate([worse, better], incumbent).record is better
    assert gate([worse], incumbent).record is worse


def test_candidates_are_compared_on_common_scored_folds() -> None:
    late = record("meta", r0f1=0.83, r0f2=0.79, r0f3=0.81)
    assert gate([late], BASE).gains["meta"] == pytest.approx(0.01)
    hole = record("meta", None, 0.83, 0.79, 0.81)
    assert gate([hole], BASE).gains["meta"] == pytest.approx(0.01)
    assert paired_gain(BASE, late)[0] == pytest.approx(-0.01)
    with pytest.raises(PredictionError, match="share scored folds"):
        gate([record("meta", r1f0=0.9)], BASE)


def test_a_metric_that_is_no_number_anywhere_is_refused_by_its_name() -> None:
    nowhere = record("simplex", None, None)
    nowhere.scores["metric"] = "mine"
    with pytest.raises(MetricError, match=r"metric mine .*nan in every fold of simplex"):
        gate([PRIOR], nowhere)


def test_a_gain_of_rounding_errors_is_not_shown() -> None:
    same = record("meta", *(score + 1e-15 for score in (0.80, 0.82, 0.78, 0.80)))
    assert "meta" not in gate([same], BASE).reason
    error = record("meta", *(score + 1e-6 for score in (0.80, 0.82, 0.78, 0.80)))
    assert "meta shows +1e-06 ± 0," in gate([error], BASE).reason


def test_a_candidate_without_any_score_is_passed_over() -> None:
    constant = record("prior", None, None, None, None, depth=0)
    decision = gate([constant, BETTER], BASE)
    assert decision.record is BASE
    assert set(decision.gains) == {"meta"}


def test_with_one_fold_scores_decide_and_no_higher_level_is_trusted() -> None:
    alone, prior = record("simplex", 0.8), record("prior", 0.5, depth=0)
    above = record("meta", 0.9)
    for margin in (MARGIN, 0.0):
        assert gate([prior, above], alone, leaks(above), margin).record is alone
    assert gate([record("prior", 0.8, depth=0)], alone).record.name == "prior"
    assert gate([above], alone).se["meta"] == np.inf


def test_the_incumbent_among_the_candidates_is_passed_over() -> None:
    decision = gate([BASE, BETTER], BASE)
    assert set(decision.gains) == {"meta"}


def test_no_candidate_no_change() -> None:
    decision: Any = gate([], BASE)
    assert decision.record is BASE


def test_equal_names_are_refused() -> None:
    other = record("meta", 0.1, 0.1, 0.1, 0.1).with_(key="ab" * 32)
    with pytest.raises(PredictionError, match="names of their own"):
        gate([BETTER, other], BASE, leaks(BETTER, other))
