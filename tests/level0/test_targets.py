"""What models average, written out."""

from __future__ import annotations

import numpy as np

from stackkit.level0.targets import averaged, space_of
from stackkit.spec import Objective


def test_classes_have_no_space_and_are_indicators() -> None:
    objective, y = Objective("multiclass", "identity", "logloss", ("a", "b", "c")), np.array([2, 0])
    assert space_of(objective, y) is None
    assert averaged(objective, y, None).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_values_are_standardised_in_their_space_and_keep_its_range_and_margin() -> None:
    objective, y = Objective("regression", "log1p", "squared"), np.array([0.0, 1.0, 7.0])
    space = space_of(objective, y, margin=0.5)
    z = np.log1p(y)
    expected = (z - z.mean()) / z.std()
    np.testing.assert_allclose(averaged(objective, y, space)[:, 0], expected)
    far = space.inverse(np.array([-99.0, 99.0]))[:, 0]
    np.testing.assert_allclose(far, [0.0, np.expm1(1.5 * np.log(8.0))])
