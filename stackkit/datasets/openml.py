"""Data sets of openml.org by number: `openml:31`, through scikit-learn's `fetch_openml`.

A data set has no test set, so a fixed fifth of its rows, of each class where there are some,
becomes one, as with the embedded tables. Its answers stay behind in `Frames.test_target`. Files are
downloaded once, into scikit-learn's own data folder (`SCIKIT_LEARN_DATA`, else
`~/scikit_learn_data`). They are read by its ARFF parser in plain Python (some 2 s for 100,000 rows
x 20 columns): the one through pandas fails on nominal columns of whole numbers under pandas 3, and
downloads again each time it does.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import numpy as np
import pandas as pd
from pandas.api import types

from stackkit.datasets.embedded import split_off_test
from stackkit.datasets.frames import Frames
from stackkit.errors import ConfigError, DataError
from stackkit.metrics import default_metric

if TYPE_CHECKING:
    from sklearn.utils import Bunch

PREFIX = "openml:"
LARGEST_ID = 10**9
EXACT = 2.0**53


def is_openml(where: str | Path) -> bool:
    """Whether a competition is named like `openml:31`."""
    return str(where).startswith(PREFIX)


def openml_id(where: str | Path) -> int:
    """The number of `openml:31`; ConfigError where there is none."""
    text = str(where).removeprefix(PREFIX)
    if not text.isdecimal() or not 0 < int(text) < LARGEST_ID:
        raise ConfigError(
            "openml: is followed by the number of a data set",
            repr(str(where)),
            "openml:31; the number ends the address of the data set's page on openml.org",
        )
    return int(text)


def openml_name(where: str | Path) -> str:
    """The competition's name, which is the cache's folder: `openml-31`."""
    return f"openml-{openml_id(where)}"


def load_openml(where: str | Path) -> Frames:
    """Frames of a data set of openml.org, of its default target.

    Columns keep their names, but for features called `id` or `target`, which get an underscore.
    Levels of nominal columns are text. The metric is the task's default.

    Raises
    ------
    ConfigError : no number, or a number that openml.org does not have.
    DataError : no network and no earlier download, no target, several, or a sparse format.
    """
    data_id = openml_id(where)
    bunch = _fetch(data_id)
    _check_target(bunch.target, data_id)
    table = _features(bunch.data).assign(target=_target(bunch.target))
    task = _task(bunch.target)
    return split_off_test(openml_name(where), table, task=task, metric=default_metric(task).name)


def _fetch(data_id: int) -> Bunch:
    """What scikit-learn makes of the answers; its warnings repeat what is raised in the end."""
    from sklearn.datasets import fetch_openml
    from sklearn.externals._arff import ArffException

    page = f"https://www.openml.org/d/{data_id}"
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "A network error occurred")
            warnings.filterwarnings("ignore", "Invalid cache")
            return fetch_openml(data_id=data_id, as_frame=True, parser="liac-arff")
    except HTTPError as error:
        with error:
            raise DataError(
                "openml.org answers", f"{error}", f"again later, or see {page}"
            ) from None
    except OSError as error:  # URLError and TimeoutError are
        hint = "with a network; what was downloaded once needs none"
        raise DataError("openml.org can be reached", f"{error}", hint) from None
    except (ValueError, KeyError, ArffException) as error:
        if "Dataset with data_id" in str(error):
            hint = "search on openml.org; the number ends a data set's address"
            raise ConfigError("openml.org has the data set", data_id, hint) from None
        rule = f"data set {data_id} is a table with one complete target"
        raise DataError(rule, str(error), f"another data set; see {page}") from None


def _check_target(target: object, data_id: int) -> None:
    if isinstance(target, pd.Series):
        return
    several = [] if target is None else list(map(str, target.columns))
    raise DataError(
        "a data set has one default target",
        f"{len(several)} in {data_id}: {', '.join(several[:5])}"
        if several
        else f"none in {data_id}",
        f"download it at https://www.openml.org/d/{data_id} and run `stackkit new`",
    )


def _features(data: pd.DataFrame) -> pd.DataFrame:
    """Plain columns, as a CSV would give them, under names that leave `id` and `target` free."""
    renamed = data.rename(columns=dict(zip(data.columns, _free_names(data), strict=True)))
    return renamed.apply(_plain)


def _free_names(data: pd.DataFrame) -> list[str]:
    names = list(map(str, data.columns))
    taken = {"id", "target"}
    return [_free(name, taken | set(names)) if name in taken else name for name in names]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _plain(column: pd.Series) -> pd.Series:
    """Levels as text; whole numbers without holes as integers."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object)
    if not types.is_float_dtype(column.dtype) or not _are_whole(column):
        return column
    return column.astype("int64")


def _are_whole(numbers: pd.Series) -> bool:
    return bool((np.mod(numbers, 1) == 0).all() and (numbers.abs() < EXACT).all())


def _target(target: pd.Series) -> pd.Series:
    """Labels as a CSV would give them: whole numbers as integers, else text."""
    plain = _plain(target)
    if not isinstance(target.dtype, pd.CategoricalDtype):
        return plain
    whole = target.cat.categories.str.fullmatch(r"-?\d{1,15}").all()
    return plain.astype("int64") if whole else plain


def _task(target: pd.Series) -> str:
    """Two values are binary; else nominal and text columns are multiclass, numbers regression."""
    if target.nunique() == 2:
        return "binary"
    return "regression" if types.is_numeric_dtype(target.dtype) else "multiclass"
