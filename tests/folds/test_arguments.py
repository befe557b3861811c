"""Arguments of fold plans that are of another type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stackkit.config import FoldsConfig
from stackkit.errors import ConfigError
from stackkit.folds.arguments import check_competition, check_config


def test_what_a_plan_reads_is_enough(stand_in: Callable[..., Any]) -> None:
    check_competition(stand_in({"x": [1, 2]}))
    check_config(FoldsConfig())
    check_config(None)


@pytest.mark.parametrize("wrong", [None, "wine", {"y": [0]}, 3])
def test_anything_else_is_refused(wrong: object) -> None:
    with pytest.raises(ConfigError, match="of a Competition") as caught:
        check_competition(wrong)
    assert caught.value.hint
    if wrong is not None:
        with pytest.raises(ConfigError, match="FoldsConfig"):
            check_config(wrong)
