"""Target spaces: there and back, bounded by what was seen."""

from __future__ import annotations

import numpy as np
import pytest

from stackkit.errors import ModelError
from stackkit.target_space import target_space

Y = np.array([0.0, 1.0, 5.0, 100.0])


@pytest.mark.parametrize("name", ["identity", "log1p"])
def test_there_and_back(name: str) -> None:
    space = target_space(Y, name)
    z = space.forward(Y)
    np.testing.assert_allclose([z.mean(), z.std()], [0, 1], atol=1e-12)
    np.testing.assert_allclose(space.inverse(z)[:, 0], Y, atol=1e-9)


def test_predictions_stay_in_the_range_seen_and_its_margin() -> None:
    far = np.array([-50.0, 50.0])
    assert target_space(Y, "identity").inverse(far)[:, 0].tolist() == [0, 100]
    signed = target_space(Y - 10, "identity", margin=0.5)
    np.testing.assert_allclose(signed.inverse(far)[:, 0], [-60, 140])
    assert target_space(Y, "log1p", margin=0.5).inverse(far)[0, 0] == 0


def test_a_constant_target_comes_back() -> None:
    space = target_space(np.full(3, 7.0), "log1p")
    np.testing.assert_allclose(space.inverse(np.zeros(2)), [[7], [7]])


def test_an_unknown_space_is_refused() -> None:
    with pytest.raises(ModelError, match="identity, log1p"):
        target_space(Y, "cube")
