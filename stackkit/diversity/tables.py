"""Tables of how alike records are: a row and a column a record, a row a pair, a row a measure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from stackkit.competition import Competition
from stackkit.diversity.answers import MOST_ROWS, Answers, answers_of, common_rows, thinned
from stackkit.diversity.pairwise import MEASURES
from stackkit.diversity.pool import POOL_MEASURES
from stackkit.errors import ConfigError, nearest
from stackkit.metrics import get_space, mean_in_space
from stackkit.predictions import Predictions
from stackkit.scoring import running_score


def pairwise_diversity(
    competition: Competition, records: Sequence[Predictions], measure: str = "q"
) -> pd.DataFrame:
    """A measure of each pair of records (m, m), on at most 20,000 rows that all of them score.

    Parameters
    ----------
    measure : of being right: "q" (Yule's Q), "correlation", "disagreement", "double_fault"; of the
        classes named: "kappa"; "errors": Pearson's correlation of errors; "kendall": of the order
        of rows. Two classes are named by each record's highest predictions, as many as there are
        positive rows; a value is right where its error is at most the pool's median error, and
        its kappa is that of being right.

    Raises
    ------
    ConfigError : an unknown measure. PredictionError : no records, or no row that all score.
    """
    if measure not in MEASURES:
        raise ConfigError("a measure of pairs is known", repr(measure), nearest(measure, MEASURES))
    answers = answers_of(competition, records)
    return _square(MEASURES[measure](answers), answers.names)


def pool_diversity(competition: Competition, records: Sequence[Predictions]) -> pd.Series:
    """Measures of the whole pool, by name, then means over its pairs (those of one record: NaN).

    Rows and what is right as in `pairwise_diversity`.
    """
    answers = answers_of(competition, records)
    whole = {name: measure(answers.right) for name, measure in POOL_MEASURES.items()}
    pairs = np.triu_indices(len(records), 1)
    tables = {f"mean_{name}": measure(answers)[pairs] for name, measure in MEASURES.items()}
    means = {name: values.mean() if len(values) else np.nan for name, values in tables.items()}
    return pd.Series(whole | means, name="diversity", dtype=float)


def error_correlation(competition: Competition, records: Sequence[Predictions]) -> pd.DataFrame:
    """Pearson correlation (m, m) of out-of-fold errors on all rows that all records score.

    An error is prediction minus truth: of the probability of each class, or of the value in the
    space in which the metric averages. Where errors do not vary (a perfect record), 0.

    Raises
    ------
    PredictionError : no records, or no row that all of them score.
    """
    answers = answers_of(competition, records, None)
    return _square(MEASURES["errors"](answers), answers.names)


def disagreement(competition: Competition, records: Sequence[Predictions]) -> pd.DataFrame:
    """How often or how far out-of-fold predictions differ (m, m), on the rows that all score.

    Classes: the share of rows whose likeliest class differs; of two classes, the share that lies on
    different sides of each record's own median, so that a rare class does not hide differences.
    Values: the root mean squared difference in the space in which the metric averages, as a share
    of the target's standard deviation there.
    """
    answers = answers_of(competition, records, None)
    if answers.classes:
        said = _sides(answers)
        table = np.stack([(said != one).mean(axis=1) for one in said])
    else:
        values = answers.stack[:, :, 0]
        far = np.stack([np.sqrt(((values - one) ** 2).mean(axis=1)) for one in values])
        forward = get_space(competition.metric.average_space).forward
        table = far / max(float(np.std(forward(competition.y.astype(np.float64)))), 1e-300)
    return _square(table, answers.names)


def pair_gains(competition: Competition, records: Sequence[Predictions]) -> pd.DataFrame:
    """A row a pair of records, the most alike first: what do two know that one does not?

    Columns a, b, `correlation` of errors, `disagreement`, and `gain`: the score of their equal mean
    over the better one's, in units of the metric (labels by the plainest decision), on at most
    20,000 rows.
    """
    alike = error_correlation(competition, records).to_numpy()
    rows, sign = thinned(common_rows(records), MOST_ROWS), competition.metric.sign
    apart = disagreement(competition, records).to_numpy()
    single = [sign * running_score(competition, r.oof[rows], rows) for r in records]
    table = []
    for i, j in combinations(range(len(records)), 2):
        both = [records[i].oof[rows], records[j].oof[rows]]
        mean = mean_in_space(both, competition.metric.average_space, records[i].output)
        gain = sign * running_score(competition, mean, rows) - max(single[i], single[j])
        table.append((records[i].name, records[j].name, alike[i, j], apart[i, j], gain))
    columns = ["a", "b", "correlation", "disagreement", "gain"]
    ordered = pd.DataFrame(table, columns=columns).sort_values("correlation", ascending=False)
    return ordered.reset_index(drop=True)


def kappa_errors(competition: Competition, records: Sequence[Predictions]) -> pd.DataFrame:
    """A row a pair: columns a, b, `kappa` of what they name and `error`, their mean share wrong.

    The points of a kappa-error diagram (Margineantu and Dietterich, "Pruning adaptive boosting",
    1997). Values: wrong is an error above the pool's median.
    """
    answers = answers_of(competition, records)
    wrong, alike = 1 - answers.right.mean(axis=1), MEASURES["kappa"](answers)
    pairs = combinations(range(len(records)), 2)
    table = [(answers.names[i], answers.names[j], alike[i, j], (wrong[i] + wrong[j]) / 2)
             for i, j in pairs]  # fmt: skip
    return pd.DataFrame(table, columns=["a", "b", "kappa", "error"])


def likeness_order(correlation: pd.DataFrame) -> list[str]:
    """The names of a correlation table with like ones side by side: leaves of average linkage."""
    names = list(correlation.columns)
    if len(names) < 3:
        return names
    from scipy.cluster.hierarchy import leaves_list

    return [names[j] for j in leaves_list(likeness_tree(correlation.to_numpy()))]


def likeness_tree(correlation: np.ndarray) -> np.ndarray:
    """The tree of average linkage, as scipy holds it, of distances 1 − correlation (m, m)."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    apart = 1 - correlation
    np.fill_diagonal(apart, 0.0)
    return linkage(squareform(np.maximum(apart, 0.0), checks=False), "average", True)


def _square(values: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(values, index=list(names), columns=list(names))


def _sides(answers: Answers) -> np.ndarray:
    """(m, n): the likeliest class, or of two the side of the record's own median."""
    if answers.stack.shape[2] > 1:
        return answers.stack.argmax(axis=2)
    p = answers.stack[:, :, 0]
    return p > np.median(p, axis=1, keepdims=True)
