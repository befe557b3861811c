"""Parts of datetimes against datetime's own attributes."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import pandas as pd

from stackkit.features.dates import CyclicParts, DateParts, varying_parts

MOMENTS = [datetime(2011, 1, 1, 0, 30), datetime(2012, 2, 29, 23), datetime(2012, 7, 1, 12)]
VALUES = pd.Series(pd.to_datetime(MOMENTS)).astype("datetime64[ns]")
ALL = ("hour", "weekday", "month", "day", "dayofyear", "year", "elapsed")


def reference(moment: datetime) -> list[float]:
    elapsed = (moment - MOMENTS[0]).total_seconds() / 86400
    day = moment.timetuple().tm_yday
    hour = moment.hour + moment.minute / 60
    return [hour, moment.weekday(), moment.month, moment.day, day, moment.year, elapsed]


def test_parts_equal_those_of_datetime() -> None:
    encoder = DateParts("t", ALL, VALUES.min())
    np.testing.assert_allclose(encoder.transform(VALUES), [reference(m) for m in MOMENTS])
    assert encoder.names[0] == "t:hour"


def test_only_parts_that_vary_are_made() -> None:
    assert set(varying_parts(VALUES)) == set(ALL)
    hours = pd.Series(pd.date_range("2011-03-02", periods=5, freq="h"))
    assert varying_parts(hours) == ("hour", "elapsed")
    assert varying_parts(VALUES.iloc[:1]) == ()
    assert varying_parts(pd.Series([pd.NaT, pd.NaT])) == ()


def test_missing_moments_are_nan_in_every_column() -> None:
    values = pd.Series([pd.NaT]).astype("datetime64[ns]")
    assert np.isnan(DateParts("t", ALL, VALUES.min()).transform(values)).all()
    assert np.isnan(CyclicParts("t", ALL, VALUES.min()).transform(values)).all()


def test_waves_close_and_members_are_exclusive() -> None:
    encoder = CyclicParts("t", ALL, VALUES.min())
    days = pd.Series(pd.date_range("2012-01-01", periods=24 * 7, freq="h"))
    made = dict(zip(encoder.names, encoder.transform(days).T, strict=True))
    for i, moment in enumerate(days):
        angle = 2 * math.pi * moment.hour / 24
        assert math.isclose(made["t:hour~sin1"][i], math.sin(angle), abs_tol=1e-12)
        assert math.isclose(made["t:hour~cos2"][i], math.cos(2 * angle), abs_tol=1e-12)
        assert made[f"t:hour={moment.hour}"][i] == 1
        assert made[f"t:weekend&hour={moment.hour}"][i] == (moment.weekday() >= 5)
    members = np.array([v for n, v in made.items() if n.startswith("t:hour=")])
    assert (members.sum(axis=0) == 1).all()
    assert len(encoder.levels) == len(encoder.names)


def test_cyclic_parts_of_elapsed_days_alone() -> None:
    encoder = CyclicParts("t", ("elapsed",), VALUES.min())
    assert encoder.names == ("t:elapsed",)
    assert encoder.transform(VALUES)[0, 0] == 0
